package stat

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// A slow-down of the size that is said to be detectable is detected as often
// as is said, in measurements that were not there when it was said.
func TestDetectable(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 9))
	logs := func(n int, shift float64) (d []float64) {
		for range n {
			d = append(d, shift+0.1*random.NormFloat64())
		}
		return d
	}
	const trials, each = 5, 240
	found := 0
	for range trials {
		effect := Detectable(logs(20, 0.3), 0.05, 0.8)
		if effect < 1.02 || effect > 1.15 {
			t.Errorf("have %v, want something like 1.07", effect)
		}
		for range each {
			if SignedRank(logs(20, math.Log(effect))) < 0.05 {
				found++
			}
		}
	}
	if share := float64(found) / (trials * each); share < 0.7 || share > 0.9 {
		t.Errorf("found in %.0f%% of the cases, want about 80%%", 100*share)
	}
}

func TestDetectableAtTheEdges(t *testing.T) {
	noisy := []float64{0.1, -0.2, 0.3, -0.1, 0.2, 0.15, -0.3, 0.05, 0.02, -0.04}
	twice := append(slices.Clone(noisy), noisy...)
	if few, many := Detectable(noisy, 0.05, 0.8), Detectable(twice, 0.05, 0.8); few <= many || many <= 1 {
		t.Errorf("have %v of 10 rounds and %v of 20, want less of more", few, many)
	}
	for _, test := range []struct {
		name         string
		logs         []float64
		alpha, power float64
		want         float64
	}{
		{"five rounds", noisy[:5], 0.05, 0.8, math.Inf(1)},
		{"no noise", make([]float64, 10), 0.05, 0.8, 1},
		{"none", nil, 0.05, 0.8, math.NaN()},
		{"infinite", []float64{math.Inf(1), 1, 2, 3, 4, 5}, 0.05, 0.8, math.NaN()},
		{"no alpha", noisy, 0, 0.8, math.NaN()},
		{"no power", noisy, 0.05, 0, math.NaN()},
		{"certainty", noisy, 0.05, 1, math.NaN()},
	} {
		if have := Detectable(test.logs, test.alpha, test.power); !same(have, test.want, 2e-4) {
			t.Errorf("%s: have %v, want %v", test.name, have, test.want)
		}
	}
}

// What is measured first is always slower: alarms show it, for they take the order as
// it was. The floor is that of a design which draws it.
func TestReplaySeesWhoIsFirst(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 8))
	var biased []float64
	for i := range 120 {
		biased = append(biased, (1.05-0.05*float64(i%2))*100*math.Exp(0.01*random.NormFloat64()))
	}
	if c := Replay([][]float64{biased}, 20, 300, 7); c.FalsePositives < 290 || !(c.Floor > 0.01 && c.Floor < 0.06) {
		t.Errorf("have %+v, want an alarm in nearly all, and a floor of a few percent", c)
	}
}

// drifting is a benchmark that never changes, on a machine that does: noise of
// 3 %, and a load that wanders by far more, slowly.
func drifting(n int, seed uint64) (x []float64) {
	random := rand.New(rand.NewPCG(seed, 1))
	load := 0.0
	for range n {
		load = 0.98*load + 0.05*random.NormFloat64()
		x = append(x, 100*math.Exp(load+0.03*random.NormFloat64()))
	}
	return x
}

func TestReplayShowsWhyBlocksLie(t *testing.T) {
	series := [][]float64{drifting(160, 1), drifting(160, 2), drifting(160, 3), nil, {1, -1}}
	paired, blocks := Replay(series, 20, 300, 7), ReplayBlocks(series, 20, 300, 7)
	if paired.Replays != 300 || paired.FalsePositives > 45 {
		t.Errorf("paired: have %+v, want few false alarms", paired)
	}
	if blocks.Replays != 300 || blocks.FalsePositives < 90 || blocks.Floor < 3*paired.Floor {
		t.Errorf("blocks: have %+v, want many false alarms, and a floor far above %v", blocks, paired.Floor)
	}
	if more := ReplayBlocks(series, 40, 300, 7); more.FalsePositives <= ReplayBlocks(series, 6, 300, 7).FalsePositives {
		t.Errorf("blocks of 40: have %+v, want more false alarms than of 6", more)
	}
	if again := Replay(series, 20, 300, 7); again != paired {
		t.Errorf("have %+v and then %+v", paired, again)
	}
	for name, c := range map[string]Control{
		"too short": Replay(series, 81, 10, 1), "none": Replay(nil, 10, 10, 1), "no rounds": Replay(series, 0, 10, 1),
		"negative": Replay(series, -1, 10, 1), "no replays": Replay(series, 5, 0, 1),
	} {
		if c.Replays != 0 || !math.IsNaN(c.Floor) {
			t.Errorf("%s: have %+v, want none", name, c)
		}
	}
}

