package process_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"
)

// verdict says which promises were broken.
func (w *ward) verdict(t *testing.T) (broken []string) {
	t.Helper()
	say := func(format string, a ...any) { broken = append(broken, fmt.Sprintf(format, a...)) }
	if w.broken != nil {
		say("%v", w.broken)
	}
	if w.kills == 0 {
		say("nobody was killed, so nothing is shown")
	}
	if n := w.attempted - w.right - len(w.wrong); n > 0 {
		say("%d of %d tasks have no answer: %q", n, w.attempted, w.odd[:min(3, len(w.odd))])
	}
	if len(w.wrong) > 0 {
		say("%d tasks have another's answer: %q", len(w.wrong), w.wrong[:min(3, len(w.wrong))])
	}
	runs := w.runs(t)
	again, never := 0, w.attempted-len(runs)
	for n, times := range runs {
		again += max(0, times-1-w.given[n])
	}
	if again > 0 {
		say("%d tasks ran more often than they were handed over", again)
	}
	if never > 0 {
		say("%d tasks never ran", never)
	}
	if p99 := w.healing(99); w.within > 0 && p99 > w.within {
		say("whole again after %v at p99, not within %v", p99, w.within)
	}
	return broken
}

// runs is how often each task ran, as the ledger has it.
func (w *ward) runs(t *testing.T) map[uint64]int {
	t.Helper()
	text, err := os.ReadFile(w.ledger)
	if err != nil {
		t.Fatal(err)
	}
	runs := map[uint64]int{}
	for ; len(text) >= 8; text = text[8:] {
		runs[binary.BigEndian.Uint64(text)]++
	}
	return runs
}

// healing is how long it took to be whole again, at a percentile.
func (w *ward) healing(percent int) time.Duration {
	if len(w.took) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(w.took))[(len(w.took)*percent-1)/100].Round(100 * time.Microsecond)
}

func (w *ward) String() string {
	return fmt.Sprintf("%d tasks attempted, %d answered; %d workers killed, %d times a task was told to be lost, and handed over again; whole again after %v at p50, %v at p99, %v at most",
		w.attempted, w.right, w.kills, w.told, w.healing(50), w.healing(99), w.healing(100))
}
