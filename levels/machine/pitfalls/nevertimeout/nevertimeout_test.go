package nevertimeout

import (
	"errors"
	"testing"

	"github.com/fourlevels/fourlevels/levels/pitfall/pitfalltest"
)

func TestMain(m *testing.M) { pitfalltest.Main(m, Pitfall) }

func TestPitfall(t *testing.T) { pitfalltest.Prove(t, Pitfall) }

// A call that fails at once is never stuck, and of no use.
func TestFailing(t *testing.T) {
	side, err := Pitfall.Judge(t.Context(), Observe(func(string) (string, error) { return "", errors.New("no") }))
	if err != nil || Pitfall.Wrong(side) == "" {
		t.Errorf("calls that fail are called fixed: %v, %v", side.Outcomes, err)
	}
}
