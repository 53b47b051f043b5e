package slots

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/async/pitfalls/nolimit"
	"github.com/fourlevels/fourlevels/levels/pitfall"
	"github.com/fourlevels/fourlevels/levels/pitfall/grade"
)

func TestMain(m *testing.M) { grade.Main(m, nolimit.Pitfall) }

func pages(n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprint("page ", i))
	}
	return all
}

// Every page has its own body, and an error costs only its page. Time is virtual.
func TestBodies(t *testing.T) {
	grade.Virtual(t, func(t *testing.T) {
		broken := map[string]error{}
		for _, page := range pages(50) {
			if fails(page) {
				broken[page] = errors.New("404: " + page)
			}
		}
		bodies, err := All(pages(50), 4, func(page string) (string, error) {
			time.Sleep(time.Duration(len(page)) * time.Second)
			if broken[page] != nil {
				return "", broken[page]
			}
			return "body of " + page, nil
		})
		if len(bodies) != 50 {
			grade.NotYet(t, "50 pages have %d bodies", len(bodies))
		}
		for i, body := range bodies {
			if page := fmt.Sprint("page ", i); body != "body of "+page && !fails(page) {
				grade.NotYet(t, "page %d has the body %q", i, body)
			}
		}
		for page, why := range broken {
			if !errors.Is(err, why) {
				grade.NotYet(t, "%d pages failed, and the error does not tell of %s", len(broken), page)
			}
		}
	})
}

// fails are more pages than there are slots: one that keeps its slot would be seen.
func fails(page string) bool { return page[len(page)-1] == '3' || page[len(page)-1] == '7' }

// A server notes how many requests are under way, and how many goroutines there are.
type server struct {
	busy, peak, goroutines atomic.Int64
}

func (s *server) get(page string) (string, error) {
	raise(&s.peak, s.busy.Add(1))
	raise(&s.goroutines, int64(runtime.NumGoroutine()))
	defer s.busy.Add(-1)
	time.Sleep(takes(page))
	return "body of " + page, nil
}

func raise(most *atomic.Int64, to int64) {
	for old := most.Load(); to > old && !most.CompareAndSwap(old, to); {
		old = most.Load()
	}
}

// takes is what a page takes: one in sixteen is slow.
func takes(page string) time.Duration {
	var i int
	fmt.Sscanf(page, "page %d", &i)
	if i%16 == 5 {
		return 80 * time.Millisecond
	}
	return 20 * time.Millisecond
}

// At most so many at once, whatever the limit is.
func TestPeak(t *testing.T) {
	for _, atOnce := range []int{64, 5, 1} {
		grade.Virtual(t, func(t *testing.T) {
			var s server
			before := runtime.NumGoroutine()
			if _, err := All(pages(500), atOnce, s.get); err != nil {
				grade.NotYet(t, "no page fails, and the error is %v", err)
			}
			if peak := int(s.peak.Load()); peak > atOnce {
				grade.NotYet(t, "%d requests were under way at once, and should be %d at most", peak, atOnce)
			}
			if more := int(s.goroutines.Load()) - before; more > 2*atOnce+64 { // those that are done may not be gone yet
				grade.NotYet(t, "at most %d requests were under way at once, but %d goroutines were there for them: who waits should be the loop", atOnce, more)
			}
		})
	}
}

// Slots must not stay empty: in virtual time, against requests that each begin as soon as
// one is free.
func TestNoSlotIsEmpty(t *testing.T) {
	const many, atOnce = 500, 16
	grade.Virtual(t, func(t *testing.T) {
		var s server
		start := time.Now()
		All(pages(many), atOnce, s.get)
		took := time.Since(start)
		if best := best(pages(many), atOnce); took > best*3/2 {
			grade.NotYet(t, "%d pages took %v, and the server could have them ready in %v: slots were empty while pages waited", many, took, best)
		}
	})
}

// best is when the last of all pages is there, if each begins in the slot that is free first.
func best(pages []string, atOnce int) time.Duration {
	free := make([]time.Duration, atOnce)
	for _, page := range pages {
		first := slices.Index(free, slices.Min(free))
		free[first] += takes(page)
	}
	return slices.Max(free)
}

// The pitfall's own proof: a server that turns away whoever finds no slot.
func TestNobodyIsTurnedAway(t *testing.T) {
	grade.Judge(t, nolimit.Pitfall, nolimit.Observe(All))
}

// Against a reference, by a real clock.
func TestFaster(t *testing.T) {
	const many, atOnce = 256, 64
	get := func(string) (string, error) {
		time.Sleep(5 * time.Millisecond)
		return "", nil
	}
	reference := func() {
		next := make(chan string)
		var wg sync.WaitGroup
		for range atOnce {
			wg.Go(func() {
				for page := range next {
					get(page)
				}
			})
		}
		for _, page := range pages(many) {
			next <- page
		}
		close(next)
		wg.Wait()
	}
	grade.Faster(t, pitfall.Wait, 1/1.5, reference, func() { All(pages(many), atOnce, get) })
}
