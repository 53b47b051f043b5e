package crossover

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
)

// measured is the cost of tasks of 16 to 65536 at two levels, in rounds that
// differ by a factor of two, with noise of the given size.
func measured(a, b func(grain float64) float64, rounds int, noise float64, seed uint64) (rows []Row) {
	random := rand.New(rand.NewPCG(seed, 1))
	luck := make([]float64, rounds)
	for i := range luck {
		luck[i] = 1 + random.Float64()
	}
	for g := 65536.0; g >= 16; g /= 4 { // in any order
		r := Row{Grain: g}
		for _, l := range luck {
			r.A = append(r.A, l*a(g)*math.Exp(noise*random.NormFloat64()))
			r.B = append(r.B, l*b(g)*math.Exp(noise*random.NormFloat64()))
		}
		rows = append(rows, r)
	}
	return rows
}

// One worker without overhead, or two with an overhead of 500 for each task:
// the same at a grain of 1000.
func alone(g float64) float64 { return g }
func two(g float64) float64   { return g/2 + 500 }

func TestCrosses(t *testing.T) {
	const trials = 100
	held := 0
	for seed := range uint64(trials) {
		r, err := Find(measured(alone, two, 12, 0.1, seed))
		if err != nil || r.Status != Crosses || len(r.Crossings) != 1 || r.Why != "" {
			t.Fatalf("have %+v and %v", r, err)
		}
		c := r.Crossings[0]
		if c.Above != "B" || math.Abs(math.Log(c.Grain/1000)) > 0.5 || c.Lo > c.Grain || c.Hi < c.Grain {
			t.Errorf("have %+v, want 1000", c)
		}
		if c.Lo <= 1000 && 1000 <= c.Hi {
			held++
		}
	}
	if held < trials*88/100 {
		t.Errorf("%d of %d intervals hold the crossing", held, trials)
	}
}

// Without noise the crossing is that of the line through two logs, exactly.
func TestPlace(t *testing.T) {
	ten := func(x float64) (xs []float64) {
		for range 10 {
			xs = append(xs, x)
		}
		return xs
	}
	r, err := Find([]Row{{100, ten(2), ten(1)}, {10, ten(1), ten(8)}})
	if err != nil || len(r.Crossings) != 1 || r.Crossings[0].Above != "B" {
		t.Fatalf("have %+v and %v", r, err)
	}
	if want := math.Pow(10, 1.75); math.Abs(r.Crossings[0].Grain-want) > 1e-9 || math.Abs(r.Crossings[0].Lo-want) > 1e-9 {
		t.Errorf("have %+v, want %v", r.Crossings[0], want)
	}
}

func TestStatuses(t *testing.T) {
	wave := func(g float64) float64 { return g * math.Exp(0.5*math.Sin(math.Log(g)/1.3)) }
	for _, test := range []struct {
		name      string
		a, b      func(float64) float64
		rounds    int
		noise     float64
		want      Status
		crossings int
	}{
		{"A", alone, func(g float64) float64 { return 2 * g }, 12, 0.05, AlwaysA, 0},
		{"B", func(g float64) float64 { return 2 * g }, alone, 12, 0.05, AlwaysB, 0},
		{"they meet at large grains", alone, func(g float64) float64 { return g + 100 }, 12, 0.01, AlwaysA, 0},
		{"they meet, the other way", func(g float64) float64 { return g + 100 }, alone, 12, 0.01, AlwaysB, 0},
		{"they meet in noise", alone, func(g float64) float64 { return g + 100 }, 12, 0.2, CannotTell, 0},
		{"the same", alone, alone, 12, 0.05, CannotTell, 0},
		{"few rounds", alone, two, 5, 0.01, CannotTell, 0},
		{"several times", alone, wave, 20, 0.02, Crosses, 2},
	} {
		r, err := Find(measured(test.a, test.b, test.rounds, test.noise, 3))
		if err != nil || r.Status != test.want || len(r.Crossings) != test.crossings {
			t.Errorf("%s: have %+v and %v, want %s", test.name, r, err, test.want)
		}
		if (r.Why == "") != (r.Status != CannotTell && test.crossings < 2) {
			t.Errorf("%s: have %+v", test.name, r)
		}
	}
}

// Two equal levels cross, or one is better, in few of many experiments.
func TestNoFalseCrossing(t *testing.T) {
	const trials = 200
	alarms := 0
	for seed := range uint64(trials) {
		r, err := Find(measured(alone, alone, 12, 0.1, seed))
		if err != nil {
			t.Fatal(err)
		}
		if r.Status != CannotTell {
			alarms++
		}
	}
	if alarms > trials*8/100 {
		t.Errorf("%d of %d", alarms, trials)
	}
}

func TestRefuses(t *testing.T) {
	good := Row{1, []float64{1, 2}, []float64{2, 3}}
	for name, rows := range map[string][]Row{
		"none":            nil,
		"one":             {good},
		"the same grain":  {good, good},
		"no rounds":       {{1, nil, nil}, {2, nil, nil}},
		"uneven":          {good, {2, []float64{1, 2}, []float64{2}}},
		"fewer rounds":    {good, {2, []float64{1}, []float64{2}}},
		"zero":            {good, {2, []float64{1, 0}, []float64{2, 3}}},
		"NaN":             {good, {2, []float64{1, math.NaN()}, []float64{2, 3}}},
		"NaN grain":       {good, {math.NaN(), good.A, good.B}},
		"infinite grain":  {good, {math.Inf(1), good.A, good.B}},
		"negative grain":  {good, {-1, good.A, good.B}},
		"infinitely slow": {good, {2, []float64{1, math.Inf(1)}, []float64{2, 3}}},
	} {
		if r, err := Find(rows); !errors.Is(err, ErrRows) {
			t.Errorf("%s: have %+v and %v", name, r, err)
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
		rows := []Row{{1, some(n, from), some(n, from)}, {2, some(n, from), some(n, from)}}
		if r, err := Find(rows); err == nil && r.Status == "" {
			t.Errorf("%v: have %+v", rows, r)
		}
	}
}
