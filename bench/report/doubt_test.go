package report

import (
	"slices"
	"strings"
	"testing"

	"github.com/fourlevels/fourlevels/bench/samples"
)

// cell is a benchmark by its values, a map for each round.
func cell(rounds ...map[string]float64) *samples.Cell {
	c := &samples.Cell{Name: samples.ParseName("Load/level=async/work=cpu")}
	for i, values := range rounds {
		c.Samples = append(c.Samples, samples.Sample{Round: i + 1, Values: values})
	}
	return c
}

func TestDoubts(t *testing.T) {
	of := func(unit string, values ...float64) *samples.Cell {
		c := cell()
		for i, v := range values {
			c.Samples = append(c.Samples, samples.Sample{Round: i + 1, Values: map[string]float64{unit: v, "p50-sec": 1, "p99-sec": 1}})
		}
		return c
	}
	for _, test := range []struct {
		name string
		c    *samples.Cell
		want string // part of the reason; "" for none
	}{
		{"Little's law", of("little-%", 100), ""},
		{"at its limits", of("little-%", 90), ""},
		{"at its other limit", of("little-%", 110), ""},
		{"too few in flight", of("little-%", 89.9), "breaks Little's law: throughput times response time is 90 %"},
		{"too many in flight", of("little-%", 110.5), "breaks Little's law"},
		{"off in one round of three", of("little-%", 100, 99, 20), ""},
		{"off in two rounds of three", of("little-%", 100, 30, 20), "is 30 %"},
		{"efficient", of("efficiency-%", 110), ""},
		{"more than possible", of("efficiency-%", 111), "at 111 % of what the processors can do"},
		{"on time", of("sched-lag-p99-sec", 0.1), ""},
		{"late", of("sched-lag-p99-sec", 0.2), "the generator's own delay is 20 % of the p99"},
		{"as late as may be at the median", of("sched-lag-p50-sec", 0.1), ""},
		{"late at the median", of("sched-lag-p50-sec", 0.2), "the generator's own delay is 20 % of the p50"},
		{"late at the median, with too few for a p99", cell(map[string]float64{"sched-lag-p50-sec": 2, "p50-sec": 4}), "50 % of the p50"},
		{"late, without a p99 to judge by", cell(map[string]float64{"sched-lag-p99-sec": 5}), ""},
		{"a fault in one round of three", of("faults", 0, 2, 0), "has faults=2: workers died"},
		{"faults add up", of("faults", 1, 2), "has faults=3"},
		{"no faults", of("faults", 0, 0), ""},
		{"nothing lost", of("lost/op", 0, 0), ""},
		{"lost once", of("lost/op", 0, 0, 0.001), "tasks without a result"},
		{"doubled once", of("dup/op", 0.5, 0, 0), "tasks with more than one result"},
		{"dropped, which is no fault", of("dropped/op", 0.5), ""},
		{"a unit nobody knows", of("furlongs", 1), "in the unknown unit furlongs"},
		{"failed, without samples", cell(), ""},
	} {
		have := doubt(test.c)
		if (have == "") != (test.want == "") || !strings.Contains(have, test.want) {
			t.Errorf("%s: have %q, want %q", test.name, have, test.want)
		}
	}
}

// Units are told to readers as benchmarks print them, and read as the reader tidies
// them: both are the same units.
func TestEveryUnitIsKnown(t *testing.T) {
	for _, value := range []string{"0", "5"} {
		text := "BenchmarkLoad/level=async/work=cpu-2 1"
		for _, u := range samples.Units {
			text += " " + value + " " + u.Name
		}
		raw, err := samples.Read(strings.NewReader(text+"\n"), "test")
		if err != nil {
			t.Fatal(err)
		}
		if why := unknownUnit(raw.Cells[0]); why != "" {
			t.Errorf("of %s: %s", value, why)
		}
	}
}

