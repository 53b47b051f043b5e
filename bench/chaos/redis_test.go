package chaos

import (
	"errors"
	"testing"

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
