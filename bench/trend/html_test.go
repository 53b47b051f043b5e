package trend

import (
	"bytes"
	"math"
	"strings"
	"testing"
)

func written(t *testing.T, tr *Trend, repository string) string {
	t.Helper()
	var b bytes.Buffer
	if err := tr.WritePage(&b, repository); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Whatever a run says of itself is text on the page, and the page asks nobody for anything.
func TestPageIsInert(t *testing.T) {
	all := slower()[:8]
	all[1].commit = `<img src=x onerror=y>"'&`
	tr := follow(t, all, "")
	tr.Dir = `"><script>alert(1)<`
	page := written(t, tr, "")
	for _, bad := range []string{"<script>alert", "<img", "http:", "https:", "src=\"", "NaN", "Inf", "ZgotmplZ"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	if have, want := strings.Count(page, "<svg viewBox"), len(tr.Series); have != want || strings.Count(page, "<details") != want {
		t.Errorf("have %d charts and %d tables of %d series", have, strings.Count(page, "<details"), want)
	}
	if !strings.Contains(page, "&lt;img src=x") {
		t.Error("the page does not name the commit")
	}
	if page != written(t, tr, "") {
		t.Error("the same trend gives another page")
	}
}

// A series without a run to look at has a line, and no empty chart.
func TestPageWithoutPoints(t *testing.T) {
	tr := follow(t, slower()[:1], "")
	for i := range tr.Series[0].Points {
		tr.Series[0].Points[i].Ignored = "too noisy: ±40 %"
	}
	page := written(t, tr, "")
	if have, want := strings.Count(page, "<svg viewBox"), len(tr.Series)-1; have != want {
		t.Errorf("have %d charts, want %d", have, want)
	}
	for _, want := range []string{"<li>1 run</li>", "No run can be looked at, so there is no chart, of ", " (too noisy)"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

// What is ignored has no place in a chart, and a change stands before its run.
func TestChartHasGaps(t *testing.T) {
	tr := &Trend{Runs: make([]Run, 4)}
	s := &Series{Changes: []Change{{Run: 3, By: 1.1, Worse: true}}, Points: []Point{
		{Run: 0, Center: 1, Lo: 0.9, Hi: 1.1, N: 9}, {Run: 1, Center: 1, Lo: 0.9, Hi: 1.1, N: 9},
		{Run: 2, Center: 9, Lo: 1, Hi: 90, N: 9, Ignored: "too noisy"}, {Run: 3, Center: 1.1, Lo: 1, Hi: 1.2, N: 9}}}
	c := tr.chart(s)
	points := c.Series[0].Points
	if len(points) != 4 || !math.IsNaN(points[2].Value) || points[3].Value != 1.1 {
		t.Errorf("have %v, want a gap at the third run", points)
	}
	if len(c.Marks) != 1 || c.Marks[0].At != 2.5 || c.Marks[0].Text != "+10% worse" {
		t.Errorf("have %+v, want a mark before the last run", c.Marks)
	}
	svg := string(c.SVG())
	if strings.Contains(svg, "NaN") || strings.Count(svg, `class="band"`) != 1 {
		t.Errorf("have\n%s\nwant one band, of the two points beside each other", svg)
	}
}

func TestLink(t *testing.T) {
	const repository = "https://example.org/owner/name"
	for _, test := range []struct{ repository, commit, want string }{
		{repository, "1a2b3c4d5e", repository + "/commit/1a2b3c4d5e"},
		{repository + "/", "1a2b3c4d5e-dirty", repository + "/commit/1a2b3c4d5e"},
		{repository, "unknown", ""}, {repository, "../../x", ""}, {"", "1a2b3c4d5e", ""}, {"javascript:alert(1)", "1a2b3c4d5e", ""}, {"/path", "1a2b3c4d5e", ""},
	} {
		if have := link(test.repository, test.commit); have != test.want {
			t.Errorf("%q %q: have %q, want %q", test.repository, test.commit, have, test.want)
		}
	}
}
