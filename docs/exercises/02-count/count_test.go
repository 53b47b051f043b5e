package count

import (
	"runtime"
	"testing"

	"github.com/fourlevels/fourlevels/levels/pitfall/grade"
	"github.com/fourlevels/fourlevels/levels/thread/pitfalls/lostupdate"
)

func TestMain(m *testing.M) { grade.Main(m, lostupdate.Pitfall) }

// The pitfall's own proof: the doors take turns between reading and writing.
func TestNobodyIsLost(t *testing.T) {
	grade.Judge(t, lostupdate.Pitfall, lostupdate.Observe(Count))
}

// Both doors are there when the first visitor is counted. With one processor for all, the
// second one cannot come too late.
func TestDoorsAreOpenAtOnce(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for range 10 {
		runtime.Gosched() // who has only to end, does so now
	}
	before := runtime.NumGoroutine()
	var visitors lostupdate.Count
	Count(&visitors, 2000)
	if more := visitors.Goroutines() - before; more < 2 {
		grade.NotYet(t, "the doors are not open at the same time: no visitor came in while each had its goroutine")
	}
}

// It is right for any number, goes on from what is there, and leaves nobody at the doors.
func TestAnyNumber(t *testing.T) {
	for _, n := range []int{0, 1, 2, 1000} {
		grade.Virtual(t, func(t *testing.T) {
			var visitors lostupdate.Count
			visitors.Write(5)
			Count(&visitors, n)
			if got := visitors.Read(); got != 5+2*n {
				grade.NotYet(t, "%d were there, %d came in at each door, and the count is %d", 5, n, got)
			}
		})
	}
}
