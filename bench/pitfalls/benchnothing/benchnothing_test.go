package benchnothing

import (
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/pitfall/pitfalltest"
)

func TestMain(m *testing.M) { pitfalltest.Main(m, Pitfall) }

func TestPitfall(t *testing.T) { pitfalltest.Prove(t, Pitfall) }

// A benchmark that is slow and measures nothing is not fixed.
func TestSlow(t *testing.T) {
	if _, kept := run(func(*testing.B) { time.Sleep(time.Millisecond) }); kept != 0 {
		t.Errorf("a benchmark of nothing has kept its results %d times of %d", kept, benchmarks)
	}
	if _, kept := run(fixed); kept != benchmarks {
		t.Errorf("the fixed one has kept its results %d times of %d", kept, benchmarks)
	}
}
