package report

import (
	"cmp"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/fourlevels/fourlevels/bench/chart"
)

// pitfallen has a pitfall that is judged by time, one that is judged by a count, one of
// which half is missing, and one that cannot be believed. The noise of a round is the same
// for both of a pair.
func pitfallen(f *factory) {
	for _, p := range []struct {
		id, name     string
		variant      string
		took, counts float64
	}{
		{"T10", "waiting", "broken", 160e6, 0}, {"T10", "waiting", "fixed", 5e6, 0}, {"A2", "oneafteranother", "fixed", 5e6, 0},
		{"T3b", "keptlock", "broken", 0, 4}, {"T3b", "keptlock", "fixed", 0, 0}, {"T2", "lostupdate", "broken", 0, 2000}, {"T2", "lostupdate", "fixed", 0, 0},
	} {
		f.add("Pitfall/id="+p.id+"/name="+p.name+"/variant="+p.variant, func() []amount {
			values := []amount{{1e6, "ns/op"}, {p.counts, "forbidden/op"}}
			if p.id == "T3b" && p.variant == "broken" {
				values = append(values, amount{5, "furlongs/fortnight"})
			}
			if p.took > 0 {
				values = append(values, amount{p.took * f.mood, "took-ns"})
			}
			return values
		})
	}
}

// The two of a pair are compared round by round: what disturbs both falls out.
func TestPitfalls(t *testing.T) {
	run, err := Open(made(t, pitfallen))
	if err != nil {
		t.Fatal(err)
	}
	if run.Sections[0].Key != "pitfall" || len(run.Tables) != 0 || !run.Invalid() {
		t.Fatalf("section %s, %d tables, INVALID is %v: want the section of pitfalls, one of them INVALID, and nothing else", run.Sections[0].Key, len(run.Tables), run.Invalid())
	}
	var labels []string
	for _, l := range run.Sections[0].Lines {
		labels = append(labels, l.Label)
	}
	if got := strings.Join(labels, ", "); got != "T2 lostupdate, T3b keptlock, T10 waiting, A2 oneafteranother" {
		t.Fatalf("pitfalls %s", got)
	}
	lines := run.Sections[0].Lines
	counted, bad, timed, alone := lines[0], lines[1], lines[2], lines[3]
	if !strings.Contains(bad.Invalid, "furlongs") || len(run.Sections[0].figures(&bad)) > 0 {
		t.Errorf("what cannot be believed is %+v, want no figure, and the reason", bad)
	}
	if c := timed.Cells[2]; math.Abs(c.Center-32) > 0.1 || c.Hi-c.Lo > 0.1 || c.N != madeRounds {
		t.Errorf("the ratio is %+v, want 32 in all rounds", c)
	}
	if broken, fixed := counted.Cells[3], counted.Cells[4]; broken.Center != 2000 || broken.spread() != 0 || fixed.Center != 0 || fixed.N != madeRounds {
		t.Errorf("forbidden: %+v and %+v, want exactly 2000 and 0", broken, fixed)
	}
	for i, c := range counted.Cells[:3] {
		if c.N > 0 || c.Why == "" {
			t.Errorf("cell %d of what is counted is %+v, want a reason", i, c)
		}
	}
	for _, i := range []int{0, 2, 3} {
		if c := alone.Cells[i]; c.N > 0 || c.Why == "" {
			t.Errorf("cell %d of half a pair is %+v, want a reason", i, c)
		}
	}
}

// The order is the catalogue's, and one: any three ids are in the order of each two of them.
func TestByID(t *testing.T) {
	ids := []string{"M1", "P6", "T", "T3", "T3b", "T4", "T10", "T10b", "A1", "X2", "R7", "Q1", "Z", "é"}
	for i, a := range ids {
		for j, b := range ids {
			if got := byID(a, b); got != cmp.Compare(i, j) {
				t.Errorf("%s to %s is %d", a, b, got)
			}
		}
	}
}

// A count that was the same in each round is that number, be there two rounds or twelve.
func TestCountOfFewRounds(t *testing.T) {
	run, err := Open(made(t, func(f *factory) {
		if f.round <= 2 {
			pitfallen(f)
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	head, cell := run.Sections[0].Heads[3], run.Sections[0].Lines[0].Cells[3]
	if got := roomy.cell(cell, head.Unit); got != "2000" {
		t.Errorf("2000 in both rounds is printed as %q", got)
	}
	if got := roomy.cell(Cell{Center: 1893.5, Lo: 1700, Hi: 2000, N: 6}, head.Unit); got != "1893.5 ±10%" {
		t.Errorf("a count that varies is printed as %q", got)
	}
}

// The page shows all pitfalls: some by a time, some by what is forbidden, some by both.
// The matrix of levels is for runs that have levels.
func TestPageOfPitfalls(t *testing.T) {
	run, err := Open(made(t, pitfallen))
	if err != nil {
		t.Fatal(err)
	}
	var page strings.Builder
	if err := run.WritePage(&page, PageOptions{Matrix: []chart.Table{{Title: "the matrix", Rows: [][]chart.Cell{chart.Texts("of levels")}}}}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Pitfalls: times", "Pitfalls: forbidden outcomes", "INVALID"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page.String(), "When to take which level") {
		t.Error("the page has the matrix of levels, and no level")
	}
	if err := run.Write(io.Discard, AsSmaller, Options{}); !errors.Is(err, errPitfalls) {
		t.Errorf("exported: %v, want %v", err, errPitfalls)
	}
}
