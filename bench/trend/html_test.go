package trend

import (
	"bytes"
	"strings"
	"testing"
)

// Whatever a run says of itself is text on the page, and the page asks nobody for anything.
func TestPageIsInert(t *testing.T) {
	all := slower()[:8]
	all[1].commit = `<img src=x onerror=y>"'&`
	tr := follow(t, all, "")
	tr.Dir = `"><script>alert(1)<`
	var b bytes.Buffer
	if err := tr.Write(&b, AsHTML, false); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<script", "<img", "http:", "https:", "src=\"", "href=", "NaN", "Inf", "ZgotmplZ"} {
		if strings.Contains(b.String(), bad) {
			t.Errorf("the page holds %q:\n%s", bad, b.String())
		}
	}
	if have, want := strings.Count(b.String(), "<svg"), len(tr.Series); have != want {
		t.Errorf("have %d charts of %d series", have, want)
	}
	if !strings.Contains(b.String(), "&lt;img src=x") {
		t.Error("the page does not name the commit")
	}
}

// What is ignored has no place in a chart: line and band stop before it.
func TestChartHasGaps(t *testing.T) {
	tr := &Trend{Runs: make([]Run, 4)}
	s := &Series{Changes: []Change{{Run: 3, Worse: true}}, Points: []Point{
		{Run: 0, Center: 1, Lo: 0.9, Hi: 1.1, N: 9}, {Run: 1, Center: 1, Lo: 0.9, Hi: 1.1, N: 9},
		{Run: 2, Center: 9, Lo: 1, Hi: 90, N: 9, Ignored: "too noisy"}, {Run: 3, Center: 1.1, Lo: 1, Hi: 1.2, N: 9}}}
	c := tr.chart(s)
	if len(c.Lines) != 2 || len(c.Bands) != 2 || len(c.Dots) != 3 || len(c.Marks) != 1 {
		t.Fatalf("have %+v, want two pieces of three points", c)
	}
	if c.Dots[0].Y != c.Base || c.Dots[2].Y >= c.Base || !(c.Dots[1].X < c.Marks[0].X && c.Marks[0].X < c.Dots[2].X) {
		t.Errorf("have %+v, want more to be higher, and the mark before its run", c)
	}
}
