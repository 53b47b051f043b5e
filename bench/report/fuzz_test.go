package report

import (
	"encoding/csv"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var (
	escapedInMarkdown = regexp.MustCompile(`\\.`)
	space             = regexp.MustCompile(`\s`)
)

// FuzzNames puts a text wherever a file can bring one. It ends in what would be markup in
// each of the formats, and must be mere text in all of them. A page takes milliseconds, so
// an input has throughput and one other kind of benchmark.
func FuzzNames(f *testing.F) {
	kinds := []string{"Latency", "Load", "Startup", "METG"}
	for _, name := range []string{"", "plain", "=1+1", "-2+cmd|' /C calc'!A1", "@SUM(1)", "\t=1", "</td><td>|", "--><!--", "{{.}}", `\`, "\x1b]0;", "\u202e", "\xff", "]]>", "</script >", "a.b:c/d=e"} {
		for kind := range kinds {
			f.Add(name, uint8(kind))
		}
	}
	f.Fuzz(func(t *testing.T, name string, kind uint8) {
		hostile := name + "\"canary<canary'canary](canary@canary`canary"
		word := strings.ReplaceAll(space.ReplaceAllString(hostile, "_"), "/", "_")
		setting := strings.NewReplacer("\n", " ", "\r", " ").Replace(hostile)
		text := "commit: " + setting + "\ncpu: " + setting + "\nstore: " + setting + "\n\n"
		for _, kind := range []string{"Throughput", kinds[int(kind)%len(kinds)]} {
			named := strings.Replace(line, "Throughput", kind, 1)
			text += strings.Replace(named, "async/impl=pool", "serial/impl=serial", 1)
			text += strings.Replace(named, "async/impl=pool", word+"/impl="+word, 1) + strings.Replace(named, "work=cpu", "work="+word+"/mode="+word+"/x="+word, 1)
		}
		run, err := Read(strings.NewReader(text), hostile)
		if err != nil {
			return // a name may hold what makes a line none of a benchmark; FuzzRead sees to the error
		}
		html := htmlPage(t, run, PageOptions{})
		checkHTML(t, html)
		lacks(t, "the page", html, `"canary`, "'canary", "<canary")
		lacks(t, "the table", page(t, run, AsTable, Options{}), "\x1b", "\u202e", "\r")
		bare := escapedInMarkdown.ReplaceAllString(page(t, run, AsMarkdown, Options{}), "")
		lacks(t, "Markdown", bare, "<canary", "](canary", "@canary", "`canary")
		spreadsheet(t, page(t, run, AsCSV, Options{}))
	})
}

func lacks(t *testing.T, what, text string, bad ...string) {
	t.Helper()
	for _, b := range bad {
		if i := strings.Index(text, b); i >= 0 {
			t.Errorf("%s has %s: …%q…", what, b, text[max(0, i-60):i+20])
		}
	}
}

// spreadsheet fails if a cell would be taken for a formula.
func spreadsheet(t *testing.T, text string) {
	t.Helper()
	lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		for _, cell := range line {
			if _, err := strconv.ParseFloat(cell, 64); err != nil && cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				t.Errorf("a cell is %q", cell)
			}
		}
	}
}
