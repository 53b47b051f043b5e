package chart

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// elements parses a drawing, which must be well-formed, and counts its elements by class.
func elements(t testing.TB, svg string) map[string]int {
	t.Helper()
	count := map[string]int{}
	in := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := in.Token()
		if errors.Is(err, io.EOF) {
			return count
		}
		if err != nil {
			t.Fatalf("%v in:\n%s", err, svg)
		}
		if e, ok := token.(xml.StartElement); ok {
			count[e.Name.Local]++
			for _, a := range e.Attr {
				if a.Name.Local == "class" {
					count["."+strings.Fields(a.Value)[0]]++
				}
			}
		}
	}
}

const hostile = "<script>alert(1)</script>\"'&\x1b[31m"

// Lines that have everything.
func example() Lines {
	return Lines{Title: "a title", Says: "what it says", X: Axis{Title: "size", Unit: "B", Log: true}, Y: Axis{Title: "time", Unit: "s", Log: true}, Base: 1e-4,
		Series: []Series{
			{Name: "one", Style: Red, Points: []Point{{At: 1, Value: 1e-6, Lo: 5e-7, Hi: 2e-6, Says: "first"}, {At: 1000, Value: 1e-3, Lo: 9e-4, Hi: 2e-3}}, Fit: []Point{{At: 1, Value: 1e-6}, {At: 10, Value: 1e-5}}},
			{Name: "two", Style: Blue, Points: []Point{{At: 1, Value: 2e-6}, {At: 10, Value: math.NaN()}, {At: 100, Value: math.Inf(1)}, {At: 1000, Value: 1.1e-3}}},
		},
		Marks: []Mark{{At: 30, Text: "here", Style: Red}, {At: 31, Text: "and here", Style: Blue, Dash: true}}}
}

func TestLines(t *testing.T) {
	svg := string(example().SVG())
	have := elements(t, svg)
	for class, want := range map[string]int{"svg": 1, ".band": 1, ".line": 1 + 2, ".fit": 1, ".mark": 2, ".base": 1, ".series": 2, ".label": 2, "title": 1} {
		if have[class] != want {
			t.Errorf("have %d of %s, want %d:\n%s", have[class], class, want, svg)
		}
	}
	if n := have["use"]; n != 2+2+2 {
		t.Errorf("have %d markers, want one for each number and each label", n)
	}
	if svg != string(example().SVG()) {
		t.Error("two drawings of the same differ")
	}
}

// What is no number leaves a gap, in the curve and in the band.
func TestGaps(t *testing.T) {
	l := example()
	l.Series = []Series{{Points: []Point{{At: 1, Value: 1, Lo: 1, Hi: 2}, {At: 2, Value: 1, Lo: 1, Hi: 2}, {At: 3, Value: -1}, {At: 4, Value: 1, Lo: 1, Hi: 2}, {At: 5, Value: 1, Lo: 1, Hi: 2}, {At: 0, Value: 1}}}}
	have := elements(t, string(l.SVG()))
	if have[".line"] != 2 || have[".band"] != 2 || have["use"] != 4 {
		t.Errorf("have %v, want two pieces with two points each", have)
	}
}

func TestRows(t *testing.T) {
	r := Rows{Title: "rows", X: Axis{Unit: "x", Log: true}, Base: 1, Bars: true, Keys: []Key{{Name: "p50"}, {Name: "p99", Hollow: true}},
		Rows: []Row{{Label: "thread", Style: Green, Text: "2x", Points: []Point{{Value: 2, Lo: 1.9, Hi: 2.1, Says: "two"}, {Value: 4}}}, {Label: "async", Bad: "INVALID"}, {Label: "none", Points: []Point{{Value: math.NaN()}}}}}
	have := elements(t, string(r.SVG()))
	for class, want := range map[string]int{".bar": 2, ".whisker": 1, ".join": 1, ".bad": 1, ".row": 3, ".key": 2, ".base": 1, ".axis-title": 1} {
		if have[class] != want {
			t.Errorf("have %d of %s, want %d", have[class], class, want)
		}
	}
}

