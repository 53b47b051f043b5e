package stat

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// noises are logs of the noise of a measurement.
var noises = []struct {
	name string
	of   func(*rand.Rand) float64
}{
	{"lognormal", func(r *rand.Rand) float64 { return 0.1 * r.NormFloat64() }},
	{"heavy tail", func(r *rand.Rand) float64 { // one in five is disturbed, up to threefold and more
		if r.IntN(5) == 0 {
			return 0.05*r.NormFloat64() + r.ExpFloat64()
		}
		return 0.05 * r.NormFloat64()
	}},
	{"Cauchy", func(r *rand.Rand) float64 { return 0.05 * r.NormFloat64() / (math.Abs(r.NormFloat64()) + 1e-3) }},
}

func measure(r *rand.Rand, n int, center float64, noise func(*rand.Rand) float64) (x []float64) {
	for range n {
		x = append(x, center*math.Exp(noise(r)))
	}
	return x
}

// The intervals hold the true ratio as often as they promise. Beside them, the
// bootstrap of the median, which is why it is not used here.
func TestRatioCovers(t *testing.T) {
	const trials = 2000
	random := rand.New(rand.NewPCG(3, 4))
	for _, noise := range noises {
		for _, n := range []int{6, 10, 20, 30} {
			held := 0
			for range trials {
				i := Ratio(measure(random, n, 190, noise.of), measure(random, n, 100, noise.of))
				if i.Lo <= 1.9 && 1.9 <= i.Hi {
					held++
				}
			}
			if share := float64(held) / trials; share < 0.93 || share > 0.97 {
				t.Errorf("%s, %d rounds: %.1f%% hold the true ratio, want 93 to 97", noise.name, n, 100*share)
			}
		}
	}
}

func TestBootstrapOfFewRoundsPromisesTooMuch(t *testing.T) {
	const trials, n = 500, 7
	random := rand.New(rand.NewPCG(3, 4))
	held := 0
	for range trials {
		d := newDraw(minus(measure(random, n, 1, noises[0].of), measure(random, n, 1, noises[0].of)))
		medians := make([]float64, 400)
		for i := range medians {
			medians[i] = d.median(random)
		}
		if Quantile(medians, 0.025) <= 0 && 0 <= Quantile(medians, 0.975) {
			held++
		}
	}
	if share := float64(held) / trials; share > 0.92 {
		t.Errorf("%.1f%% hold the true median: then the bootstrap would do", 100*share)
	}
}

// Rounds differ by a factor of two in what disturbs them, and both sides of a
// round alike: paired, the ratio hardly notices.
func TestRatioIsPaired(t *testing.T) {
	var a, b []float64
	for i := range 20 {
		luck := 1 + float64(i%7)/7
		a, b = append(a, 200*luck), append(b, 100*luck*(1+float64(i%2)/100))
	}
	paired, loose := Ratio(a, b), Unpaired(a, b)
	if math.Abs(paired.Center-2) > 0.03 || paired.Hi-paired.Lo > 0.03 || paired.N != 20 {
		t.Errorf("paired: have %+v, want close to 2", paired)
	}
	if loose.Hi-loose.Lo < 10*(paired.Hi-paired.Lo) || !loose.Bounded() {
		t.Errorf("not paired: have %+v, want it far wider than %+v", loose, paired)
	}
	if Unpaired(a, b) != loose {
		t.Error("it differs when asked again")
	}
}

// Interpolation by hand, with the formula of Hettmansperger and Sheather, for
// n = 10: k = 2 holds 0.978515625, and k = 3 0.890625.
func TestRatioByHand(t *testing.T) {
	ones := slices.Repeat([]float64{1}, 10)
	var a []float64
	for i := range 10 {
		a = append(a, math.Exp(float64(10-i)))
	}
	way := (0.978515625 - 0.95) / (0.978515625 - 0.890625)
	way = 8 * way / (2 + 6*way)
	i := Ratio(a, ones)
	if !same(math.Log(i.Lo), 2+way, 1e-9) || !same(math.Log(i.Hi), 9-way, 1e-9) || !same(math.Log(i.Center), 5.5, 1e-9) {
		t.Errorf("have logs of %v %v %v, want %v 5.5 %v", math.Log(i.Lo), math.Log(i.Center), math.Log(i.Hi), 2+way, 9-way)
	}
}

func TestUnpairedCovers(t *testing.T) {
	const trials, n = 60, 20
	random := rand.New(rand.NewPCG(5, 6))
	held := 0
	for range trials {
		if i := Unpaired(measure(random, n, 190, noises[0].of), measure(random, n, 100, noises[0].of)); i.Lo <= 1.9 && 1.9 <= i.Hi {
			held++
		}
	}
	if held < 52 {
		t.Errorf("%d of %d intervals hold the true ratio, want about 95%%", held, trials)
	}
}

func TestRatioOfWhatCannotBeCompared(t *testing.T) {
	good := []float64{1, 2, 3, 4, 5, 6}
	for _, bad := range [][]float64{
		nil, {0, 1, 2, 3, 4, 5}, {-1, 1, 2, 3, 4, 5}, {math.NaN(), 1, 2, 3, 4, 5}, {math.Inf(1), 1, 2, 3, 4, 5},
	} {
		for name, compare := range map[string]func(a, b []float64) Interval{"paired": Ratio, "not paired": Unpaired} {
			for _, i := range []Interval{compare(bad, good), compare(good, bad)} {
				if !math.IsNaN(i.Center) || !math.IsNaN(i.Lo) || !math.IsNaN(i.Hi) || i.Bounded() {
					t.Errorf("%s with %v: have %+v, want NaN", name, bad, i)
				}
			}
		}
	}
	if i := Ratio(good, good[:5]); !math.IsNaN(i.Center) {
		t.Errorf("of six rounds and five: have %+v, want NaN", i)
	}
	for n := 1; n < enough; n++ {
		for _, i := range []Interval{Ratio(good[:n], good[:n]), Unpaired(good[:n], good[:n])} {
			if i.Center != 1 || i.Bounded() || i.N != n || !math.IsInf(i.Lo, -1) || !math.IsInf(i.Hi, 1) {
				t.Errorf("of %d rounds: have %+v, want 1 without bounds", n, i)
			}
		}
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
		x, y := some(n, from), some(n, from)
		for _, i := range []Interval{Ratio(x, y), Unpaired(x, y)} {
			if i.Bounded() && !(i.Lo <= i.Center && i.Center <= i.Hi) {
				t.Errorf("%v and %v: have %+v", x, y, i)
			}
		}
		for _, p := range []float64{SignedRank(x), MannWhitney(x, y)} {
			if p < 0 || p > 1 {
				t.Errorf("%v and %v: have a p of %v", x, y, p)
			}
		}
		if d := Detectable(x, 0.05, 0.8); d < 1 {
			t.Errorf("%v: have %v", x, d)
		}
		if v := (Gate{}).Judge([]Series{{Head: x, Base: y}})[0]; v.Outcome == Pass && !v.Ratio.Bounded() {
			t.Errorf("%v and %v: have %+v", x, y, v)
		}
	}
}
