package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/fourlevels/fourlevels/bench/samples"
)

// page prints run, or ends the test.
func page(t *testing.T, run *Run, f Format, o Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := run.Write(&b, f, o); err != nil {
		t.Fatalf("write %s: %v", f, err)
	}
	return b.String()
}

// checkPages checks what holds for every run: no page carries control bytes, the
// terminal's keep to their width, and the programs' can be read.
func checkPages(t *testing.T, run *Run) {
	t.Helper()
	for _, f := range []Format{AsTable, AsMarkdown, AsCSV, AsJSON} {
		for _, r := range page(t, run, f, Options{}) {
			if r != '\n' && unicode.IsControl(r) {
				t.Fatalf("%s has the control character %q", f, r)
			}
		}
	}
	for _, width := range []int{0, 80, 120} {
		text, _, _ := strings.Cut(page(t, run, AsTable, Options{Width: width}), "\nRaw results: ")
		for line := range strings.Lines(text) {
			if n := wide(strings.TrimSuffix(line, "\n")); n > max(width, 80) {
				t.Fatalf("line of %d columns, want %d:\n%s", n, max(width, 80), line)
			}
		}
	}
	if _, err := csv.NewReader(strings.NewReader(page(t, run, AsCSV, Options{}))).ReadAll(); err != nil {
		t.Fatal(err)
	}
	if text := page(t, run, AsJSON, Options{}); !json.Valid([]byte(text)) {
		t.Fatalf("not JSON: %s", text)
	}
}

// Every figure has to fit, however large, small or uncertain, with a mark on it,
// beside every other.
func TestWidthOfExtremes(t *testing.T) {
	var cells []Cell
	for _, spread := range []float64{0, 0.094, 0.0951, 0.9949, 0.996, math.Inf(1)} {
		for power := -14; power < 22; power++ {
			for _, mantissa := range []float64{1.23456, 9.9951} {
				v := mantissa * math.Pow10(power)
				cells = append(cells, Cell{Center: v, Lo: v * (1 - spread), Hi: v * (1 + spread), N: 6, Best: true})
			}
		}
	}
	checkPages(t, extreme(append(cells, Cell{}, Cell{Center: 1e300, Lo: 1e300, Hi: 1.5e300, N: 6})...))
}

// extreme is a run with rows in which every measurement is the same cell, and
// with texts that are too long.
func extreme(cells ...Cell) *Run {
	bad, gone := Row{Label: "async", Invalid: "reason", AtOnce: 1_234_567}, Row{Label: strings.Repeat("much-too-long", 9)}
	for i, column := range columns {
		column.of(&gone).Why = fmt.Sprint("reason ", i)
	}
	rows := []Row{bad, gone}
	for _, c := range cells {
		rows = append(rows, Row{Label: "machine/queue", Level: "machine", AtOnce: 99_999,
			Rate: c, Gain: c, P50: c, P99: c, CPU: c, Memory: c})
	}
	return &Run{Name: strings.Repeat("n", 200), Notes: []string{strings.Repeat("long ", 60)}, Tables: []Table{{
		Work: strings.Repeat("w", 99), Grain: strings.Repeat("9", 99), Rows: rows, Verdict: strings.Repeat("v", 200)}}}
}

func TestNumbers(t *testing.T) {
	cell := func(center, percent float64) Cell {
		return Cell{Center: center, Lo: center * (1 - percent/100), Hi: center * (1 + percent/100), N: 6}
	}
	for _, test := range []struct {
		cell  Cell
		unit  string
		tight string
		roomy string
	}{
		{cell(19518, 4), "", "19.5k±4", "19.5k ±4%"},
		{cell(19518, 14), "", "20k±14", "19.5k ±14%"},
		{cell(999.7, 4), "", "1.00k±4", "1.00k ±4%"},
		{cell(0.0023456, 4), "s", "2.35ms±4", "2.35ms ±4%"},
		{cell(0.000123, 12), "s", "120µs±12", "123µs ±12%"},
		{cell(41234432, 1), "B", "41.2MB±1", "41.2MB ±1%"},
		{cell(1.934, 4), "x", "1.93x±4", "1.93x ±4%"},
		{cell(0.998, 4), "x", "1.00x±4", "1.00x ±4%"},
		{cell(0.29, 15), "x", "0.29x±15", "0.29x ±15%"},
		{cell(0.0046, 3), "x", "1/220±3", "1/220 ±3%"},
		{cell(1234, 3), "x", "1.23kx±3", "1.23kx ±3%"},
		{cell(5, 100), "s", "5.0s±!", "5.00s ±!"},
		{cell(0, 0), "s", "0s±0", "0s ±0%"},
		{cell(3e-10, 1), "s", "<1ns±1", "<1ns ±1%"},
		{Cell{Center: 1, Lo: 1, Hi: 1, N: 6}, "x", "1x", "1x"},
		{Cell{Center: 7, Lo: math.Inf(-1), Hi: math.Inf(1), N: 1}, "s", "7.00s±?", "7.00s ±?"},
		{Cell{Center: 7, Lo: math.Inf(-1), Hi: 9, N: 5}, "s", "7.00s±?", "7.00s ±?"},
		{Cell{}, "s", "-", "-"},
	} {
		if have := tight.cell(test.cell, test.unit); have != test.tight {
			t.Errorf("tight: have %s, want %s", have, test.tight)
		}
		if have := roomy.cell(test.cell, test.unit); have != test.roomy {
			t.Errorf("roomy: have %s, want %s", have, test.roomy)
		}
	}
}

