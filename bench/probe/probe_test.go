package probe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// The test binary is its own child: with the name of a role as its first
// argument it plays that.
func TestMain(m *testing.M) {
	play, ok := roles[os.Args[min(1, len(os.Args)-1)]]
	if !ok {
		os.Setenv("GORACE", "atexit_sleep_ms=0") // for the children: not a second for each exit
		goleak.VerifyTestMain(m)
	}
	if err := play(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

var roles = map[string]func() error{
	"play-echo":  func() error { return Echo(os.Stdin, os.Stdout) },
	"play-exit":  func() error { return nil },
	"play-fail":  func() error { return errors.New("it is wet") },
	"play-hang":  func() error { _, err := io.Copy(io.Discard, os.Stdin); return err },
	"play-cores": func() error { return json.NewEncoder(os.Stdout).Encode(Cores(context.Background(), 0)) },
}

// self answers the command that plays a role.
func self(t *testing.T, role string) []string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return []string{exe, role}
}

func TestQuantile(t *testing.T) {
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[i] = time.Duration(100 - i)
	}
	for _, c := range []struct {
		values   []time.Duration
		p50, p99 time.Duration
	}{
		{nil, 0, 0},
		{[]time.Duration{7}, 7, 7},
		{[]time.Duration{2, 1}, 1, 2},
		{[]time.Duration{3, 9, 1}, 3, 9},
		{hundred, 50, 99},
	} {
		if p50, p99 := median(slices.Clone(c.values)), quantile(c.values, 99); p50 != c.p50 || p99 != c.p99 {
			t.Errorf("%v: have %d and %d, want %d and %d", c.values, p50, p99, c.p50, c.p99)
		}
	}
}

func TestSample(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	wet := errors.New("wet")
	calls := 0
	count := func() error { calls++; return nil }

	if taken, err := sample(ctx, bounds{time.Hour, 5}, 3, count); len(taken) != 5 || err != nil || calls != 18 {
		t.Errorf("by count: have %d samples in %d calls, %v; want 5 in 18", len(taken), calls, err)
	}
	if taken, err := sample(ctx, bounds{0, 5}, 1, count); len(taken) != 1 || err != nil {
		t.Errorf("by time: have %d samples, %v; want one", len(taken), err)
	}
	if _, err := sample(ctx, bounds{time.Hour, 5}, 1, func() error { return wet }); err != wet {
		t.Errorf("have %v, want the operation's error", err)
	}
	cancel(wet)
	if _, err := sample(ctx, bounds{time.Hour, 5}, 1, count); err != wet {
		t.Errorf("have %v, want the cause of ctx", err)
	}
}

func TestDelivered(t *testing.T) {
	ms := func(values ...time.Duration) []time.Duration {
		for i := range values {
			values[i] *= time.Millisecond
		}
		return values
	}
	for _, c := range []struct {
		alone, together []time.Duration
		want            float64
	}{
		{nil, nil, 0},
		{ms(20), ms(20), 4},
		{ms(20), ms(80), 1},
		{ms(20, 20, 20), ms(40, 20, 400), 2}, // one bad round does not matter
	} {
		if got := delivered(4, c.alone, c.together); got != c.want {
			t.Errorf("%v against %v: have %g, want %g", c.alone, c.together, got, c.want)
		}
	}
}

func TestCores(t *testing.T) {
	r := Cores(t.Context(), time.Millisecond)
	if r.Rounds != 1 || r.Procs < 1 || r.CPUs < 1 || r.Delivered <= 0 || r.Delivered > 10*float64(r.Procs) {
		t.Errorf("have %+v", r)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if r := Cores(ended, 0); r.Rounds != 0 || r.Delivered != 0 {
		t.Errorf("after ctx ended: have %+v, want no round", r)
	}
}

func TestChain(t *testing.T) {
	if chain(1, 10) != chain(chain(1, 4), 6) || chain(1, 10) == chain(2, 10) {
		t.Error("a chain is not the sum of its parts, or does not depend on its start")
	}
}
