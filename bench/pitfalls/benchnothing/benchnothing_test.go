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
	rate, kept := run(func(*testing.B) { time.Sleep(time.Millisecond) })
	if kept != 0 || rate > rounds/time.Millisecond.Seconds() {
		t.Errorf("a benchmark of nothing has kept its results %d times of %d, at %.3g calls a second", kept, benchmarks, rate)
	}
	if _, kept := run(fixed); kept != benchmarks {
		t.Errorf("the fixed one has kept its results %d times of %d", kept, benchmarks)
	}
}
