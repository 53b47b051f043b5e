package report

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/xml"
	"html"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/fourlevels/fourlevels/bench/chart"
)

func htmlPage(t *testing.T, run *Run, o PageOptions) string {
	t.Helper()
	var page bytes.Buffer
	if err := run.WritePage(&page, o); err != nil {
		t.Fatal(err)
	}
	return page.String()
}

// Every section has its chart and every chart its table; the page is small, the same each
// time, and asks nobody for anything.
func TestPage(t *testing.T) {
	dir := made(t, everything)
	run, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "samples.txt"))
	if err != nil {
		t.Fatal(err)
	}
	run.Raw = "made/samples.txt"
	o := PageOptions{Samples: raw, Command: "levels bench --preset full", Matrix: []chart.Table{{Title: "a matrix", Head: []string{"question"}, Rows: [][]chart.Cell{chart.Texts("answer")}}}}
	page := htmlPage(t, run, o)
	if page != htmlPage(t, run, o) {
		t.Error("two pages of the same run differ")
	}
	for _, id := range []string{"glance-machine", "glance-async", "throughput-1", "latency-4", "load-1-1", "load-1-2", "load-1-percentiles", "metg-1", "staircase-1", "scaling-1",
		"distance-1", "crossover-1", "startup-1", "cpu-4", "memory-4", "cost-1-1", "noise-1"} {
		if strings.Count(page, `<figure class="chart" id="`+id+`">`) != 1 {
			t.Errorf("the page lacks the chart %s", id)
		}
	}
	for _, id := range []string{"notes", "again", "data"} {
		if !strings.Contains(page, `<section id="`+id+`">`) {
			t.Errorf("the page lacks the section %s", id)
		}
	}
	if strings.Contains(page, `id="invalid"`) {
		t.Error("the page has a section for what is INVALID, and nothing is")
	}
	checkHTML(t, page)
	if n := len(page); n > mostBytes {
		t.Errorf("the page has %d bytes", n)
	}
	for _, want := range []string{"a matrix", "git checkout 1a2b3c4d5e", "levels bench --preset full"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if have := downloaded(t, page, "samples.txt.gz"); have != string(raw) {
		t.Errorf("the page holds %d bytes of samples, want %d", len(have), len(raw))
	}
	if have := downloaded(t, page, "figures.csv.gz"); !strings.HasPrefix(have, "work,grain,label,") {
		t.Errorf("the page holds the figures %.40q", have)
	}
}

// downloaded is a file that is in the page.
func downloaded(t *testing.T, page, file string) string {
	t.Helper()
	found := regexp.MustCompile(`href="data:application/gzip;base64,([^"]*)" download="` + regexp.QuoteMeta(file) + `"`).FindStringSubmatch(page)
	if found == nil {
		t.Fatalf("the page offers no %s", file)
	}
	z, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(html.UnescapeString(found[1]))))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// checkHTML finds what no page may have.
func checkHTML(t *testing.T, page string) {
	t.Helper()
	figures := strings.Count(page, "<figure ")
	if figures == 0 || figures != strings.Count(page, "<svg viewBox") || figures != strings.Count(page, "<details") {
		t.Errorf("have %d figures, %d charts and %d tables behind them", figures, strings.Count(page, "<svg viewBox"), strings.Count(page, "<details"))
	}
	if strings.Count(page, "<script") != 1 || strings.Contains(page, "\x1b") || strings.Contains(page, "ZgotmplZ") {
		t.Error("the page has a script that is not its own, an escape sequence, or what the template refused")
	}
	for _, link := range regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !strings.HasPrefix(link[1], "#") && !strings.HasPrefix(link[1], "data:") {
			t.Errorf("the page refers to %s", link[1])
		}
	}
	ids := map[string]bool{}
	for _, id := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if ids[id[1]] {
			t.Errorf("the page has the id %s twice", id[1])
		}
		ids[id[1]] = true
	}
	for _, svg := range regexp.MustCompile(`(?s)<svg .*?</svg>`).FindAllString(page, -1) {
		in := xml.NewDecoder(strings.NewReader(svg))
		for {
			if _, err := in.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%v in\n%s", err, svg)
			}
		}
		if regexp.MustCompile(`="[^"]*(NaN|Inf)`).MatchString(regexp.MustCompile(`aria-label="[^"]*"`).ReplaceAllString(svg, "")) {
			t.Errorf("a place is no number in\n%s", svg)
		}
	}
}

// Names are as hostile as the file they come from, and stay text; what cannot be believed
// is named with its reason, and has no figure.
func TestPageOfHostileRuns(t *testing.T) {
	doubts, err := Open(made(t, doubtful))
	if err != nil {
		t.Fatal(err)
	}
	runs := map[string]*Run{"doubtful": doubts}
	for _, name := range []string{"hostile.txt", "invalid.txt", "partial.txt", "one.txt", "miniredis.txt", "full.txt", "failed"} {
		if runs[name], err = Open(filepath.Join("testdata", name)); err != nil {
			t.Fatal(err)
		}
	}
	for name, run := range runs {
		run.Name = strings.Repeat(`<script>alert("1")</script>`, 400)
		page := htmlPage(t, run, PageOptions{Samples: []byte("<script>")})
		checkHTML(t, page)
		if strings.Contains(page, "levels bench --") {
			t.Errorf("%s: the page makes up a command", name)
		}
		if run.Invalid() != strings.Contains(page, `<section id="invalid">`) {
			t.Errorf("%s: INVALID is %v, and the page says otherwise", name, run.Invalid())
		}
		if len(page) > mostBytes {
			t.Errorf("%s: the page has %d bytes", name, len(page))
		}
	}
}

// What a shell would take for more than a word is in no command.
func TestWord(t *testing.T) {
	for text, want := range map[string]string{"1a2b3c": "1a2b3c", "200ms": "200ms", "process/shm": "process/shm", "$(reboot)": "", "a b": "", "--out": "", "a;b": "", "": ""} {
		if have := word(text); have != want {
			t.Errorf("%q: have %q, want %q", text, have, want)
		}
	}
}

// Raw results that are too long stay outside, and the page says where.
func TestPageLeavesLongResultsOut(t *testing.T) {
	run, err := Open(filepath.Join("testdata", "one.txt"))
	if err != nil {
		t.Fatal(err)
	}
	noise := make([]byte, mostBytes)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	page := htmlPage(t, run, PageOptions{Samples: noise})
	if strings.Contains(page, "samples.txt.gz") || !strings.Contains(page, "too long for this page") || !strings.Contains(page, "testdata/one.txt") {
		t.Error("the page holds what is too long for it, or does not say where it is")
	}
	few := downloaded(t, page, "rounds.csv.gz")
	if !strings.HasPrefix(few, "benchmark,unit,twin,round 1\n") || strings.Count(few, "\n") < 10 || strings.Contains(few, "checksum") {
		t.Errorf("in place of the raw results the page has\n%s", few)
	}
}

// A round with a number that nobody has run is one column, and not two billion.
func TestMeasurementsOfAFarRound(t *testing.T) {
	run, err := Open(filepath.Join("testdata", "one.txt"))
	if err != nil {
		t.Fatal(err)
	}
	run.raw.Cells[0].Samples[0].Round = 2_000_000_000
	head, _, _ := strings.Cut(string(run.measurements()), "\n")
	if head != "benchmark,unit,twin,round 1,round 2000000000" {
		t.Errorf("have the columns %.100q", head)
	}
}
