package advise

import (
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/usage"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// Every level is calibrated and measured, each point is predicted, and nobody stays behind.
// How well is for a quiet machine to say, and a longer run.
func TestValidate(t *testing.T) {
	tree := usage.NewTree()
	had, _ := tree.Processes()
	c := fleet.Config{Funcs: workload.Funcs(), Worker: []string{os.Args[0]}, Embedded: true}
	costs, held, err := Validate(t.Context(), c, Options{Rounds: 1, Long: time.Millisecond, Seed: 1}, 6)
	if err != nil {
		t.Fatal(err)
	}
	if len(held) != 6 || len(costs.Levels) != len(Levels) {
		t.Fatalf("%d points, %d levels", len(held), len(costs.Levels))
	}
	for _, h := range held {
		if h.Measured <= 0 || h.Predicted <= 0 || h.Given <= 0 || h.Around <= 0 || h.Around > 1 {
			t.Errorf("%+v", h)
		}
	}
	var b strings.Builder
	WriteHeld(&b, held)
	if !strings.Contains(b.String(), "6 points that were not calibrated at") {
		t.Error(b.String())
	}
	if n, _ := tree.Processes(); n != had {
		t.Errorf("%d processes after it, %d before", n, had)
	}
	goleak.VerifyNone(t)
}
