package probe

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

var short = Config{Time: 5 * time.Millisecond}

func names(rungs []Rung) (all []string) {
	for _, r := range rungs {
		all = append(all, r.Name)
	}
	return all
}

func find(t *testing.T, rungs []Rung, name string) Rung {
	t.Helper()
	i := slices.Index(names(rungs), name)
	if i < 0 {
		t.Fatalf("no rung %q in %q", name, names(rungs))
	}
	return rungs[i]
}

func TestLadder(t *testing.T) {
	c := short
	c.Echo, c.Spawn = self(t, "play-echo"), self(t, "play-exit")
	pings := 0
	c.Redis = func(context.Context) error { pings++; return nil }
	c.Count = 50
	rungs := Ladder(t.Context(), c)

	for _, r := range rungs {
		if r.Note == "" && r.Err == nil && r.N > 0 && r.N <= c.Count && r.What != "" && r.Batch > 0 && r.P50 <= r.P99 {
			continue
		}
		if r.Name != "syscall" || systemCall != nil {
			t.Errorf("have %+v", r)
		}
	}
	if n := find(t, rungs, "redis").N; pings != n+1 {
		t.Errorf("have %d pings, want %d and one to warm up", pings, n)
	}
	if spawn, local := find(t, rungs, "spawn").P50, find(t, rungs, "goroutines").P50; spawn < 10*local || local <= 0 {
		t.Errorf("a process starts in %v and a goroutine answers in %v", spawn, local)
	}
	if all := names(rungs); len(slices.Compact(slices.Sorted(slices.Values(all)))) != 8 {
		t.Errorf("have %q, want eight names", all)
	}
}

func TestLadderLeavesOut(t *testing.T) {
	rungs := Ladder(t.Context(), short)
	for _, name := range []string{"process", "redis", "spawn"} {
		if r := find(t, rungs, name); r.Note == "" || r.Err != nil || r.N != 0 {
			t.Errorf("have %+v, want a note", r)
		}
	}
	if r := find(t, rungs, "tcp"); r.Note != "" || r.N == 0 {
		t.Errorf("have %+v, want samples", r)
	}
}

func TestLadderFails(t *testing.T) {
	down := errors.New("it is down")
	c := short
	c.Redis = func(context.Context) error { return down }
	for _, command := range [][]string{self(t, "play-fail"), {"no-such-command"}} {
		c.Echo, c.Spawn = command, command
		rungs := Ladder(t.Context(), c)
		for _, name := range []string{"process", "spawn"} {
			if r := find(t, rungs, name); r.Err == nil || !strings.Contains(r.Err.Error(), command[0]) {
				t.Errorf("%s: have %v, want an error that names %s", name, r.Err, command[0])
			}
		}
		if r := find(t, rungs, "redis"); !errors.Is(r.Err, down) {
			t.Errorf("have %v, want %v", r.Err, down)
		}
	}
}

// A command that takes and does not give is killed when ctx ends.
func TestLadderUnblocks(t *testing.T) {
	over := errors.New("over")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, over)
	defer cancel()
	c := short
	c.Echo, c.Spawn = self(t, "play-hang"), self(t, "play-exit")
	if _, err := processTrips(c.Echo)(ctx, bounds{time.Hour, 1}, 1); !errors.Is(err, over) {
		t.Errorf("have %v, want the cause of ctx", err)
	}
	for _, r := range Ladder(ctx, c) {
		if r.Note == "" && r.Err != over {
			t.Errorf("%s after ctx ended: have %v, want its cause", r.Name, r.Err)
		}
	}
}

func TestEcho(t *testing.T) {
	var out strings.Builder
	if err := Echo(iotest.OneByteReader(strings.NewReader("hello")), &out); err != nil || out.String() != "hello" {
		t.Errorf("have %q, %v", out.String(), err)
	}
	wet := errors.New("wet")
	if err := Echo(iotest.ErrReader(wet), io.Discard); !errors.Is(err, wet) {
		t.Errorf("have %v, want the reader's error", err)
	}
	r, w := io.Pipe()
	r.CloseWithError(wet)
	if err := Echo(strings.NewReader("hello"), w); !errors.Is(err, wet) {
		t.Errorf("have %v, want the writer's error", err)
	}
}
