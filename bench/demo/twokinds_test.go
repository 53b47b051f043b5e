//go:build linux || darwin

package demo

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fourlevels/fourlevels/bench/live"
)

func TestTwoKinds(t *testing.T) {
	events := watched(t, twoKinds.Run, quickly())
	table, said := finalTable(t, events)
	if len(table.Rows) != 4 || said != twoKindsPunchline {
		t.Fatalf("rows %q, and at last %q", table.Rows, said)
	}
	// No more than what the waits alone make sure of: one after the other is never quicker.
	var serial, both float64
	fmt.Sscan(table.Rows[0][2], &serial)
	fmt.Sscan(table.Rows[2][2], &both)
	if waits := kindPages * quickly().scaled(kindAnswering+kindWorking).Seconds(); serial < waits*0.99 || both <= 0 {
		t.Errorf("one after the other took %v s, its waits alone %v s; both at once %v s", serial, waits, both)
	}
	if counts := lastCounts(events, "4 of 4"); counts["timeouts"] < 1 || counts["done"] != 2*kindPages {
		t.Errorf("counts of the last scene %v: want a timeout, and all pages done", counts)
	}
	if !strings.Contains(table.Note, "children killed 1,") || !strings.HasSuffix(table.Note, ", lost 0.") {
		t.Errorf("the note does not say that one child was killed, and no page lost: %q", table.Note)
	}
	clocked(t, events, "1 of 4")
	lanes := map[string]map[live.State]bool{}
	for _, e := range events {
		if e.Span == nil {
			continue
		}
		if lanes[e.Span.Lane] == nil {
			lanes[e.Span.Lane] = map[live.State]bool{}
		}
		lanes[e.Span.Lane][e.Span.State] = true
	}
	for i := range kindWidth {
		if s, c := fmt.Sprint("socket ", i+1), fmt.Sprint("child ", i+1); !lanes[s][live.Waiting] || !lanes[c][live.Running] {
			t.Errorf("%s or %s had nothing to do: %v", s, c, lanes)
		}
	}
}

func TestTwoKindsInterrupted(t *testing.T) {
	neverBegun(t, twoKinds)
	for _, when := range []func(live.Event) bool{scene("2 of 4"), spanIn(live.Dark)} {
		interrupted(t, twoKinds, when)
	}
}

// A socket goes to who has waited longest.
func TestSockets(t *testing.T) {
	ss := newSockets(live.NewStage(live.Config{}))
	var got []int
	var held []*strip
	for i := range kindWidth + 3 {
		ss.take(func(s *strip) { got, held = append(got, i), append(held, s) })
	}
	if len(got) != kindWidth {
		t.Fatalf("%d hold one of %d sockets", len(got), kindWidth)
	}
	ss.give(held[0])
	ss.give(held[1])
	if len(got) != kindWidth+2 || got[kindWidth] != kindWidth || got[kindWidth+1] != kindWidth+1 || held[kindWidth] != held[0] {
		t.Errorf("after two were given back, sockets went to %v", got)
	}
}