func TestPercentilesNeedLatencies(t *testing.T) {
	for _, test := range []struct {
		total float64 // in each of two rounds
		unit  string
		shown bool
	}{{500, "p99-sec", true}, {499, "p99-sec", false}, {5000, "p99.9-sec", true}, {4999, "p99.9-sec", false}} {
		round := map[string]float64{test.unit: 1, "latencies": test.total}
		need := map[string]float64{"p99-sec": 1000, "p99.9-sec": 10_000}[test.unit]
		if c := counted(cell(round, round), test.unit, need); (c.N > 0) != test.shown || (c.Why == "") != test.shown {
			t.Errorf("%v: have %+v", test, c)
		}
	}
}

// A round in which no size was good enough is worse than any: to leave it out would
// make the level look better.
func TestUnreachedRoundsCount(t *testing.T) {
	hit, miss := map[string]float64{"metg50-sec": 1}, map[string]float64{}
	for _, test := range []struct {
		hits, misses int
		center       float64
		bounded      bool
	}{{12, 0, 1, true}, {11, 1, 1, true}, {7, 5, 1, false}, {4, 8, 0, false}} {
		rounds := slices.Concat(slices.Repeat([]map[string]float64{hit}, test.hits), slices.Repeat([]map[string]float64{miss}, test.misses))
		c := reached(cell(rounds...), "metg50-sec")
		if c.Center != test.center || c.Bounded() != test.bounded || (c.Why == "") != (test.center > 0) {
			t.Errorf("%d of %d rounds: have %+v", test.hits, test.hits+test.misses, c)
		}
	}
}

// Widths that make a curve have their own section. In the table stays the width that
// was measured most, or that fits the machine, not the fastest.
func TestCurvesStayOutOfTheTables(t *testing.T) {
	row := func(b *bench, workers string, rates ...float64) {
		b.add(throughput, "thread/crew", "/workers="+workers, "1 checksum", rates...)
		b.add(latency, "thread/crew", "/workers="+workers, "1 checksum", rates...)
	}
	for _, test := range []struct {
		name   string
		widths []string
		most   string // measured in more rounds
		want   []string
	}{
		{"three are rows", []string{"1", "2", "4"}, "", []string{"thread workers=1", "thread workers=2", "thread workers=4"}},
		{"four are a curve", []string{"1", "2", "4", "8"}, "", []string{"thread"}},
		{"the one measured most stays", []string{"1", "2", "4", "8"}, "8", []string{"thread"}},
	} {
		b := &bench{}
		b.WriteString("cores: 2\n")
		for i, w := range test.widths {
			row(b, w, float64(100*i+100), float64(100*i+100))
		}
		kept := "2"
		if test.most != "" {
			row(b, test.most, 1)
			kept = test.most
		}
		run := b.read(t)
		if have := labels(run.Tables[0].Rows); !slices.Equal(have, test.want) {
			t.Errorf("%s: have rows %q", test.name, have)
		}
		if len(test.want) == 1 && samples.Find(run.Tables[0].Rows[0].More, "workers") != kept {
			t.Errorf("%s: have %+v, want %s workers", test.name, run.Tables[0].Rows[0].More, kept)
		}
		curves := slices.ContainsFunc(run.Sections, func(s Section) bool { return s.Key == "scaling" })
		if curves != (len(test.want) == 1) {
			t.Errorf("%s: a scaling section: %v", test.name, curves)
		}
	}
}

// The made-up levels cross where their prices say: serial at g seconds against two
// workers at (g+price)/1.9 each.
func TestCrossoverIsWhereItIs(t *testing.T) {
	run, err := Open(made(t, everything))
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(run.Sections, func(s Section) bool { return s.Key == "crossover" })
	found := 0
	for _, l := range run.Sections[at].Lines {
		if price := map[string]float64{"process": 6e-6, "machine/rpc": 50e-6}[l.Label]; price > 0 && l.At == "serial" {
			found++
			if c := l.Cells[0]; c.Center < price || c.Center > 1.5*price || !(c.Lo <= c.Center && c.Center <= c.Hi) {
				t.Errorf("%s: have %+v, want a little above %v", l.Label, c, price)
			}
		}
	}
	if found != 2 {
		t.Errorf("have %d crossings of the two", found)
	}
}
