package oneruneach

import (
	"slices"
	"time"
)

// fixed runs both five times in turn, ABBA ABBA AB, and compares the least time of each.
func fixed(a, b func() time.Duration) float64 {
	var tookA, tookB []time.Duration
	for i := range 5 {
		if i%2 == 0 {
			tookA = append(tookA, a())
			tookB = append(tookB, b())
		} else {
			tookB = append(tookB, b())
			tookA = append(tookA, a())
		}
	}
	return float64(slices.Min(tookB)) / float64(slices.Min(tookA))
}
