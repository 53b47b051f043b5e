package demo

import (
	"strings"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/bench/live"
)

// All that is measured has a figure in the table, and a lane of a lock runs only while no
// other does.
func TestGIL(t *testing.T) {
	events := staging(t, gilDemo, Config{Pace: 0.02}, live.Config{Predict: true, Keys: pressed()})
	table := lastTable(t, gilDemo, events)
	if len(table.Rows) != 3 {
		t.Fatalf("table has %d rows, want 3", len(table.Rows))
	}
	for i, row := range table.Rows {
		for c, cell := range row {
			if (cell == "-") != (i == 2 && c == 2) {
				t.Errorf("row %v: %q of %s", row, cell, table.Head[c])
			}
		}
	}
	checkSpans(t, events)
	clocked(t, events, "two processes")
	scenes, lanes := 0, map[string]bool{}
	var holder string
	for _, e := range events {
		switch {
		case e.Scene != nil:
			scenes++
			holder = ""
		case e.Span == nil || strings.HasPrefix(e.Span.Lane, "process"):
		case e.Span.State == live.Running && e.Span.T1 == 0:
			if lanes[e.Span.Lane] = true; holder != "" {
				t.Errorf("%s runs, and %s has the lock", e.Span.Lane, holder)
			}
			holder = e.Span.Lane
		case e.Span.State == live.Running:
			holder = ""
		}
	}
	if scenes != 4 || len(lanes) < gilThreads {
		t.Errorf("%d scenes, and %d lanes that ran; want 4 and at least %d", scenes, len(lanes), gilThreads)
	}
}

func TestConvoyAnswer(t *testing.T) {
	for beside, want := range map[int]int{1: 1, 2: 2, 6: 3} {
		row := gilRow{alone: time.Millisecond, beside: time.Duration(beside) * time.Millisecond}
		if got := convoyAnswer(row); got != want {
			t.Errorf("%d times as long is answer %d, want %d", beside, got, want)
		}
	}
}

func TestGILEnds(t *testing.T) { ends(t, gilDemo, Config{Pace: 0.02}, 4, 1, 9) }
