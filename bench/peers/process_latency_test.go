package peers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels"
)

// The latency of one empty task, beside a message of 64 bytes to another process and
// back over nothing but a pipe, and over nothing but shared memory and a futex.
// Tasks come one right after another, or after a pause in which everybody has
// gone to sleep.
var processLatency = []figure{
	{"task=next", func(tb testing.TB, s scale) []line { return latencyLines(tb, s, "task after task", 0) }},
	{"task=lone", func(tb testing.TB, s scale) []line { return latencyLines(tb, s, "lone task", time.Millisecond) }},
}

func latencyLines(tb testing.TB, s scale, what string, pause time.Duration) []line {
	bare := map[string]string{"pipe": "bare-pipe", "socket": "bare-pipe"}
	contestants := []contestant{{"bare-pipe", func(context.Context) ([]float64, error) { return barePipe(s.lones, pause) }}}
	if futexes {
		bare["shm"] = "bare-futex"
		contestants = append(contestants, contestant{"bare-futex", func(context.Context) ([]float64, error) { return bareFutex(s.lones, pause) }})
	}
	for _, transport := range transports {
		n := s.lones
		if transport == "spawn" {
			n = max(n/100, 10)
		}
		contestants = append(contestants, contestant{transport, func(ctx context.Context) ([]float64, error) { return poolLatency(ctx, transport, n, pause) }})
	}
	m := contest(tb, s.rounds, contestants...)
	var lines []line
	for _, transport := range transports {
		for i, unit := range []string{"p50-us", "p99-us"} {
			l := line{what: what + ", " + transport, tag: transport + "-", unit: unit, ours: m[transport][i]}
			if peer := bare[transport]; peer != "" {
				l.peer, l.theirs, l.aim = peer, m[peer][i], timesAtMost(1.5)
			}
			lines = append(lines, l)
		}
	}
	return lines
}

func poolLatency(ctx context.Context, transport string, n int, pause time.Duration) ([]float64, error) {
	return withPool(transport, 1, func(l levels.Level) ([]float64, error) {
		tasks := []levels.Task{{Func: "empty"}}
		return paused(n, pause, func() error { return l.Run(ctx, tasks)[0].Err })
	})
}

// paused does something n times, with a pause before each, and returns the
// percentiles of the times. The first tenth does not count.
func paused(n int, pause time.Duration, do func() error) ([]float64, error) {
	took := make([]time.Duration, n)
	for i := range took {
		if pause > 0 {
			time.Sleep(pause)
		}
		begun := time.Now()
		if err := do(); err != nil {
			return nil, err
		}
		took[i] = time.Since(begun)
	}
	return percentiles(took[n/10:]), nil
}

// barePipe sends messages to an echo. The files block, which is the fastest that
// a pipe can be; the price would be a thread for each that waits.
func barePipe(n int, pause time.Duration) (values []float64, err error) {
	p, err := startAs("echo")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Stop(grace)) }()
	p.Stdin.Fd() // see echo
	p.Stdout.Fd()
	message := make([]byte, messageSize)
	trips := uint64(0)
	return paused(n, pause, func() error {
		trips++
		message[trips%messageSize]++
		sent := string(message)
		if _, err := p.Stdin.Write(message); err != nil {
			return err
		}
		if _, err := io.ReadFull(p.Stdout, message); err != nil {
			return err
		}
		if string(message) != sent {
			return fmt.Errorf("round trip %d brings back something else", trips)
		}
		return nil
	})
}
