package bench

import (
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/perf/benchfmt"

	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/levels/workload"
)

func complete(t *testing.T, p Plan) Plan {
	t.Helper()
	p, err := p.Complete()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func spec(t *testing.T, s string) fleet.Spec {
	t.Helper()
	spec, err := fleet.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

func TestCompleteFillsInTheDefaults(t *testing.T) {
	want := Plan{
		Axes: []Axes{{Kinds: []string{"table"}, Levels: Levels, Every: 1}}, Rounds: 6, Benchtime: 150 * time.Millisecond,
		Latency: 2 * time.Millisecond, Sample: 128, Quiet: 10, whole: true,
	}
	want.Patience = want.Estimate() / 20
	if got := complete(t, Plan{}); !reflect.DeepEqual(got, want) {
		t.Errorf("the zero plan is %+v\nwant %+v", got, want)
	}
	given := Plan{
		Axes: []Axes{{Kinds: []string{"table"}, Levels: []string{"async:7"}, Works: []string{"skew"}, Grains: []int{3}, Every: 2}}, Filter: "/work:skew",
		Rounds: 1, Benchtime: time.Second, Seed: 5, Latency: time.Second, Sample: 9, Corpus: "corpus", Redis: "redis://host", Embedded: true,
		Quiet: 3, Patience: time.Minute,
	}
	got := complete(t, given)
	if given.whole = true; !reflect.DeepEqual(got, given) {
		t.Errorf("a full plan became %+v\nwant %+v", got, given)
	}
	got = complete(t, complete(t, Plan{Latency: -1, Sample: -1, Patience: -1})) // what is complete stays
	if got.Latency != 0 || got.Sample != 0 || got.Patience != 0 {
		t.Errorf("latency %v, sample %d, patience %v of a plan without latency, with all pages, that does not wait; want 0", got.Latency, got.Sample, got.Patience)
	}
}

func TestCompleteRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		plan Plan
		want string
	}{
		"level":     {Plan{Axes: []Axes{{Levels: []string{"serial", "thraed"}}}}, `unknown level "thraed"`},
		"nesting":   {Plan{Axes: []Axes{{Levels: []string{"thread>async"}}}}, "thread runs functions itself"},
		"workload":  {Plan{Axes: []Axes{{Works: []string{"cpu", "wrods"}}}}, `did you mean "words"?`},
		"rounds":    {Plan{Rounds: -1}, "-1 rounds"},
		"quiet":     {Plan{Quiet: -1}, "quiet at -1 %"},
		"benchtime": {Plan{Benchtime: -time.Second}, "benchtime -1s"},
		"grain":     {Plan{Axes: []Axes{{Grains: []int{-7}}}}, "-7 workers, rounds or tasks"},
		"kind":      {Plan{Axes: []Axes{{Kinds: []string{"mteg"}}}}, `did you mean "metg"?`},
		"rtt":       {Plan{Axes: []Axes{{RTTs: []time.Duration{-1}}}}, "round trip of -1ns"},
		"filter":    {Plan{Filter: "work:("}, `filter "work:("`},
		"nothing":   {Plan{Filter: "/work:none"}, "leaves nothing to measure"},
	} {
		if _, err := test.plan.Complete(); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: err = %v, want %q", name, err, test.want)
		}
	}
}

func TestCellsAreDistinct(t *testing.T) {
	p := complete(t, Plan{Axes: []Axes{{Levels: []string{"async:7", "machine", "async/pool:7", "machine/rpc", "serial", "serial"}, Works: []string{"cpu", "empty", "cpu"}}}})
	var got []string
	for _, c := range p.Cells() {
		got = append(got, c.String())
	}
	inner := fmt.Sprintf("machine/rpc:2>async:%d", max(runtime.GOMAXPROCS(0)/2, 1))
	want := []string{"cpu at async:7", "cpu at " + inner, "cpu at serial", "empty at async:7", "empty at " + inner, "empty at serial"}
	if !slices.Equal(got, want) {
		t.Errorf("cells %q\nwant %q", got, want)
	}
}