// An interval with one end goes on to the border; one without any is none.
func TestOpenInterval(t *testing.T) {
	for _, test := range []struct{ lo, hi, want float64 }{{2, math.Inf(1), 1}, {math.Inf(-1), 8, 1}, {math.Inf(-1), math.Inf(1), 0}, {math.NaN(), math.NaN(), 0}, {0, 0, 0}, {3, math.NaN(), 0}} {
		r := Rows{X: Axis{Unit: "s", Log: true}, Rows: []Row{{Label: "a", Points: []Point{{Value: 1, Lo: 1, Hi: 1}}}, {Label: "b", Points: []Point{{Value: 4, Lo: test.lo, Hi: test.hi}}}}}
		if have := elements(t, string(r.SVG()))[".whisker"]; float64(have) != test.want {
			t.Errorf("%v to %v: have %d intervals, want %v", test.lo, test.hi, have, test.want)
		}
	}
}

// A chart may be as low as it is told to be, and is as high as its labels need.
func TestHeight(t *testing.T) {
	height := func(l Lines) (h float64) {
		if _, err := fmt.Sscanf(regexp.MustCompile(`viewBox="0 0 360 ([0-9.]+)"`).FindStringSubmatch(string(l.SVG()))[1], "%g", &h); err != nil {
			t.Fatal(err)
		}
		return h
	}
	l := Lines{Series: []Series{{Points: []Point{{At: 1, Value: 1}, {At: 2, Value: 2}}}}}
	usual := height(l)
	l.Height = 90
	if low := height(l); usual-low != defaultHeight-90 {
		t.Errorf("a chart of 90 is %g high, and the usual one %g", low, usual)
	}
	l.Series = slices.Repeat([]Series{{Name: "a", Points: l.Series[0].Points}}, 20)
	if high := height(l); high < 20*lineHeight {
		t.Errorf("a chart with 20 labels is only %g high", high)
	}
}

// A label whose curve ends before the others is not tied to it by a line: it would look
// like data.
func TestNoLeaderAcross(t *testing.T) {
	for last, want := range map[float64]bool{1: false, 2: true} {
		l := Lines{X: Axis{Names: []string{"closed", "50%", "80%"}}, Series: []Series{
			{Name: "a", Points: []Point{{At: 0, Value: 1}, {At: 2, Value: 5}}}, {Name: "b", Points: []Point{{At: last, Value: 1}}}, {Name: "c", Points: []Point{{At: last, Value: 1}}}}}
		if have := elements(t, string(l.SVG()))[".leader"] > 0; have != want {
			t.Errorf("curves that end at %g: a leader is %v, want %v", last, have, want)
		}
	}
}

// No two styles are the same shape in the same colour.
func TestStylesDiffer(t *testing.T) {
	seen := map[string]bool{}
	for style := range palette * palette {
		seen[fmt.Sprint(color(style), shape(style))] = true
	}
	if len(seen) != palette*palette {
		t.Errorf("have %d different styles, want %d", len(seen), palette*palette)
	}
}

func TestNumber(t *testing.T) {
	for _, test := range []struct {
		v          float64
		unit, want string
	}{{0, "s", "0s"}, {5e-7, "s", "500ns"}, {1e-6, "s", "1µs"}, {0.2, "s", "200ms"}, {1500, "", "1.5k"}, {0.05, "x", "1/20"}, {0.03, "x", "1/33"}, {1e-5, "x", "1/100k"}, {0.1, "x", "0.1x"}, {10, "x", "10x"}, {2e6, "B", "2MB"},
		{12.5, "%", "12.5%"}, {999, "", "999"}, {1e30, "", "1e30"}, {-3000, "", "-3k"}, {0.001, "", "0.001"}} {
		if have := number(test.v, test.unit); have != test.want {
			t.Errorf("%g %q: have %q, want %q", test.v, test.unit, have, test.want)
		}
	}
}

// Ticks are where an axis is read: 1, 2 and 5 of each decade while there is room, fewer
// then, and always two at least.
func TestTicks(t *testing.T) {
	for _, test := range []struct {
		axis     Axis
		values   []float64
		gap      float64
		from, to string
		n        int
	}{
		{Axis{Log: true}, []float64{1, 100}, 20, "1", "100", 7},
		{Axis{Log: true}, []float64{1, 1e6}, 20, "1", "1M", 13},
		{Axis{Log: true}, []float64{1, 1e6}, 40, "1", "1M", 7},
		{Axis{Log: true}, []float64{0.97, 1.05}, 40, "0.96", "1.06", 6},
		{Axis{Zero: true}, []float64{3, 9}, 30, "0", "9", 10},
		{Axis{Names: []string{"a", "b"}}, nil, 10, "a", "b", 2},
		{Axis{Log: true, Ticks: []float64{1, 4, 8}}, nil, 10, "1", "8", 3},
		{Axis{}, []float64{5, 5}, 30, "2.5", "7.5", 11},
	} {
		s := newScale(test.axis, test.values)
		s.between(0, 300)
		all := s.ticks(func(string) float64 { return test.gap })
		if len(all) != test.n || all[0].text != test.from || all[len(all)-1].text != test.to {
			t.Errorf("%+v of %v: have %v, want %d from %s to %s", test.axis, test.values, all, test.n, test.from, test.to)
		}
	}
}

