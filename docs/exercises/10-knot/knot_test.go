package knot

import (
	"testing"

	"github.com/fourlevels/fourlevels/levels/pitfall/grade"
	"github.com/fourlevels/fourlevels/levels/thread/pitfalls/lockorder"
)

func TestMain(m *testing.M) { grade.Main(m, lockorder.Pitfall) }

// The pitfall's own proof: 200 schedules in which all callers lock at the same time.
func TestNobodyIsStuck(t *testing.T) {
	grade.Judge(t, lockorder.Pitfall, lockorder.Observe(Move))
}