// Cells of one name are one cell: the file of samples could not tell them apart.
func TestCellsHaveNamesOfTheirOwn(t *testing.T) {
	for _, test := range []struct {
		axes Axes
		want int
	}{
		{Axes{Works: []string{"empty"}, Levels: []string{"serial"}, Batches: []int{0, 4095, 4096}}, 1},
		{Axes{Works: []string{"cpu"}, Levels: []string{"serial"}, Batches: []int{250, 256}}, 1},
		{Axes{Works: []string{"cpu"}, Levels: []string{"serial"}, Grains: []int{0, 50000}}, 1},
		{Axes{Kinds: []string{"metg"}, Works: []string{"cpu"}, Levels: []string{"serial"}, Grains: []int{100, 1000}}, 1},
		{Axes{Works: []string{"cpu"}, Levels: []string{"machine/rpc:2>async:1", "machine/rpc:2>async/errgroup:1"}}, 2},
	} {
		p := complete(t, Plan{Axes: []Axes{test.axes}})
		names := map[string]bool{}
		for _, c := range p.Cells() {
			for _, name := range c.Names(outline(c.Work)) {
				if names[name] {
					t.Errorf("two cells are called %s", name)
				}
				names[name] = true
			}
		}
		if n := len(p.Cells()); n != test.want {
			t.Errorf("%+v are %d cells, want %d", test.axes, n, test.want)
		}
	}
}

// What is measured in every fourth round has its turn also if there are fewer.
func TestEachCellHasItsTurn(t *testing.T) {
	for rounds := 1; rounds <= 5; rounds++ {
		p := complete(t, Plan{Axes: slices.Clone(Full.Axes), Rounds: rounds})
		due := map[string]bool{}
		for round := 1; round <= rounds; round++ {
			for _, name := range order(p, round) {
				due[name] = true
			}
		}
		if n := len(p.Cells()); len(due) != n {
			t.Errorf("in %d rounds %d of %d cells are measured", rounds, len(due), n)
		}
	}
}

func order(p Plan, round int) (names []string) {
	for _, c := range p.Schedule(round) {
		if !c.Twin {
			names = append(names, c.String())
		}
	}
	return names
}

func TestScheduleShufflesEachRound(t *testing.T) {
	p := complete(t, Plan{})
	sorted := slices.Sorted(slices.Values(order(p, 1)))
	if len(sorted) != len(Levels)*len(Works) || len(slices.Compact(slices.Clone(sorted))) != len(sorted) {
		t.Fatalf("round 1 measures %q", sorted)
	}
	seen := map[string]int{}
	for round := 1; round <= p.Rounds; round++ {
		names := order(p, round)
		if !slices.Equal(slices.Sorted(slices.Values(names)), sorted) {
			t.Errorf("round %d measures %q, round 1 %q", round, names, sorted)
		}
		if again := order(p, round); !slices.Equal(again, names) {
			t.Errorf("round %d is once %q and once %q", round, names, again)
		}
		if other, ok := seen[strings.Join(names, ",")]; ok {
			t.Errorf("rounds %d and %d have the same order", other, round)
		}
		seen[strings.Join(names, ",")] = round
	}
	if p.Seed++; slices.Equal(order(p, 1), order(complete(t, Plan{}), 1)) {
		t.Error("another seed gives the same order")
	}
}

func TestWiden(t *testing.T) {
	cores := runtime.GOMAXPROCS(0)
	half := max(cores/2, 1)
	for _, test := range []struct{ in, computes, waits string }{
		{"serial", "serial", "serial"},
		{"async", fmt.Sprint("async:", cores), "async:256"},
		{"async:7", "async:7", "async:7"},
		{"thread", fmt.Sprint("thread:", cores), "thread:16"},
		{"thread:3", "thread:3", "thread:3"},
		{"process", fmt.Sprint("process:", cores), "process:16"},
		{"process>async:8", fmt.Sprintf("process:%d>async:8", cores), fmt.Sprintf("process:%d>async:8", cores)},
		{"machine/rpc", fmt.Sprint("machine/rpc:2>async:", half), "machine/rpc:2>async:128"},
		{"machine/queue", fmt.Sprint("machine/queue:2>async:", half), "machine/queue:2>async:128"},
		{"machine/queue:1", fmt.Sprint("machine/queue:1>async:", cores), "machine/queue:1>async:256"},
		{"machine/queue:5", fmt.Sprint("machine/queue:5>async:", max(cores/5, 1)), "machine/queue:5>async:51"},
		{"machine/queue>process:2>async", "machine/queue:2>process:2>async", "machine/queue:2>process:2>async"},
	} {
		in := spec(t, test.in)
		if got := Widen(in, false).String(); got != test.computes {
			t.Errorf("%s, where tasks compute, is %s, want %s", test.in, got, test.computes)
		}
		if got := Widen(in, true).String(); got != test.waits {
			t.Errorf("%s, where tasks wait, is %s, want %s", test.in, got, test.waits)
		}
		if !reflect.DeepEqual(in, spec(t, test.in)) {
			t.Errorf("%s was changed to %s", test.in, in)
		}
	}
}

