package oneruneach

import "time"

// broken runs a, then b, and says how many times as long as a it is that b takes.
func broken(a, b func() time.Duration) float64 {
	tookA := a() // WRONG: one run tells as much of the neighbours as of the code
	tookB := b()
	return float64(tookB) / float64(tookA)
}