func TestColorSaysNothingNew(t *testing.T) {
	run, err := Open("testdata/invalid.txt")
	if err != nil {
		t.Fatal(err)
	}
	plain, colored := page(t, run, AsTable, Options{}), page(t, run, AsTable, Options{Color: true})
	if !strings.Contains(colored, green+"39.0k±9*"+normal) || !strings.Contains(colored, red+"INVALID¹"+normal) {
		t.Errorf("neither best nor INVALID is coloured:\n%s", colored)
	}
	if without := colors.ReplaceAllString(colored, ""); without != plain {
		t.Errorf("without its colours the page differs; have:\n%s\nwant:\n%s", without, plain)
	}
	if page(t, run, AsMarkdown, Options{Color: true}) != page(t, run, AsMarkdown, Options{}) {
		t.Error("markdown takes notice of colour")
	}
}

func TestWideTerminalIsRoomy(t *testing.T) {
	run, err := Open("testdata/full.txt")
	if err != nil {
		t.Fatal(err)
	}
	if text := page(t, run, AsTable, Options{Width: 120}); !strings.Contains(text, "94.0x ±3%*") {
		t.Errorf("have tight figures:\n%s", text)
	}
}

// A CSV line and a JSON row have the same fields.
func TestFieldsAgree(t *testing.T) {
	head, _, _ := strings.Cut(page(t, extreme(Cell{}), AsCSV, Options{}), "\n")
	fields := strings.Split(head, ",")
	text, err := json.Marshal(toJSON(&Row{}))
	if err != nil {
		t.Fatal(err)
	}
	var row map[string]any
	if err := json.Unmarshal(text, &row); err != nil {
		t.Fatal(err)
	}
	delete(row, "more") // too ragged for a table
	for field := range row {
		if !strings.Contains(","+head+",", ","+field+",") {
			t.Errorf("csv lacks %s, has %q", field, fields)
		}
	}
	if want := len(row) + 2 + 3*len(columns) + 9; len(fields) != want { // work, grain; lo, hi, n; of sections, and the note
		t.Errorf("have %d fields, want %d", len(fields), want)
	}
}

func TestWriteErrors(t *testing.T) {
	run := extreme(Cell{})
	if err := run.Write(&bytes.Buffer{}, "pdf", Options{}); err == nil || !strings.Contains(err.Error(), `"pdf"`) {
		t.Errorf("have %v, want an error about pdf", err)
	}
	if err := run.Write(full{}, AsTable, Options{}); !errors.Is(err, errFull) {
		t.Errorf("have %v, want %v", err, errFull)
	}
}

var errFull = errors.New("disk is full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestClean(t *testing.T) {
	for dirty, want := range map[string]string{
		"plain":                               "plain",
		"a\x1b[31mred\x1b[0m b":               "ared b",
		"\x1b]0;title\x07x\x1b]8;;u\x1b\\y":   "xy",
		"\u009b31mx":                          "x",
		"two\nlines\ttab\u2028end":            "two lines tab end",
		"\u202eturned\u202c \u200bin\ufeff":   "turned in",
		"bad\xffutf8":                         "bad?utf8",
		"\x00\x07\x7f":                        "",
		"nested \x1b\x1b[31m":                 "nested [31m",
		strings.Repeat("\x1b[", 3) + "1mleft": "left",
	} {
		if have := samples.Clean(dirty); have != want {
			t.Errorf("samples.Clean(%q) is %q, want %q", dirty, have, want)
		}
	}
}

var colors = regexp.MustCompile(`\x1b\[[0-9;]*m`)
