package report

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// plots are the plots of a run, each below the title of its section.
func plots(run *Run, o Options) string {
	var b strings.Builder
	for i := range run.Sections {
		s := &run.Sections[i]
		if lines := newPen(o).plot(s); len(lines) > 0 {
			b.WriteString(s.Title + "\n" + strings.Join(lines, "\n") + "\n\n")
		}
	}
	return b.String()
}

func TestPlots(t *testing.T) {
	run, err := Open(made(t, everything))
	if err != nil {
		t.Fatal(err)
	}
	for i := range run.Sections {
		if s := &run.Sections[i]; s.Key == "load" {
			s.Lines[3].Invalid, s.Lines[4].Cells = "reason", nil
		}
	}
	drawn, typed := plots(run, Options{Plots: true}), plots(run, Options{Plots: true, ASCII: true})
	golden(t, filepath.Join("testdata", "everything.plots.golden"), []byte(drawn))
	golden(t, filepath.Join("testdata", "everything.plots.ascii.golden"), []byte(typed))
	checkPlots(t, drawn)
	if i := strings.IndexFunc(typed, func(r rune) bool { return r >= utf8.RuneSelf }); i >= 0 {
		t.Errorf("not ASCII: %q", typed[i:min(len(typed), i+20)])
	}
	colored := plots(run, Options{Plots: true, Color: true})
	if colored == drawn || colors.ReplaceAllString(colored, "") != drawn {
		t.Errorf("colour says more than the marks, or nothing:\n%s", colored)
	}
}

// checkPlots checks that every line fits.
func checkPlots(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		if n := wide(strings.TrimSuffix(line, "\n")); n > plotWidth {
			t.Errorf("line of %d columns:\n%s", n, line)
		}
	}
}

// Plots are for the table of a terminal, and only where they are asked for. They change
// nothing else on the page.
func TestPlotsAreAddedOnly(t *testing.T) {
	run, err := Open(made(t, everything))
	if err != nil {
		t.Fatal(err)
	}
	bare, full := page(t, run, AsTable, Options{}), page(t, run, AsTable, Options{Plots: true})
	if bare == full {
		t.Error("no plot was added")
	}
	rest := full
	for i := range run.Sections {
		if lines := newPen(Options{Plots: true}).plot(&run.Sections[i]); len(lines) > 0 {
			rest = strings.Replace(rest, "\n"+strings.Join(lines, "\n")+"\n", "", 1)
		}
	}
	for line := range strings.Lines(bare) {
		if !strings.Contains(rest, line) {
			t.Errorf("the page with plots lacks the line %q", line)
		}
	}
	for _, f := range []Format{AsMarkdown, AsCSV, AsJSON} {
		if page(t, run, f, Options{Plots: true}) != page(t, run, f, Options{}) {
			t.Errorf("%s takes notice of plots", f)
		}
	}
}

// Whatever the figures are, the plots fit and nothing panics.
func TestPlotsOfExtremes(t *testing.T) {
	long := strings.Repeat("much-too-long", 9)
	for _, values := range [][]float64{
		{1, 1}, {0, 1}, {-1, 1, 2}, {math.Inf(1), math.NaN(), 3}, {1e-300, 1e300}, {1e-9, 1e9}, {1, 1.0000001}, {999, 1001}, {5e-12, 9e14},
	} {
		for _, key := range []string{"metg", "load"} {
			s := Section{Key: key, Heads: loadHeads, Axis: "load"}
			for _, v := range values {
				c := Cell{Center: v, Lo: v, Hi: v, N: 6}
				s.Lines = append(s.Lines, Line{Label: long, At: "80%", Cells: []Cell{c, c, c, c, c}}, Line{Label: "界界界界界界界界界界界界", Cells: []Cell{{}, c, {}}})
			}
			s.Lines = append(s.Lines, Line{Label: "bad", Invalid: "reason"}, Line{Label: "gone"})
			checkPlots(t, strings.Join(newPen(Options{Plots: true}).plot(&s), "\n"))
		}
		s := Section{Key: "scaling"}
		for range 12 {
			l := Line{Label: long}
			for n, v := range values {
				l.Figures = append(l.Figures, Figure{widthHead(1 + n*n), Cell{Center: v, Lo: v, Hi: v, N: 6}})
			}
			s.Lines = append(s.Lines, l)
		}
		checkPlots(t, strings.Join(newPen(Options{Plots: true}).plot(&s), "\n"))
	}
}

// Marks of one place stand beside each other: none is lost.
func TestMarksDoNotCoverEachOther(t *testing.T) {
	s := Section{Key: "scaling"}
	for range 5 {
		same := Cell{Center: 1000, N: 6}
		s.Lines = append(s.Lines, Line{Label: "same", Figures: []Figure{{widthHead(1), same}, {widthHead(2), same}, {widthHead(4), same}}})
	}
	p := newPen(Options{Plots: true})
	lines := p.plot(&s)
	legend := slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, p.axes[upright]) })
	body := strings.Join(lines[legend:], "\n")
	for i := range 5 {
		if n := strings.Count(body, p.mark(i)); n != 3 {
			t.Errorf("%d marks %s, want 3:\n%s", n, p.mark(i), body)
		}
	}
}

func TestScale(t *testing.T) {
	s := newScale([]float64{3e-7, 4e-4}, coarse, 60)
	if s.at(2e-7) != 0 || s.at(5e-4) != 60 {
		t.Errorf("from %v to %v: want 200n to 500µ", math.Pow(10, s.lo), math.Pow(10, s.hi))
	}
	if v := s.value(s.at(1e-5)); v < 0.9e-5 || v > 1.1e-5 {
		t.Errorf("10µ is read as %v", v)
	}
	for _, gap := range []int{1, 5, 10, 100} {
		all := s.ticks(gap)
		if !s.apart(all, gap) || gap < 10 && len(all) < 3 {
			t.Errorf("gap %d: ticks %v", gap, all)
		}
	}
	one := newScale([]float64{7}, fine, 60)
	if at := one.at(7); at < 0 || at > 60 {
		t.Errorf("the only value is at %d", at)
	}
}
