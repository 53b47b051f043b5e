package live

import "time"

// A wall is the clock on the wall as it stood when the program looked at it first, and
// gone on evenly since: it never jumps, whoever sets the clock meanwhile.
type wall struct{ begin time.Time }

func newWall() wall { return wall{time.Now()} }

// now is in nanoseconds since 1970.
func (w wall) now() int64 { return w.begin.UnixNano() + int64(time.Since(w.begin)) }

// An exchange asks another clock for its time.
type exchange struct {
	sent, came int64 // on our clock
	there      int64 // on the other, in between
}

// offset says how far another clock is ahead, and within what: the other looked at its
// clock at some moment between sent and came, so the middle is wrong by at most half the
// round trip. The exchange with the shortest one counts alone; averaging over slow ones
// would only add what the network and the scheduler did (Cristian 1989).
//
// It holds for the moment. Clocks drift apart by some tens of microseconds a second at
// most, which a show of two minutes does not see.
func offset(exchanges []exchange) (ahead, within time.Duration) {
	best := exchanges[0]
	for _, e := range exchanges {
		if e.came-e.sent < best.came-best.sent {
			best = e
		}
	}
	half := (best.came - best.sent) / 2
	return time.Duration(best.there - (best.sent + half)), time.Duration(half)
}
