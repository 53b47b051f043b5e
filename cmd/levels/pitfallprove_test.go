package main

import (
	"strings"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/pitfall"
)

// What was proven only when the machine was quiet is not counted as proven each time.
func TestProofsAreCounted(t *testing.T) {
	row := func(rulings ...pitfall.Ruling) (p proofs) {
		for _, ruling := range rulings {
			p.add(pitfall.Proof{Ruling: ruling, Why: "a reason"})
		}
		return p
	}
	here, not, wrong := pitfall.Proven, pitfall.NotHere, pitfall.Refuted
	for _, c := range []struct {
		rows   []proofs
		strict bool
		says   string
		fails  bool
	}{
		{[]proofs{row(here, here), row(here, here)}, true, "2 of 2 proven in both directions, 2 times each", false},
		{[]proofs{row(here, here), row(not, here)}, true, "0 refuted, 0 not provable here, 1 only at times", false},
		{[]proofs{row(here, here), row(not, here)}, true, "1 of 2 proven", false},
		{[]proofs{row(here, here), row(not, not)}, false, "0 refuted, 1 not provable here, 0 only", false},
		{[]proofs{row(here, here), row(not, not)}, true, "1 of 2 proven", true},
		{[]proofs{row(here, wrong), row(here, here)}, false, "1 refuted, 0 not provable here", true},
	} {
		var out strings.Builder
		err := printProofs(&out, c.rows, 2, c.strict, time.Second)
		if !strings.Contains(out.String(), c.says) || (err != nil) != c.fails {
			t.Errorf("%v: it says %s, %v; want %q, an error: %v", c.rows, out.String(), err, c.says, c.fails)
		}
	}
}
