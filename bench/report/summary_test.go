package report

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/fourlevels/fourlevels/bench/samples"
)

func TestSummarizeKeepsTheOrderOfRounds(t *testing.T) {
	values := []float64{3, 1, 2, 6, 5, 4}
	c := summarize(values)
	if c.Center != 3.5 || c.Lo != 1 || c.Hi != 6 || c.N != 6 || !c.Bounded() {
		t.Errorf("have %+v, want 3.5 in 1..6 of 6", c)
	}
	if !slices.Equal(values, []float64{3, 1, 2, 6, 5, 4}) {
		t.Errorf("the caller's values are now %v", values)
	}
	for n := 1; n < enough; n++ {
		if c := summarize(values[:n]); c.Bounded() || c.N != n {
			t.Errorf("of %d samples have %+v, want no interval", n, c)
		}
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
	other := series(b)
	for i := range other.Samples {
		other.Samples[i].Round += 100
	}
	paired, loose := ratio(series(a), series(b), "tasks/s"), ratio(series(a), other, "tasks/s")
	if math.Abs(paired.Center-2) > 0.03 || paired.spread() > 15 {
		t.Errorf("paired: have %+v, want close to 2", paired)
	}
	if loose.N != 20 || loose.spread() < 2*paired.spread() {
		t.Errorf("not paired: have %+v, want a spread far above the %.1f%% of paired", loose, paired.spread())
	}
	if few := ratio(series(a[:5]), series(b[:5]), "tasks/s"); few.Bounded() || few.N != 5 {
		t.Errorf("of 5 rounds have %+v, want no interval", few)
	}
}

// series is a cell with tasks/s by round.
func series(values []float64) *samples.Cell {
	c := &samples.Cell{}
	for i, v := range values {
		c.Samples = append(c.Samples, samples.Sample{Round: i + 1, Values: map[string]float64{"tasks/s": v}})
	}
	return c
}

func TestBest(t *testing.T) {
	cell := func(center, lo, hi float64) Cell { return Cell{Center: center, Lo: lo, Hi: hi, N: 6} }
	none := Cell{Center: 1, Lo: math.Inf(-1), Hi: math.Inf(1), N: 1}
	for _, test := range []struct {
		name  string
		cells []Cell
		high  []int // the best if higher is better
		low   []int // and if lower is
	}{
		{"clear", []Cell{cell(1, 0.9, 1.1), cell(2, 1.9, 2.1), cell(3, 2.9, 3.1)}, []int{2}, []int{0}},
		{"tie of two", []Cell{cell(1, 0.9, 1.1), cell(2.8, 2.5, 3), cell(3, 2.9, 3.1)}, []int{1, 2}, []int{0}},
		{"overlap is with the best, not with a neighbour", []Cell{cell(1, 0.5, 2), cell(2, 1.5, 3), cell(3, 2.5, 4)}, []int{1, 2}, []int{0, 1}},
		{"touching is overlapping", []Cell{cell(1, 1, 2), cell(3, 2, 4)}, []int{0, 1}, []int{0, 1}},
		{"absent", []Cell{{}, cell(1, 0.9, 1.1), cell(2, 1.9, 2.1)}, []int{2}, []int{1}},
		{"alone", []Cell{{}, cell(1, 0.9, 1.1)}, nil, nil},
		{"too few samples", []Cell{none, none}, nil, nil},
	} {
		rows := make([]Row, len(test.cells))
		for i, c := range test.cells {
			rows[i].Rate = c
		}
		for _, higher := range []bool{true, false} {
			var have []int
			for _, r := range best(rows, column{higher: higher, of: columns[0].of}) {
				have = append(have, slices.IndexFunc(rows, func(o Row) bool { return o.Rate == r.Rate }))
			}
			want := test.low
			if higher {
				want = test.high
			}
			if !slices.Equal(have, want) {
				t.Errorf("%s, higher is %v: have %v, want %v", test.name, higher, have, want)
			}
		}
	}
}

func TestVerdict(t *testing.T) {
	row := func(level string, center float64, atOnce int) Row {
		r := Row{Label: level, AtOnce: atOnce, Rate: Cell{Center: center, Lo: center * .99, Hi: center * 1.01, N: 6}}
		r.Name.Level = level
		return r
	}
	early := row("async", 9, 1)
	early.Rate = Cell{Center: 9, Lo: math.Inf(-1), Hi: math.Inf(1), N: 1}
	for _, test := range []struct {
		name, work string
		rows       []Row
		want       []string // parts of the sentence, in order
	}{
		{"expected", "empty", []Row{row("serial", 9, 1), row("async", 5, 1)}, []string{"serial wins, as expected: an empty task", "."}},
		{"unexpected", "empty", []Row{row("serial", 5, 1), row("async", 9, 1)},
			[]string{"Unexpected: async wins.", "serial usually wins, because an empty task", ". Look at the batch"}},
		{"tie", "skew", []Row{row("thread", 9, 1), row("async", 9.01, 1), row("process", 5, 1)},
			[]string{"thread and async tie, their intervals overlap, as expected: balance"}},
		{"a tie with one that should win is expected", "skew", []Row{row("serial", 5, 1), row("machine", 9, 1), row("async", 9.01, 1)},
			[]string{"machine and async tie", "as expected"}},
		{"a tie of all shows nothing", "skew", []Row{row("serial", 9, 1), row("async", 9.01, 1)},
			[]string{"Nothing to tell: the intervals of all rows overlap", "thread or async usually wins"}},
		{"most in flight", "io", []Row{row("machine", 9, 500), row("async", 5, 100)}, []string{"machine wins, as expected"}},
		{"not the most in flight", "io", []Row{row("thread", 9, 50), row("async", 5, 100)}, []string{"Unexpected: thread wins", "async usually wins"}},
		{"unknown in flight", "io", []Row{row("thread", 9, 0), row("async", 5, 0)}, []string{"Unexpected: thread wins"}},
		{"unknown workload", "zoo", []Row{row("thread", 9, 1), row("async", 5, 1)}, []string{"thread wins."}},
		{"too early", "io", []Row{early, early}, []string{"Too early to tell: async is ahead after 1 round, but it takes 6 to name a winner. On this workload async"}},
		{"invalid rows", "zoo", []Row{row("thread", 9, 1), row("async", 5, 1), {Invalid: "x"}}, []string{"thread wins. One row is INVALID and took no part."}},
		{"one row", "io", []Row{row("async", 5, 1)}, []string{"No verdict: only async has a speed"}},
		{"none", "io", []Row{{Invalid: "x"}}, []string{"No verdict: no row"}},
	} {
		have := verdict(&Table{Work: test.work, Rows: test.rows})
		rest, ok := have, true
		for _, part := range test.want {
			if _, rest, ok = strings.Cut(rest, part); !ok {
				t.Errorf("%s: have %q, want it to have %q", test.name, have, test.want)
				break
			}
		}
	}
}

// Lessons are parts of one sentence, so none may end one.
func TestLessons(t *testing.T) {
	for _, work := range workloads {
		l := lessonOf(work)
		if l.work != work || len(l.wins) == 0 {
			t.Errorf("%s has no lesson", work)
		}
		for _, text := range []string{l.about, l.usually, l.because, l.look} {
			if text == "" || strings.ContainsAny(text, ".\n") || strings.Contains(text, "  ") {
				t.Errorf("%s: %q is not a part of a sentence", work, text)
			}
		}
	}
}
