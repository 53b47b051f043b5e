package metg

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/fourlevels/fourlevels/bench/stat"
)

// level is a level with an additive overhead, measured with noise of the given
// size; one in twenty probes is disturbed, and says half.
func level(overhead, noise, disturbed float64, seed uint64) Probe {
	random := rand.New(rand.NewPCG(seed, 1))
	return func(grain float64) (float64, error) {
		e := grain / (grain + overhead) * math.Exp(noise*random.NormFloat64())
		if random.Float64() < disturbed {
			e /= 2
		}
		return e, nil
	}
}

// What Bisect says of many levels is not biased, and its intervals hold the
// truth as often as they promise.
func TestBisect(t *testing.T) {
	const trials = 150
	for _, test := range []struct {
		name             string
		target           float64
		noise, disturbed float64
		bias             float64
	}{
		{"little noise", 0.5, 0.03, 0, 0.01},
		{"noise", 0.5, 0.2, 0, 0.05},
		{"noise, and one of 20 disturbed", 0.5, 0.2, 0.05, 0.05},
		{"90 %", 0.9, 0.03, 0, 0.05},
		{"90 %, disturbed", 0.9, 0.03, 0.05, 0.05},
	} {
		held, logs := 0, []float64{}
		for seed := range uint64(trials) {
			overhead := math.Exp(float64(seed%11)) * 20
			truth := overhead * test.target / (1 - test.target)
			r, err := Bisect(level(overhead, test.noise, test.disturbed, seed), Config{Targets: []float64{test.target}})
			if err != nil || r.Crossings[0].Status != Reached {
				t.Fatalf("%s: have %+v and %v", test.name, r.Crossings, err)
			}
			c := r.Crossings[0]
			logs = append(logs, math.Log(c.Grain/truth))
			if c.Lo <= truth && truth <= c.Hi {
				held++
			}
		}
		if bias := math.Abs(math.Exp(stat.Median(logs)) - 1); bias > test.bias {
			t.Errorf("%s: off by %.1f%% in the middle", test.name, 100*bias)
		}
		if held < trials*90/100 {
			t.Errorf("%s: %d of %d intervals hold the truth", test.name, held, trials)
		}
		t.Logf("%s: bias %.3f, spread %.3f, held %d of %d", test.name, stat.Median(logs), stat.Quantile(logs, 0.84)-stat.Median(logs), held, trials)
	}
}

func TestBisectBothTargets(t *testing.T) {
	r, err := Bisect(level(1000, 0.05, 0.05, 3), Config{})
	if err != nil || len(r.Crossings) != 2 {
		t.Fatalf("have %+v and %v", r, err)
	}
	for _, c := range r.Crossings {
		overhead := c.Grain * (1 - c.Target) / c.Target
		if math.Abs(overhead/1000-1) > 0.3 || c.Lo >= c.Grain || c.Grain >= c.Hi {
			t.Errorf("have %+v with an overhead of %v, want 1000", c, overhead)
		}
	}
	if len(r.Samples) > 250 {
		t.Errorf("it took %d probes", len(r.Samples))
	}
}

// An overhead that grows with the grain, and a level that never gets beyond
// 80 %: the crossing is right although the form is not.
func TestBisectOfOtherForms(t *testing.T) {
	for _, test := range []struct {
		name string
		of   func(grain float64) float64
		want float64
	}{
		{"overhead grows", func(g float64) float64 { return g / (g + 100*math.Sqrt(g)) }, 1e4},
		{"saturates", func(g float64) float64 { return 0.8 * g / (g + 300) }, 500},
		{"steep", func(g float64) float64 { return g * g / (g*g + 1e6) }, 1000},
	} {
		random := rand.New(rand.NewPCG(1, 1))
		probe := func(grain float64) (float64, error) { return test.of(grain) * math.Exp(0.1*random.NormFloat64()), nil }
		r, err := Bisect(probe, Config{Targets: []float64{0.5}})
		if err != nil || math.Abs(r.Crossings[0].Grain/test.want-1) > 0.15 {
			t.Errorf("%s: have %+v and %v, want %v", test.name, r.Crossings, err, test.want)
		}
	}
}