// A dealer hands out things to draw, the same each time.
type dealer struct{ *rand.Rand }

func (d dealer) value() float64 {
	odd := []float64{0, 1, -1, math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, -math.MaxFloat64, 5e-324, 1e99, 1e-99}
	switch d.IntN(3) {
	case 0:
		return odd[d.IntN(len(odd))]
	case 1:
		return math.Float64frombits(d.Uint64())
	}
	return 10 * d.Float64()
}

func (d dealer) text() string {
	return []string{"", "name", hostile, strings.Repeat("W", 300), "\xff\xfe\x00", "日本語"}[d.IntN(6)]
}

func (d dealer) axis() Axis {
	a := Axis{Title: d.text(), Unit: []string{"", "s", "x", "%", "B"}[d.IntN(5)], Log: d.IntN(2) == 0, Zero: d.IntN(2) == 0, From: d.value(), To: d.value()}
	for range d.IntN(6) - 2 {
		a.Names = append(a.Names, d.text())
	}
	return a
}

// Whatever is to be drawn: it is well-formed, all of its text is text, and all of its
// places are numbers.
func TestAnything(t *testing.T) {
	noNumber := regexp.MustCompile(`NaN|Inf|e[+-]?\d`)
	place := regexp.MustCompile(` (?:d|x|y|viewBox)="([^"]*)"`)
	d := dealer{rand.New(rand.NewPCG(1, 2))}
	for range 400 {
		l := Lines{Title: d.text(), Says: d.text(), X: d.axis(), Y: d.axis(), Base: d.value()}
		r := Rows{Title: l.Title, X: l.X, Base: l.Base, Bars: d.IntN(2) == 0}
		for i := range d.IntN(6) {
			var points []Point
			for range d.IntN(5) {
				points = append(points, Point{d.value(), d.value(), d.value(), d.value(), d.text()})
			}
			l.Series = append(l.Series, Series{Name: d.text(), Style: 7 * i, Points: points, Step: d.IntN(2) == 0})
			l.Marks = append(l.Marks, Mark{At: d.value(), Text: d.text(), Style: i})
			r.Rows = append(r.Rows, Row{Label: d.text(), Style: i, Points: points, Text: d.text()})
		}
		for _, svg := range []string{string(l.SVG()), string(r.SVG())} {
			elements(t, svg)
			for _, p := range place.FindAllStringSubmatch(svg, -1) {
				if noNumber.MatchString(p[1]) {
					t.Fatalf("a place is no number: %s in\n%s", p[0], svg)
				}
			}
			if strings.Contains(svg, "<script") {
				t.Fatalf("text became an element:\n%s", svg)
			}
		}
	}
}

func TestLabelsKeepTheirDistance(t *testing.T) {
	d := dealer{rand.New(rand.NewPCG(3, 4))}
	for range 400 {
		var all []label
		for range d.IntN(15) {
			all = append(all, label{y: 200 * d.Float64()})
		}
		wanted := slices.Clone(all)
		done := spread(all, 0, 200)
		for i := range done {
			if done[i].y < -0.001 || done[i].y > 200.001 || i > 0 && done[i].y-done[i-1].y < lineHeight-0.001 {
				t.Fatalf("of %v: %v", wanted, done)
			}
		}
	}
}

// A step holds its value until the next point: the curve has a corner more for each.
func TestStep(t *testing.T) {
	corners := func(step bool) int {
		l := Lines{Series: []Series{{Step: step, Points: []Point{{At: 1, Value: 1}, {At: 2, Value: 2}, {At: 3, Value: 3}}}}}
		line := regexp.MustCompile(`class="line" d="([^"]*)"`).FindStringSubmatch(string(l.SVG()))[1]
		return 1 + strings.Count(line, "L")
	}
	if plain, stepped := corners(false), corners(true); plain != 3 || stepped != 5 {
		t.Errorf("have %d and %d corners, want 3 and 5", plain, stepped)
	}
}
