package omission

import "time"

// broken asks a server at a steady pace, and returns how long each request took.
func broken(clock *Clock, every time.Duration, requests int, ask func()) []time.Duration {
	var took []time.Duration
	due := clock.Now()
	for range requests {
		clock.SleepUntil(due)
		start := clock.Now() // WRONG: after a late answer, its user has waited since due
		ask()
		took = append(took, clock.Now()-start)
		due += every
	}
	return took
}