func TestStatuses(t *testing.T) {
	flat := func(e float64) Probe { return func(float64) (float64, error) { return e, nil } }
	for _, test := range []struct {
		name   string
		probe  Probe
		config Config
		want   Status
	}{
		{"too good", level(10, 0.1, 0, 1), Config{Lo: 100, Hi: 1e6}, BelowSweep},
		{"too bad", level(1e8, 0.1, 0, 1), Config{Lo: 100, Hi: 1e6}, Unreached},
		{"flat below", flat(0.4), Config{}, Unreached},
		{"flat above", flat(1), Config{}, BelowSweep},
		{"a single grain", flat(1), Config{Lo: 5, Hi: 5}, BelowSweep},
	} {
		test.config.Targets = []float64{0.5}
		r, err := Bisect(test.probe, test.config)
		if err != nil || r.Crossings[0].Status != test.want || !math.IsNaN(r.Crossings[0].Grain) {
			t.Errorf("%s: have %+v and %v, want %s", test.name, r.Crossings, err, test.want)
		}
	}
}

func TestBisectRefuses(t *testing.T) {
	broken := errors.New("broken")
	says := func(e float64, err error) Probe { return func(float64) (float64, error) { return e, err } }
	for _, test := range []struct {
		name   string
		probe  Probe
		config Config
		want   error
	}{
		{"more than the peak", says(1.3, nil), Config{}, ErrEfficient},
		{"zero", says(0, nil), Config{}, ErrProbe},
		{"negative", says(-1, nil), Config{}, ErrProbe},
		{"NaN", says(math.NaN(), nil), Config{}, ErrProbe},
		{"infinite", says(math.Inf(1), nil), Config{}, ErrProbe},
		{"a probe that fails", says(1, broken), Config{}, broken},
		{"no share", says(1, nil), Config{Targets: []float64{1}}, ErrConfig},
		{"negative grains", says(1, nil), Config{Lo: -1}, ErrConfig},
		{"no grains", says(1, nil), Config{Lo: 5, Hi: 4}, ErrConfig},
		{"NaN", says(1, nil), Config{Start: math.NaN()}, ErrConfig},
		{"endless", says(1, nil), Config{Hi: math.Inf(1)}, ErrConfig},
	} {
		if r, err := Bisect(test.probe, test.config); !errors.Is(err, test.want) {
			t.Errorf("%s: have %+v and %v, want %v", test.name, r, err, test.want)
		}
	}
}

// The two ways to read the crossing off probes around it, with one probe of
// ten a wild one: the median of overheads, and a line through efficiencies.
func TestMedianBeatsLine(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	var byMedian, byLine []float64
	for range 300 {
		var all, x, y []float64
		for i := range 48 {
			g := 1000 * math.Pow(2, 2*float64(i)/47-1)
			e := g / (g + 1000) * math.Exp(0.1*random.NormFloat64())
			if i%10 == random.IntN(10) {
				e *= math.Exp(1.5 * random.NormFloat64())
			}
			all, x, y = append(all, g*(1-e)/e), append(x, math.Log(g)), append(y, e)
		}
		byMedian = append(byMedian, math.Abs(math.Log(stat.Median(all)/1000)))
		byLine = append(byLine, math.Abs(line(x, y, 0.5)-math.Log(1000)))
	}
	if m, l := stat.Quantile(byMedian, 0.9), stat.Quantile(byLine, 0.9); m > 0.7*l {
		t.Errorf("off by %.3f with the median and %.3f with the line: then a line would do", m, l)
	}
}

// line is where the least-squares line through x and y has height at.
func line(x, y []float64, at float64) float64 {
	n, sx, sy, sxx, sxy := float64(len(x)), 0.0, 0.0, 0.0, 0.0
	for i := range x {
		sx, sy, sxx, sxy = sx+x[i], sy+y[i], sxx+x[i]*x[i], sxy+x[i]*y[i]
	}
	slope := (n*sxy - sx*sy) / (n*sxx - sx*sx)
	return (at - (sy-slope*sx)/n) / slope
}
