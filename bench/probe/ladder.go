package probe

import (
	"cmp"
	"context"
	"time"
)

// A Config says how to climb the ladder. Its zero value works; rungs that need
// what it does not name are left out, with a note.
type Config struct {
	Time  time.Duration // a rung is sampled no longer than this; 0 means 100 ms
	Count int           // and no more often than this; 0 means 2000 times

	// Echo is a command that copies its stdin to its stdout, as it comes in and
	// until it ends; [Echo] is its loop. Empty leaves the rung out.
	Echo []string

	// Spawn is a command that exits at once. Empty leaves the rung out.
	Spawn []string

	// Redis sends a PING and waits for the answer. It is called from one
	// goroutine at a time. Nil leaves the rung out.
	Redis func(ctx context.Context) error
}

// A Rung is the price of one kind of step on this machine.
type Rung struct {
	Name string // one word
	What string // what is done once

	P50, P99 time.Duration // of N samples; with fewer than 100, P99 is the longest
	N        int

	// Batch is how many steps are averaged into a sample, because one is too
	// short for the clock. An average hides what P99 should show.
	Batch int

	Note string // why the rung was left out; empty if it was tried
	Err  error  // why it failed; P50, P99 and N then say how far it came
}

// Ladder measures what a step costs, from the system call to the new process,
// one kind after another, and answers the rungs in that order. It blocks for
// about Config.Time a rung, 10 s if one hangs. When ctx ends, the rungs that
// are left fail with its cause. Nothing that it started is then still running.
func Ladder(ctx context.Context, c Config) []Rung {
	b := bounds{time: cmp.Or(c.Time, 100*time.Millisecond), count: cmp.Or(c.Count, 2000)}
	var rungs []Rung
	for _, s := range steps(c) {
		rungs = append(rungs, s.measure(ctx, b))
	}
	return rungs
}

// A step is how to measure a rung.
type step struct {
	name, what string
	batch      int
	note       string // not empty leaves it out
	sample     func(ctx context.Context, b bounds, batch int) ([]time.Duration, error)
}

// steps lists the ladder from the bottom.
func steps(c Config) []step {
	return []step{
		{"syscall", "a system call that does next to nothing", 1000, without(systemCall == nil, "a cheap system call on this system"), systemCalls},
		{"goroutines", "to another goroutine and back, over channels", 100, "", channelTrips},
		{"threads", "the same, each goroutine locked to a thread of its own", 1, "", threadTrips},
		{"pipe", "64 B to another goroutine and back, over pipes", 1, "", pipeTrips},
		{"process", "64 B to another process and back, over pipes", 1, without(len(c.Echo) == 0, "a command that echoes"), processTrips(c.Echo)},
		{"tcp", "64 B to another goroutine and back, over loopback TCP", 1, "", tcpTrips},
		{"redis", "a PING to Redis and its answer", 1, without(c.Redis == nil, "a Redis to ask"), pings(c.Redis)},
		{"spawn", "start a process that exits at once, and wait for it", 1, without(len(c.Spawn) == 0, "a command that exits"), spawns(c.Spawn)},
	}
}

// without answers the note on a rung for which something is lacking.
func without(lacking bool, what string) string {
	if lacking {
		return "not measured without " + what
	}
	return ""
}

// measure takes one rung.
func (s step) measure(ctx context.Context, b bounds) Rung {
	r := Rung{Name: s.name, What: s.what, Batch: s.batch, Note: s.note}
	if s.note != "" {
		return r
	}
	if ctx.Err() != nil {
		r.Err = context.Cause(ctx)
		return r
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	taken, err := s.sample(ctx, b, s.batch)
	r.P50, r.P99, r.N, r.Err = median(taken), quantile(taken, 99), len(taken), err
	return r
}

// patience is how long anything outside this process may take.
const patience = 10 * time.Second
