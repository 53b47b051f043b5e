package usl

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
)

// cisco is the throughput of 1 to 32 threads, from Schwartz 2015. Its
// coefficients below are those that the R package usl and codahale/usl test.
var cisco = number(955.16, 1878.91, 2688.01, 3548.68, 4315.54, 5130.43, 5931.37, 6531.08, 7219.8, 7867.61,
	8278.71, 8646.7, 9047.84, 9426.55, 9645.37, 9897.24, 10097.6, 10240.5, 10532.39, 10798.52, 11151.43,
	11518.63, 11806, 12089.37, 12075.41, 12177.29, 12211.41, 12158.93, 12155.27, 12118.04, 12140.4, 12074.39)

func number(xs ...float64) (points []Point) {
	for i, x := range xs {
		points = append(points, Point{float64(i + 1), x})
	}
	return points
}

func near(have, want, share float64) bool { return math.Abs(have-want) <= share*math.Abs(want) }

func TestPublished(t *testing.T) {
	m, err := Fit(cisco)
	if err != nil {
		t.Fatal(err)
	}
	if !near(m.Lambda, 995.6486, 1e-4) || !near(m.Sigma, 0.02671591, 1e-4) || !near(m.Kappa, 7.690945e-4, 1e-4) {
		t.Errorf("have %+v, want λ 995.6486, σ 0.02671591, κ 7.690945e-4", m)
	}
	if m.Peak() != 35 || !near(m.Max(), 12341.7, 1e-4) || m.PeakMeasured() {
		t.Errorf("have a peak of %v at %v, want 12341.7 at 35, which was not measured", m.Max(), m.Peak())
	}
	if m.R2 < 0.99 || m.From != 1 || m.To != 32 {
		t.Errorf("have %+v", m)
	}
	if again, _ := Fit(cisco); again != m {
		t.Errorf("have %+v and then %+v", m, again)
	}
}

// The trap: too high from few points, too low from more, and sure of it always.
func TestNeverExtrapolate(t *testing.T) {
	for first, want := range map[int][2]float64{4: {0.3, 0.5}, 6: {0.3, 0.5}, 8: {0.3, 0.5}, 12: {-0.2, -0.15}, 16: {-0.2, -0.15}} {
		off, err := HoldOut(cisco, len(cisco)-first)
		if err != nil || off < want[0] || off > want[1] {
			t.Errorf("of the first %d points, have %+.3f and %v, want it in %v", first, off, err, want)
		}
	}
	m, err := Fit(cisco)
	if err != nil {
		t.Fatal(err)
	}
	if x, err := m.Predict(31.5); err != nil || !near(x, 12300, 0.02) {
		t.Errorf("within: have %v and %v", x, err)
	}
	for _, n := range []float64{0.5, 33, math.Inf(1), math.NaN()} {
		if x, err := m.Predict(n); !errors.Is(err, ErrRange) || !math.IsNaN(x) {
			t.Errorf("at %v: have %v and %v, want ErrRange", n, x, err)
		}
	}
}

func synthetic(m Model, noise float64, seed uint64, ns ...float64) (points []Point) {
	random := rand.New(rand.NewPCG(seed, 1))
	for _, n := range ns {
		points = append(points, Point{n, m.at(n) * math.Exp(noise*random.NormFloat64())})
	}
	return points
}

var powers = []float64{1, 1, 1, 2, 2, 2, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32}

func TestRefit(t *testing.T) {
	for _, truth := range []Model{
		{Lambda: 100, Sigma: 0.05, Kappa: 0.001}, {Lambda: 1e7, Sigma: 0.3, Kappa: 0.01},
		{Lambda: 1e-3, Sigma: 0.02, Kappa: 0}, {Lambda: 5, Sigma: 0, Kappa: 0.02}, {Lambda: 3, Sigma: 1.5, Kappa: 0.01},
	} {
		m, err := Fit(synthetic(truth, 0, 1, powers...))
		if err != nil || !near(m.Lambda, truth.Lambda, 1e-6) || math.Abs(m.Sigma-truth.Sigma) > 1e-6 || math.Abs(m.Kappa-truth.Kappa) > 1e-7 {
			t.Errorf("without noise: have %+v and %v, want %+v", m, err, truth)
		}
	}
}

