package retrystorm

import "time"

// fixed is how long a client waits before it tries again: any time up to 10 ms, then up to
// twice as long each time, but never above one second.
func fixed(failed int, random func(upTo time.Duration) time.Duration) time.Duration {
	const first, most = 10 * time.Millisecond, time.Second
	return random(min(most, first<<(failed-1)))
}
