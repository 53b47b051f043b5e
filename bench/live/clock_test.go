package live

import (
	"testing"
	"time"
)

// The exchange with the shortest round trip says how far the other clock is ahead, and
// the truth is within what it claims, however uneven the ways were.
func TestOffset(t *testing.T) {
	const truth = 5_000_000
	asked := func(sent, there, back int64) exchange {
		return exchange{sent, sent + there + back, sent + there + truth}
	}
	for _, c := range []struct {
		all    []exchange
		within time.Duration
	}{
		{[]exchange{asked(0, 100, 100)}, 100},
		{[]exchange{asked(0, 9_000, 100), asked(20_000, 30, 70), asked(40_000, 100, 8_000)}, 50},
		{[]exchange{asked(0, 0, 1_000)}, 500},
	} {
		ahead, within := offset(c.all)
		if within != c.within || (ahead-truth).Abs() > within {
			t.Errorf("%v: ahead by %v ± %v, want %v within %v", c.all, ahead, within, time.Duration(truth), c.within)
		}
	}
}
