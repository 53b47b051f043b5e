package simulation

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// Events happen in the order of their times, and those of one time in the order in which
// they were planned, as far ahead as may be planned.
func TestAgendaKeepsOrder(t *testing.T) {
	type planned struct {
		at  int64
		seq uint64
	}
	rng := rand.New(rand.NewPCG(1, 1))
	var a agenda
	var now int64
	var want []planned
	for seq := uint64(1); seq < 20_000; seq++ {
		ms := []int64{0, rng.Int64N(3), rng.Int64N(5000), horizon - 1}[rng.IntN(4)]
		a.plan(now, ms, event{seq: seq})
		at, _ := slices.BinarySearchFunc(want, now+ms, func(p planned, at int64) int { return int(p.at-at)*2 - 1 })
		want = slices.Insert(want, at, planned{now + ms, seq})
		for len(want) > 0 && rng.IntN(50) < 24 {
			at, e := a.take(now)
			if got := (planned{at, e.seq}); got != want[0] {
				t.Fatalf("took %v, want %v", got, want[0])
			}
			now, want = at, want[1:]
		}
	}
	if len(want) == 0 || len(a.events) >= 20_000 {
		t.Errorf("%d are left, and room for %d was made", len(want), len(a.events))
	}
}

// What cannot happen in its time is a mistake in the simulation, and ends it.
func TestNoSuchTime(t *testing.T) {
	for name, do := range map[string]func(*agenda){
		"beyond the horizon": func(a *agenda) { a.plan(0, horizon, event{}) },
		"in the past":        func(a *agenda) { a.plan(5, -1, event{}) },
		"never":              func(a *agenda) { a.take(0) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("the mistake is not noticed")
				}
			}()
			do(new(agenda))
		})
	}
}