// The gate finds what it says it can find, and little of what is not there.
func TestPower(t *testing.T) {
	series := [][]float64{drifting(160, 1), drifting(160, 2)}
	const replays = 200
	rule := Gate{}.Rule(5)
	if alarms := Power(series, 20, 1, replays, 3, rule); alarms > replays/100 {
		t.Errorf("%d false alarms of %d", alarms, replays)
	}
	if found := Power(series, 20, 1.25, replays, 3, rule); found < replays*95/100 {
		t.Errorf("found a slow-down by 25%% in %d of %d", found, replays)
	}
	for _, slowdown := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		if found := Power(series, 20, slowdown, replays, 3, func([]float64) bool { return true }); found != 0 {
			t.Errorf("slow-down of %v: found %d", slowdown, found)
		}
	}
}

func TestGate(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 2))
	side := func(n int, center, sigma float64) []float64 {
		return measure(random, n, center, func(r *rand.Rand) float64 { return sigma * r.NormFloat64() })
	}
	tests := []Series{
		{Name: "same", Head: side(20, 100, 0.01), Base: side(20, 100, 0.01)},
		{Name: "slower", Head: side(20, 120, 0.01), Base: side(20, 100, 0.01)},
		{Name: "faster", Head: side(20, 80, 0.01), Base: side(20, 100, 0.01)},
		{Name: "by less than the margin", Head: side(20, 103, 0.01), Base: side(20, 100, 0.01)},
		{Name: "noisy", Head: side(20, 100, 0.5), Base: side(20, 100, 0.5)},
		{Name: "slower, few rounds", Head: side(5, 200, 0.01), Base: side(5, 100, 0.01)},
		{Name: "uneven", Head: side(20, 200, 0.01), Base: side(19, 100, 0.01)},
		{Name: "empty", Head: nil, Base: nil},
		{Name: "not a number", Head: []float64{math.NaN()}, Base: []float64{1}},
	}
	want := []Outcome{Pass, Fail, Pass, Pass, Inconclusive, Inconclusive, Inconclusive, Inconclusive, Inconclusive}
	for i, v := range (Gate{}).Judge(tests) {
		if v.Outcome != want[i] || v.Name != tests[i].Name || v.Why == "" {
			t.Errorf("have %+v, want %s", v, want[i])
		}
		if math.IsNaN(v.Detectable) != math.IsNaN(v.P) || v.Detectable <= 1.05 {
			t.Errorf("have %+v: whatever can be tested has a detectable slow-down, above the margin", v)
		}
	}
	if v := (Gate{Floor: 0.25}).Judge(tests[1:2])[0]; v.Outcome != Pass {
		t.Errorf("below the noise floor: have %+v, want PASS", v)
	}
	if v := (Gate{Margin: 0.195, Alpha: 0.05}).Judge(tests[1:2])[0]; v.Outcome == Fail {
		t.Errorf("at the margin: have %+v", v)
	}
	if v := (Gate{Floor: math.NaN()}).Judge(tests[:2]); v[0].Outcome != Inconclusive || v[1].Outcome != Inconclusive {
		t.Errorf("with a floor that is not known: have %+v", v)
	}
	if v := (Gate{}).Judge(nil); len(v) != 0 {
		t.Errorf("of nothing: have %+v", v)
	}
}

// With enough tests, six rounds cannot fail: the gate says so, and does not
// say that nothing got worse.
func TestGateAdjustsForTheNumberOfTests(t *testing.T) {
	var tests []Series
	for range 20 {
		tests = append(tests, Series{Head: []float64{21, 22, 23, 24, 25, 26, 27, 28}, Base: []float64{11, 12, 12, 13, 13, 14, 14, 15}})
	}
	if v := (Gate{}).Judge(tests[:1])[0]; v.Outcome != Fail {
		t.Errorf("alone: have %+v, want FAIL", v)
	}
	if v := (Gate{}).Judge(tests)[0]; v.Outcome != Inconclusive || !math.IsInf(v.Detectable, 1) {
		t.Errorf("among 20: have %+v, want INCONCLUSIVE", v)
	}
}

// A noisy series has a margin of its own, and the others keep theirs.
func TestFloorOfOneSeries(t *testing.T) {
	var base, head []float64
	for i := range 20 {
		base = append(base, 100+float64(i%5))
		head = append(head, 1.08*base[i])
	}
	tests := []Series{{Name: "still", Head: head, Base: base}, {Name: "noisy", Head: head, Base: base, Floor: 0.2}}
	got := Gate{}.Judge(tests)
	if got[0].Outcome != Fail || got[1].Outcome != Pass {
		t.Errorf("8 %% slower is %s with the usual margin and %s with one of 20 %%, want FAIL and PASS", got[0].Outcome, got[1].Outcome)
	}
}
