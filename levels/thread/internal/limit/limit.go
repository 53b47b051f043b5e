// Package limit refuses threads that could not be started.
//
// A Go program that has too many threads is not told so: the runtime ends it, with
// "thread exhaustion" at its own limit, and with "failed to create new OS thread" at
// one of the system's. So levels of threads ask first.
package limit

import (
	"fmt"
	"math"
	"runtime/debug"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"time"
)

// A bound is one limit on the number of threads.
type bound struct {
	who  string // "the Go runtime": who sets it
	most int
	used int // threads that count towards it
}

var (
	mu       sync.Mutex   // one promise at a time
	reserved int          // threads promised to levels
	alive    atomic.Int64 // those of them that exist now
)

// Begin is called on each thread of a level as it begins, and End before it ends.
func Begin() { alive.Add(1) }

// End ends what Begin began.
func End() { alive.Add(-1) }

// Reserve sets n threads aside, or says why there cannot be so many. All levels of
// the process share what there is; giveBack is called once when a level is closed.
//
// It is a promise of this package only: threads that the rest of the program, or
// of the system, starts afterwards may still take the place.
func Reserve(n int) (giveBack func(), err error) {
	for range 10 {
		if err = promise(n); err == nil {
			return func() {
				mu.Lock()
				defer mu.Unlock()
				reserved -= n
			}, nil
		}
		time.Sleep(5 * time.Millisecond) // threads of a level just closed may be on their way out
	}
	return nil, err
}

func promise(n int) error {
	mu.Lock()
	defer mu.Unlock()
	err := refuse(n, bounds())
	if err == nil {
		reserved += n
	}
	return err
}

// refuse returns an error that names the tightest of the bounds that n threads
// would break.
func refuse(n int, bounds []bound) error {
	room, tight := math.MaxInt, bound{}
	for _, b := range bounds {
		b.used += reserved - int(alive.Load()) // promised, but not there yet
		if r := b.most - spare(b.most) - b.used; r < room {
			room, tight = r, b
		}
	}
	if n <= room {
		return nil
	}
	return fmt.Errorf("%d threads asked for, but %s allows %d and %d exist or are promised: ask for at most %d",
		n, tight.who, tight.most, tight.used, max(room, 0))
}

// spare is what is left to the runtime, which starts threads for its own work and
// for system calls that block.
func spare(most int) int { return min(32, most/8) }

func bounds() []bound { return append(systemBounds(), goBound()) }

// goBound is Go's own limit. There is no way to read it but to set it; setting it
// too low ends the program, so it is raised for a moment.
func goBound() bound {
	most := debug.SetMaxThreads(math.MaxInt32)
	debug.SetMaxThreads(most)
	return bound{"the Go runtime", most, pprof.Lookup("threadcreate").Count()}
}
