//go:build linux || darwin

package demo

import (
	"strconv"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/bench/live"
)

// A call on the loop makes a flat line of its length each time; the calls of the other
// scene are made too, elsewhere. How calm the other two loops are depends on the machine.
func TestHeartbeat(t *testing.T) {
	events := staging(t, heartbeat, Config{Pace: 0.05}, live.Config{})
	table := lastTable(t, heartbeat, events)
	if len(table.Rows) != 3 {
		t.Fatalf("table has %d rows, want 3", len(table.Rows))
	}
	for i, row := range table.Rows {
		scene := heartScenes[i]
		due, seen := number(t, row[2]), number(t, row[3])
		if row[0] != scene.name || number(t, row[1]) != float64(scene.calls) || seen < 1 || seen > due {
			t.Errorf("row %v of scene %q: %d calls were due, and some beats but not more than there could be", row, scene.name, scene.calls)
		}
	}
	blocked := table.Rows[1]
	if longest := number(t, blocked[4]); longest < heartCall.Seconds()*1000 {
		t.Errorf("blocked for %v the pulse had gaps of %v ms at most", heartCall, longest)
	}
	if gap := number(t, blocked[5]); gap < 0.9*heartCall.Seconds()*1000 {
		t.Errorf("in a call of %v that blocks the pulse paused for %v ms", heartCall, gap)
	}
	series, dark := 0, 0
	for _, e := range events {
		if e.Point != nil {
			series++
		}
		if e.Span != nil && e.Span.State == live.Dark {
			dark++
		}
	}
	if series == 0 || dark < heartCalls {
		t.Errorf("%d points, %d flat lines are drawn", series, dark)
	}
	checkSpans(t, events)
}

func number(t *testing.T, cell string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(cell, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestHeartAnswer(t *testing.T) {
	for gap, want := range map[time.Duration]int{2 * time.Millisecond: 1, 10 * time.Millisecond: 2, 41 * time.Millisecond: 3} {
		if got := heartAnswer(gap); got != want {
			t.Errorf("gaps of %v are answer %d, want %d", gap, got, want)
		}
	}
}

func TestHeartbeatEnds(t *testing.T) { ends(t, heartbeat, Config{Pace: 0.02}, 3, 1, 5) }
