package stubborngrandchild

import (
	"context"
	"errors"
	"os/exec"
	"testing"

	"github.com/fourlevels/fourlevels/levels/pitfall"
	"github.com/fourlevels/fourlevels/levels/pitfall/pitfalltest"
)

func TestMain(m *testing.M) { pitfalltest.Main(m, Pitfall) }

func TestPitfall(t *testing.T) { pitfalltest.Prove(t, Pitfall) }

// Whoever does not run the command has taken no time, and is wrong, whatever is said.
func TestNotRun(t *testing.T) {
	seen, err := Observe(func(context.Context, func(context.Context) *exec.Cmd) ([]byte, error) {
		return []byte(part), errors.New("it took too long")
	})(t.Context())
	if err != nil || seen.Took != 0 || seen.Sum(pitfall.Forbidden) != 1 {
		t.Errorf("%+v, %v, want a forbidden outcome and no time", seen, err)
	}
}