// The ranges hold the true coefficients about as often as they promise.
func TestRangesCover(t *testing.T) {
	truth := Model{Lambda: 100, Sigma: 0.05, Kappa: 0.002}
	const trials = 30
	lambda, sigma, kappa := 0, 0, 0
	in := func(r Range, v float64) int {
		if r.Lo <= v && v <= r.Hi {
			return 1
		}
		return 0
	}
	for seed := range uint64(trials) {
		m, err := Fit(synthetic(truth, 0.03, seed, powers...))
		if err != nil {
			t.Fatalf("have %v of %+v", err, m)
		}
		lambda, sigma, kappa = lambda+in(m.LambdaRange, 100), sigma+in(m.SigmaRange, 0.05), kappa+in(m.KappaRange, 0.002)
	}
	if least := min(lambda, sigma, kappa); least < trials*85/100 {
		t.Errorf("of %d: λ is held %d times, σ %d, κ %d; want about 95%%", trials, lambda, sigma, kappa)
	}
}

func TestAmdahl(t *testing.T) {
	truth := Model{Lambda: 10, Sigma: 0.1}
	m, err := Amdahl(synthetic(truth, 0.02, 1, powers...))
	if err != nil || !near(m.Sigma, 0.1, 0.1) || m.Kappa != 0 {
		t.Errorf("have %+v and %v, want σ = 0.1", m, err)
	}
	if !math.IsInf(m.Peak(), 1) || m.PeakMeasured() || !near(m.Max(), 100, 0.1) {
		t.Errorf("have a peak of %v at %v, want 100, never reached", m.Max(), m.Peak())
	}
}

func TestRefusals(t *testing.T) {
	last := synthetic(Model{Lambda: 10, Sigma: 0.05, Kappa: 0.001}, 0, 1, powers...)
	for i := range last {
		if last[i].N == 32 {
			last[i].X /= 3 // a cliff, such as memory that runs out
		}
	}
	for _, test := range []struct {
		name   string
		points []Point
		want   error
	}{
		{"none", nil, ErrTooFew},
		{"three N", synthetic(Model{Lambda: 1}, 0.01, 1, 1, 1, 2, 2, 4, 4), ErrTooFew},
		{"linear", synthetic(Model{Lambda: 1}, 0.02, 1, powers...), ErrLinear},
		{"before the bend", synthetic(Model{Lambda: 1, Sigma: 0.01, Kappa: 1e-4}, 0.05, 1, 1, 2, 3, 4), ErrLinear},
		{"noise", synthetic(Model{Lambda: 1, Sigma: 0.1, Kappa: 0.005}, 0.12, 3, 1, 2, 4, 6, 8), ErrVague},
		{"a cliff", last, ErrHoldOut},
		{"no workers", []Point{{0, 1}}, ErrPoints},
		{"negative", []Point{{1, -1}}, ErrPoints},
		{"NaN", []Point{{1, math.NaN()}}, ErrPoints},
		{"NaN workers", []Point{{math.NaN(), 1}}, ErrPoints},
		{"infinite", []Point{{1, math.Inf(1)}}, ErrPoints},
	} {
		if m, err := Fit(test.points); !errors.Is(err, test.want) {
			t.Errorf("%s: have %v of %+v, want %v", test.name, err, m, test.want)
		}
	}
	if _, err := HoldOut(cisco, 30); !errors.Is(err, ErrTooFew) {
		t.Errorf("to fit two points: have %v", err)
	}
	if _, err := HoldOut(cisco, 0); !errors.Is(err, ErrTooFew) {
		t.Errorf("to leave out none: have %v", err)
	}
	if _, err := Amdahl(synthetic(Model{Lambda: 1}, 0.02, 1, powers...)); !errors.Is(err, ErrLinear) {
		t.Errorf("Amdahl of what is linear: have %v", err)
	}
}

// Whatever it is given, it answers, and does not panic.
func TestNasty(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	values := []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, -1, 1, 2, 3, math.MaxFloat64, math.SmallestNonzeroFloat64, 1e-200, 1e200}
	some := func(n, from int) (x []float64) {
		for range n {
			x = append(x, values[from:][random.IntN(len(values)-from)])
		}
		return x
	}
	for i := range 60 {
		n, from := random.IntN(9), 5*(i%2) // every other time positive and finite
		var points []Point
		for _, x := range some(n, from) {
			points = append(points, Point{float64(1 + random.IntN(8)), x})
		}
		if m, err := Fit(points); err == nil && !(m.Lambda > 0 && m.Sigma >= 0 && m.Kappa >= 0) {
			t.Errorf("%v: have %+v", points, m)
		}
	}
}
