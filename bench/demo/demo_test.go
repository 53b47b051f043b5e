package demo

import (
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/bench/live"
)

// A key that was pressed before a still frame does not skip it.
func TestHoldForgetsEarlierKeys(t *testing.T) {
	keys := make(chan rune, 8)
	keys <- 'x'
	s := live.NewStage(live.Config{Keys: keys})
	if key, err := (Config{Pace: 0.01}).hold(t.Context(), s, time.Second); key != 0 || err != nil {
		t.Errorf("hold returned %q and %v, want no key", key, err)
	}
}
