package omission

import "time"

// A Clock tells a time that passes only when somebody waits: what it shows is exact, and
// the same on every machine.
type Clock struct{ now time.Duration }

// Now is the time since the clock was started.
func (c *Clock) Now() time.Duration { return c.now }

// SleepUntil waits until then, if that is not yet.
func (c *Clock) SleepUntil(then time.Duration) { c.now = max(c.now, then) }

// The server answers a request within 200 µs, but once it stands still for a tenth of a second.
const (
	requests = 1000
	every    = time.Millisecond
	usual    = 200 * time.Microsecond
	stall    = 100 * time.Millisecond
	stalled  = 500 // the request that meets it
)

// served is how long a server takes for its nth request.
func served(n int) time.Duration {
	if n == stalled {
		return usual + stall
	}
	return usual
}

// felt is what users wait who come at a steady pace, one request each, served one after
// another.
func felt() []time.Duration {
	waits := make([]time.Duration, requests)
	free := time.Duration(0) // when the server is done with all before
	for n := range waits {
		due := time.Duration(n) * every
		free = max(free, due) + served(n)
		waits[n] = free - due
	}
	return waits
}
