package oneruneach

import (
	"slices"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/pitfall/pitfalltest"
)

func TestMain(m *testing.M) { pitfalltest.Main(m, Pitfall) }

func TestPitfall(t *testing.T) { pitfalltest.Prove(t, Pitfall) }

// Each way that is as good as the fixed one passes too, and those that are not do not.
func TestOtherWays(t *testing.T) {
	median := func(times []time.Duration) time.Duration { return slices.Sorted(slices.Values(times))[len(times)/2] }
	for name, way := range map[string]struct {
		runs int
		of   func([]time.Duration) time.Duration
		good bool
	}{
		"least of 5":  {5, slices.Min[[]time.Duration], true},
		"least of 10": {10, slices.Min[[]time.Duration], true},
		"least of 3":  {3, slices.Min[[]time.Duration], false},
		"median of 5": {5, median, false},
		"median of 9": {9, median, false},
	} {
		side, err := Pitfall.Judge(t.Context(), Observe(func(a, b func() time.Duration) float64 {
			var tookA, tookB []time.Duration
			for range way.runs {
				tookA, tookB = append(tookA, a()), append(tookB, b())
			}
			return float64(way.of(tookB)) / float64(way.of(tookA))
		}))
		if wrong := Pitfall.Wrong(side); err != nil || way.good != (wrong == "") {
			t.Errorf("%s: %q, %v", name, wrong, err)
		}
	}
}
