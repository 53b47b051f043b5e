package chaos

import (
	"errors"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fourlevels/fourlevels/levels/machine/store/lab"
)

// A Redis that has died by itself ends the round: it is no fault of ours, and not started
// again as if it were.
func TestRedisDied(t *testing.T) {
	if missing := lab.Needs(); missing != "" {
		t.Skip(missing)
	}
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	server, err := lab.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	r := &round{server: server}
	if err := errors.Join(r.lives(), r.killRedis(t.Context()), r.lives()); err != nil || len(r.outages) != 1 {
		t.Fatalf("%v, and %d outages, want one", err, len(r.outages))
	}
	server.Shutdown(t.Context())
	err = lab.Until(t.Context(), "it is known to be dead", func() bool { return r.lives() != nil })
	if err != nil {
		t.Fatal(err)
	}
	if err := r.killRedis(t.Context()); !errors.Is(err, ErrRedis) || len(r.outages) != 1 {
		t.Errorf("%v, and %d outages, want one", err, len(r.outages))
	}
}

// A script that keeps Redis from everything else is not taken for a machine that has too
// much to do.
func TestSlowScript(t *testing.T) {
	if missing := lab.Needs(); missing != "" {
		t.Skip(missing)
	}
	server, err := lab.Start(t.Context(), watchful)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	before := time.Now()
	if slow(t.Context(), server.Client, Span{before.Add(-time.Second), before}) {
		t.Error("nothing has run yet")
	}
	const script = "local n = 0; for i = 1, ARGV[1] do n = n + i % 7 end; return n"
	begun, took := time.Now(), time.Duration(0)
	for n := 1_000_000; took < 300*time.Millisecond; n *= 2 {
		begun = time.Now()
		if err := server.Eval(t.Context(), script, nil, n).Err(); err != nil {
			t.Fatal(err)
		}
		took = time.Since(begun)
	}
	if !slow(t.Context(), server.Client, Span{begun, begun.Add(took)}) {
		t.Errorf("a script that ran for %v is not seen", took)
	}
	if hour := begun.Add(-time.Hour); slow(t.Context(), server.Client, Span{hour, hour.Add(took)}) {
		t.Error("it is taken for one of an hour ago")
	}
}
