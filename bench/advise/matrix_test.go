package advise

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fourlevels/fourlevels/bench/chart"
	"github.com/fourlevels/fourlevels/bench/samples"
)

// lines are a benchmark of a level with a value for each round.
func lines(b *strings.Builder, level, impl string, value float64) {
	for round := range 6 {
		fmt.Fprintf(b, "BenchmarkThroughput/level=%s/impl=%s/work=io/grain=0/workers=2/inflight=2/batch=64-2 1 %v tasks/s\n", level, impl, value+float64(round))
	}
}

// ± is the longer side of an interval, as in the tables of a report.
func TestSpread(t *testing.T) {
	value, lo, hi := 100.0, 90.0, 150.0
	if have := (Cell{Value: &value, Lo: &lo, Hi: &hi}).text("tasks/s"); !strings.HasSuffix(have, "±50%") {
		t.Errorf("have %q, want ±50%%", have)
	}
}

// What was measured stands in its column with its interval, the best is marked, and what was
// not says how to.
func TestMatrix(t *testing.T) {
	var b strings.Builder
	lines(&b, "async", "pool", 9000)
	lines(&b, "thread", "crew", 3000)
	lines(&b, "async", "loop", 90000) // another way to build it
	run, err := samples.Read(strings.NewReader(b.String()), "run")
	if err != nil {
		t.Fatal(err)
	}
	m := NewMatrix(run)
	var waiting Row
	for _, row := range m.Rows {
		if strings.HasPrefix(row.Question, "many") {
			waiting = row
		}
		if len(row.Cells) != len(m.Levels) {
			t.Errorf("%s has %d cells", row.Question, len(row.Cells))
		}
	}
	thread, async := waiting.Cells[3], waiting.Cells[4]
	if async.Value == nil || *async.Value != 9002.5 || !async.Best || async.Lo == nil || *async.Hi != 9005 {
		t.Errorf("async %+v", async)
	}
	if thread.Value == nil || thread.Best || waiting.Cells[0].Why != "not measured: levels bench --work io" {
		t.Errorf("thread %+v, machine %+v", thread, waiting.Cells[0])
	}
	table := m.Table()
	for _, row := range table.Rows {
		if len(row) != 6 || !slices.ContainsFunc(row[1:], func(c chart.Cell) bool { return c.Text != "-" }) {
			t.Errorf("a row of dashes: %v", row)
		}
	}
	if notes := strings.Join(table.Notes, "\n"); !strings.Contains(notes, "A dash: not measured: levels bench --work io.") || !strings.Contains(notes, ": not measured: levels bench --measure metg") {
		t.Errorf("the notes do not say what was not measured:\n%s", notes)
	}
	for _, format := range []string{"table", "markdown", "json"} {
		var out strings.Builder
		if err := m.Write(&out, format); err != nil || !strings.Contains(out.String(), "not measured: levels bench --measure metg") {
			t.Errorf("%s: %v\n%s", format, err, out.String())
		}
		for line := range strings.Lines(out.String()) {
			if n := len([]rune(strings.TrimRight(line, "\n"))); format == "table" && n > 80 {
				t.Errorf("%d columns: %s", n, line)
			}
		}
	}
}
