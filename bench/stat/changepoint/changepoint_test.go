package changepoint

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// nile is its flow at Aswan from 1871 to 1970, which fell in 1899: Cobb,
// The problem of the Nile, Biometrika 1978; in R as Nile.
var nile = []float64{
	1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020, 960, 1180, 799, 958, 1140,
	1100, 1210, 1150, 1250, 1260, 1220, 1030, 1100, 774, 840, 874, 694, 940, 833, 701, 916, 692, 1020, 1050, 969,
	831, 726, 456, 824, 702, 1120, 1100, 832, 764, 821, 768, 845, 864, 862, 698, 845, 744, 796, 1040, 759,
	781, 865, 845, 944, 984, 897, 822, 1010, 771, 676, 649, 846, 812, 742, 801, 1040, 860, 874, 848, 890,
	744, 749, 838, 1050, 918, 986, 797, 923, 975, 815, 1020, 906, 901, 1170, 912, 746, 919, 718, 714, 740,
}

func indexes(changes []Change) (at []int) {
	for _, c := range changes {
		at = append(at, c.Index)
	}
	return at
}

func TestPublished(t *testing.T) {
	for _, test := range []struct {
		source string
		series []float64
		want   []int
	}{
		{"the Nile, 1899", nile, []int{28}},
		{"Otava, test_change_point_detection, series 1", []float64{1.02, 0.95, 0.99, 1.00, 1.12, 0.90, 0.50, 0.51, 0.48, 0.48, 0.55}, []int{6}},
		{"Otava, test_change_point_detection, series 2", []float64{2.02, 2.03, 2.01, 2.04, 1.82, 1.85, 1.79, 1.81, 1.80, 1.76, 1.78}, []int{4}},
		{"Otava, a step at 10", []float64{
			1.02, 0.95, 0.99, 1.00, 1.12, 1.00, 1.01, 0.98, 1.01, 0.96, 0.50, 0.51, 0.48, 0.48, 0.55, 0.50, 0.49, 0.51, 0.50, 0.49}, []int{10}},
	} {
		changes, err := Find(test.series, Config{})
		if err != nil || !slices.Equal(indexes(changes), test.want) {
			t.Errorf("%s: have %+v and %v, want %v", test.source, changes, err, test.want)
		}
		if again, _ := Find(test.series, Config{}); !slices.Equal(again, changes) {
			t.Errorf("%s: have %+v and then %+v", test.source, changes, again)
		}
	}
	changes, err := Find(nile, Config{})
	if err != nil || changes[0].Before != 1130 || changes[0].After != 842.5 || changes[0].P != 0.0025 {
		t.Errorf("the Nile: have %+v and %v, want medians of 1130 and 842.5", changes, err)
	}
}

// steps is a series of ratios, some commits at each level, with noise of 2 %
// and now and then a wild one.
func steps(seed uint64, commits int, wild float64, levels ...float64) (series []float64) {
	random := rand.New(rand.NewPCG(seed, 1))
	for _, level := range levels {
		for range commits {
			v := level * math.Exp(0.02*random.NormFloat64())
			if random.Float64() < wild {
				v *= 1 + 3*random.Float64()
			}
			series = append(series, v)
		}
	}
	return series
}

func TestSteps(t *testing.T) {
	for _, test := range []struct {
		name            string
		trials, commits int
		wild            float64
		levels          []float64
	}{
		{"up", 4, 25, 0, []float64{1, 1.05}},
		{"up, with wild ones", 4, 25, 0.1, []float64{1, 1.08}},
		{"up and down", 3, 20, 0, []float64{1, 1.1, 1}},
		{"stairs", 2, 25, 0.05, []float64{1, 1.1, 1.2, 1.05}},
		{"few", 5, 6, 0, []float64{1, 1.2}},
		{"many", 1, 120, 0, []float64{1, 1.02}},
	} {
		hits := 0
		for seed := range uint64(test.trials) {
			changes, err := Find(steps(seed, test.commits, test.wild, test.levels...), Config{})
			if err != nil {
				t.Fatal(err)
			}
			hit := len(changes) == len(test.levels)-1
			for i, c := range changes {
				hit = hit && max(c.Index-(i+1)*test.commits, (i+1)*test.commits-c.Index) <= max(2, test.commits/20)
			}
			if hit {
				hits++
			}
		}
		if 10*hits < 8*test.trials {
			t.Errorf("%s: found all changes and no others in %d of %d series", test.name, hits, test.trials)
		}
	}
}

