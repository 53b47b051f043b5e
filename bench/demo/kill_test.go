package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/fourlevels/fourlevels/bench/live"
)

// What a killed worker had is lost, is begun again, and is charged once.
func TestKill(t *testing.T) {
	for name, embedded := range map[string]bool{"embedded": true, "server if there is one": false} {
		t.Run(name, func(t *testing.T) {
			c := quickly()
			c.Embedded = embedded
			c.Pace = 0.1 // or a killed worker is back after most jobs are done
			checkKill(t, watched(t, kill.Run, c))
		})
	}
}

func checkKill(t *testing.T, events []live.Event) {
	t.Helper()
	table, said := finalTable(t, events)
	if len(table.Rows) != 3 || said != killPunchline {
		t.Fatalf("rows %q, and at last %q", table.Rows, said)
	}
	at := func(row, column int) (n int) {
		if _, err := fmt.Sscan(table.Rows[row][column], &n); err != nil {
			t.Fatalf("cell %d of %q: %v", column, table.Rows[row], err)
		}
		return n
	}
	const kills, done, lost, again, twice = 1, 2, 3, 4, 5
	for row := range 3 {
		if at(row, kills) == 0 {
			t.Errorf("nobody was killed: %q", table.Rows[row])
		}
		if at(row, done)+at(row, lost) != killJobs {
			t.Errorf("done and lost are not %d together: %q", killJobs, table.Rows[row])
		}
	}
	switch {
	case at(0, lost) == 0 || at(0, lost) > at(0, kills) || at(0, again) > 0:
		t.Errorf("pop loses what was in hand, and repeats nothing: %q", table.Rows[0])
	case at(1, lost) > 0 || at(1, again) == 0:
		t.Errorf("a lease loses nothing, and repeats: %q", table.Rows[1])
	case at(2, lost) > 0 || at(2, again) == 0 || at(2, twice) > 0:
		t.Errorf("a desk that remembers charges once: %q", table.Rows[2])
	}
	clocked(t, events, "3 of 3")
	seen := map[live.State]bool{}
	for _, e := range events {
		if e.Span != nil {
			seen[e.Span.State] = true
		}
	}
	for _, state := range []live.State{live.Running, live.Lost, live.Again, live.Dark} {
		if !seen[state] {
			t.Errorf("no lane was ever in state %q", state)
		}
	}
}

// The presenter's keys kill, and then nobody else does.
func TestKillByHand(t *testing.T) {
	keys := make(chan rune, 1)
	n := &notes{}
	enough := errors.New("one scene is enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	slow := quickly()
	slow.Pace = 0.3
	unharmed(t, func() {
		alive := func(e live.Event) bool { return e.Count != nil && e.Count.Name == "killed" && e.Count.Value == 0 }
		press := func() { // again and again, for the worker may not be there yet
			select {
			case keys <- '2':
			default:
			}
		}
		s := live.NewStage(live.Config{Keys: keys, Viewers: []live.Viewer{n,
			stopAt{alive, press},
			stopAt{scene("2 of 3"), func() { cancel(enough) }},
		}})
		if err := kill.Run(ctx, s, slow); !errors.Is(err, enough) {
			t.Error(err)
		}
	})
	counts := lastCounts(n.events, "1 of 3")
	if counts["killed"] != 1 || counts["lost"] > 1 || counts["done"]+counts["lost"] != killJobs {
		t.Errorf("after one key in the first act: %v", counts)
	}
}

func TestKillInterrupted(t *testing.T) {
	neverBegun(t, kill)
	for _, when := range []func(live.Event) bool{scene("1 of 3"), spanIn(live.Again)} {
		interrupted(t, kill, when)
	}
}

// Kills come while there is something to lose, and are the same in every show.
func TestKillPlan(t *testing.T) {
	for act := range acts {
		strokes, last := plan(act), 0
		if len(strokes) != killTimes || !slices.Equal(strokes, plan(act)) {
			t.Errorf("act %d: plan %v is not the same twice, or not of %d kills", act, strokes, killTimes)
		}
		for _, s := range strokes {
			if s.after <= last || s.after >= killJobs-killTimes || s.worker < 0 || s.worker >= killWorkers {
				t.Errorf("act %d: %v is not in order, too late, or for none of the workers", act, s)
			}
			last = s.after
		}
	}
}
