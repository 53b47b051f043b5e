package retrystorm

import "time"

// broken is how long a client waits before it tries again: at first 10 ms, then twice as
// long each time, but never above one second.
func broken(failed int, random func(upTo time.Duration) time.Duration) time.Duration {
	const first, most = 10 * time.Millisecond, time.Second
	return min(most, first<<(failed-1)) // WRONG: who failed together comes again together
}