// Where nothing changed, one in a hundred series is said to have changed; with
// wild measurements, too.
func TestNoChange(t *testing.T) {
	for _, wild := range []float64{0, 0.1} {
		alarms := 0
		for seed := range uint64(200) {
			changes, err := Find(steps(seed, 12+int(seed%50), wild, 1), Config{})
			if err != nil {
				t.Fatal(err)
			}
			if len(changes) > 0 {
				alarms++
			}
		}
		if alarms > 10 {
			t.Errorf("%d false alarms of 200 series, want about 2", alarms)
		}
	}
}

// The best split, once more from the definition.
func TestStatistic(t *testing.T) {
	series := steps(1, 6, 0, 1, 1.02, 1)
	distance := func(a, b []float64) (sum float64) {
		for _, x := range a {
			for _, y := range b {
				sum += math.Abs(x - y)
			}
		}
		return sum
	}
	at, want := 0, math.Inf(-1)
	for end := 6; end <= len(series); end++ {
		for m := 3; m <= end-3; m++ {
			a, b := series[:m], series[m:end]
			x, y := float64(len(a)), float64(len(b))
			q := x * y / (x + y) * (2*distance(a, b)/(x*y) - distance(a, a)/(x*(x-1)) - distance(b, b)/(y*(y-1)))
			if q > want {
				at, want = m, q
			}
		}
	}
	if m, have := newEnergy(series, 3).best(); math.Abs(have-want) > 1e-9 || m != at {
		t.Errorf("have %v at %d, want %v at %d", have, m, want, at)
	}
}

func TestRefuses(t *testing.T) {
	long := make([]float64, 20) // all equal: there is no change
	for _, test := range []struct {
		name   string
		series []float64
		config Config
		want   error
	}{
		{"none", nil, Config{}, ErrShort},
		{"one", []float64{1}, Config{}, ErrShort},
		{"five", []float64{1, 1, 1, 9, 9}, Config{}, ErrShort},
		{"eight, at 1 %", []float64{1, 2, 1, 2, 9, 9, 8, 9}, Config{}, ErrShort},
		{"ten, ten on both sides", long[:10], Config{Least: 10}, ErrShort},
		{"NaN", append([]float64{math.NaN()}, long...), Config{}, ErrValue},
		{"infinite", append([]float64{math.Inf(-1)}, long...), Config{}, ErrValue},
		{"alpha", long, Config{Alpha: -1}, ErrConfig},
		{"alpha of NaN", long, Config{Alpha: math.NaN()}, ErrConfig},
		{"alpha below what shuffles can tell", long, Config{Alpha: 1e-4}, ErrConfig},
		{"a side of one", long, Config{Least: 1}, ErrConfig},
		{"all equal", long, Config{}, nil},
	} {
		if changes, err := Find(test.series, test.config); !errors.Is(err, test.want) || len(changes) > 0 {
			t.Errorf("%s: have %+v and %v, want %v", test.name, changes, err, test.want)
		}
	}
	if changes, err := Find([]float64{1, 2, 1, 2, 9, 9, 8, 9}, Config{Alpha: 0.1}); err != nil || !slices.Equal(indexes(changes), []int{4}) {
		t.Errorf("eight, at 10 %%: have %+v and %v, want 4", changes, err)
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
	for i := range 100 {
		n, from := random.IntN(30), 5*(i%2) // every other time positive and finite
		x := some(n, from)
		changes, err := Find(x, Config{Alpha: 0.2})
		if err == nil && from == 0 && n > 0 && !(slices.Max(x) < 1e150) {
			t.Errorf("%v: have %+v", x, changes)
		}
	}
}
