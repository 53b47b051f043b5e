package tea

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/async/pitfalls/oneafteranother"
	"github.com/fourlevels/fourlevels/levels/pitfall"
	"github.com/fourlevels/fourlevels/levels/pitfall/grade"
)

func TestMain(m *testing.M) { grade.Main(m, entry) }

// entry is the pitfall, in the words of this lesson.
var entry = func() pitfall.Pitfall {
	p := oneafteranother.Pitfall
	p.Unit = "x one cup"
	return p
}()

// Everybody gets their own cup, and one only, also if the first one takes longest. Time is virtual.
func TestCups(t *testing.T) {
	grade.Virtual(t, func(t *testing.T) {
		var guests []string
		var poured atomic.Int64
		for i := range 8 {
			guests = append(guests, fmt.Sprint("guest ", i))
		}
		cups := Tea(t.Context(), guests, func(_ context.Context, guest string) string {
			poured.Add(1)
			time.Sleep(time.Duration('9'-guest[len(guest)-1]) * time.Minute) // the last one's is ready first
			return "tea for " + guest
		})
		if len(cups) != len(guests) {
			grade.NotYet(t, "%d guests have %d cups", len(guests), len(cups))
		}
		for i, guest := range guests {
			if cups[i] != "tea for "+guest {
				grade.NotYet(t, "%s has %q", guest, cups[i])
			}
		}
		if n := poured.Load(); n != 8 {
			grade.NotYet(t, "8 guests want a cup each, and %d were poured", n)
		}
	})
}

// The pitfall's own proof: 32 cups, as a multiple of the time of one.
func TestTogether(t *testing.T) {
	grade.Judge(t, entry, oneafteranother.Observe(Tea))
}

// Against a reference that pours one after another.
func TestFaster(t *testing.T) {
	guests := make([]string, 32)
	pour := func(context.Context, string) string {
		time.Sleep(2 * time.Millisecond)
		return "tea"
	}
	reference := func() {
		for _, guest := range guests {
			pour(t.Context(), guest)
		}
	}
	grade.Faster(t, pitfall.Wait, 8, reference, func() { Tea(t.Context(), guests, pour) })
}
