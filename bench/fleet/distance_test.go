package fleet_test

import (
	"errors"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// A machine that is far away takes at least that long to answer, wherever in the level
// it is; what it is asked is counted, where there is something to count.
func TestDistance(t *testing.T) {
	const rtt = 30 * time.Millisecond
	for name, counts := range map[string]struct{ bytes, commands bool }{
		"serial": {}, "machine/rpc:1": {bytes: true}, "machine/queue:1": {true, true}, "process:1>machine/rpc:1": {},
	} {
		t.Run(name, func(t *testing.T) {
			spec, err := fleet.Parse(name)
			if err != nil {
				t.Fatal(err)
			}
			c := config()
			c.RTT, c.Count = rtt, true
			f, err := fleet.Open(t.Context(), spec, c)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			work, _ := workload.Find("empty", workload.Env{})
			start := time.Now()
			if r := f.Run(t.Context(), []levels.Task{work.Task(0, 0)}); r[0].Err != nil {
				t.Fatal(r[0].Err)
			}
			if took := time.Since(start); name != "serial" && took < rtt {
				t.Errorf("an answer after %v from %v away", took, rtt)
			}
			if n, ok := f.Traffic(); ok != counts.bytes || ok && n < 100 {
				t.Errorf("traffic of %d bytes, %v", n, ok)
			}
			before, ok, err := f.Commands(t.Context())
			if err != nil || ok != counts.commands {
				t.Errorf("%d commands, %v, %v", before, ok, err)
			}
			if !counts.commands {
				return
			}
			f.Close()
			if _, _, err := f.Commands(t.Context()); err == nil || errors.Is(err, fleet.ErrUncounted) {
				t.Errorf("of a lost connection: %v", err)
			}
		})
	}
}
