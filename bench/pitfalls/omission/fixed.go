package omission

import "time"

// fixed counts from when a request was due: that is when its user began to wait.
func fixed(clock *Clock, every time.Duration, requests int, ask func()) []time.Duration {
	var took []time.Duration
	due := clock.Now()
	for range requests {
		clock.SleepUntil(due)
		ask()
		took = append(took, clock.Now()-due)
		due += every
	}
	return took
}
