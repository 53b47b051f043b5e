package chaos

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// What stands still for longer than it may is noted, from when it was last seen to move.
func TestVigil(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancel(t.Context())
		var seen []time.Duration
		naps := []time.Duration{0, 100 * time.Millisecond, 250 * time.Millisecond, time.Second}
		look := func() {
			time.Sleep(naps[0])
			if naps = naps[1:]; len(naps) == 0 {
				end()
			}
		}
		vigil(ctx, starving(time.Second), look, func(s Span) { seen = append(seen, s.To.Sub(s.From)) })
		const pause = 31250 * time.Microsecond
		if want := []time.Duration{pause + 250*time.Millisecond, pause + time.Second}; !slices.Equal(seen, want) {
			t.Errorf("noted %v, want %v", seen, want)
		}
	})
}

// What our faults did is not put down to the machine.
func TestStarvings(t *testing.T) {
	h := History{
		Hits:    map[int][]Span{1: {{after(0), after(300)}}},
		Outages: []Span{{after(1000), after(1100)}},
		Starved: map[int][]Span{1: {{after(0), after(310)}, {after(500), after(800)}}, 2: {{after(0), after(300)}}, everybody: {{after(900), after(1200)}, {after(2000), after(2300)}}},
	}
	if n := h.starvings(); n != 3 {
		t.Errorf("%d times, want 3: worker 1 once, worker 2, and everybody once", n)
	}
}