func TestGrain(t *testing.T) {
	for _, test := range []struct{ size, asked, want int }{{0, 0, 0}, {0, 9, 0}, {5, 0, 5}, {5, 9, 9}} {
		if got := Grain(workload.Workload{Size: test.size}, test.asked); got != test.want {
			t.Errorf("asked for %d of tasks with %d: %d, want %d", test.asked, test.size, got, test.want)
		}
	}
}

func TestBatch(t *testing.T) {
	for _, test := range []struct {
		level, work    string
		distinct, want int
	}{
		{"serial", "empty", 1, 4096},
		{"serial", "empty", 100, 4100},
		{"serial", "cpu", 64, 256},
		{"serial", "skew", 300, 300},
		{"serial", "io", 1, 4},
		{"thread:16", "io", 1, 64},
		{"async:256", "words", 128, 1024},
		{"async:256", "words", 1000, 2000},
		{"machine/rpc:2>async:128", "cpu", 64, 1024},
		{"serial", "words", 10700, 10700},
	} {
		w := workload.Workload{Name: test.work, Distinct: test.distinct}
		if got := Batch(spec(t, test.level), w); got != test.want {
			t.Errorf("%d distinct %s at %s: batch of %d, want %d", test.distinct, test.work, test.level, got, test.want)
		}
	}
}

func TestNames(t *testing.T) {
	keys := []string{"level", "impl", "work", "grain", "workers", "inflight", "batch"}
	for level, want := range map[string]string{
		"serial":                          "level=serial/impl=serial/work=cpu/grain=50/workers=1/inflight=1/batch=9",
		"async:7":                         "level=async/impl=pool/work=cpu/grain=50/workers=7/inflight=7/batch=9",
		"thread:3":                        "level=thread/impl=crew/work=cpu/grain=50/workers=3/inflight=3/batch=9",
		"process:3":                       "level=process/impl=pipe/work=cpu/grain=50/workers=3/inflight=3/batch=9",
		"process:3>async:8":               "level=process/impl=pipe>async/work=cpu/grain=50/workers=3/inflight=24/batch=9",
		"machine/rpc:2>async:4":           "level=machine/impl=rpc/work=cpu/grain=50/workers=2/inflight=8/batch=9",
		"machine/queue:2":                 "level=machine/impl=queue/work=cpu/grain=50/workers=2/inflight=512/batch=9",
		"machine/rpc:2>process:3>async:4": "level=machine/impl=rpc>process>async/work=cpu/grain=50/workers=2/inflight=24/batch=9",
		"machine/rpc:1>machine/queue:2":   "level=machine/impl=rpc>machine.queue/work=cpu/grain=50/workers=1/inflight=512/batch=9",
	} {
		c := Cell{Kind: "table", Spec: spec(t, level), Work: "cpu", Grain: 50, Batch: 9}
		got := c.name(workload.Workload{Name: "cpu", Size: 1, Distinct: 1}, "Throughput")
		if got != want {
			t.Errorf("%s is called %s\nwant %s", level, got, want)
		}
		base, parts := benchfmt.Name("Throughput/" + got + "-2").Parts()
		if string(base) != "Throughput" || len(parts) != len(keys)+1 || string(parts[len(keys)]) != "-2" {
			t.Errorf("%s has the parts %q %q", got, base, parts)
			continue
		}
		for i, key := range keys {
			if !strings.HasPrefix(string(parts[i]), "/"+key+"=") {
				t.Errorf("part %d of %s is %s, want %s", i, got, parts[i], key)
			}
		}
	}
}

func TestNamesOfACell(t *testing.T) {
	w := workload.Workload{Name: "cpu", Distinct: 64, Size: 50000}
	want := []string{
		"Throughput/level=thread/impl=crew/work=cpu/grain=7/workers=3/inflight=3/batch=256",
		"Latency/level=thread/impl=crew/work=cpu/grain=7/workers=3/inflight=3/batch=1",
	}
	if got := (Cell{Kind: "table", Spec: spec(t, "thread:3"), Work: "cpu", Grain: 7}).Names(w); !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

// A batch of METG is large where tasks compute, and a few waits where they wait.
func TestNamesOfMETG(t *testing.T) {
	for work, want := range map[string]string{"cpu": "METG/level=thread/impl=crew/work=cpu/workers=7/inflight=7/batch=4096", "io": "METG/level=thread/impl=crew/work=io/workers=7/inflight=7/batch=28"} {
		c, err := NewCell("metg", "thread:7", work)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Names(outline(work)); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q, want %q", work, got, want)
		}
	}
}
