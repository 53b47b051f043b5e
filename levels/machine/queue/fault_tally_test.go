package queue_test

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// A tally counts what became of chores.
type tally struct {
	mu        sync.Mutex
	attempted int
	acked     map[int]*queue.Job[int] // by the number of the chore
	results   map[int]int             // of the calls
	errs      []error
}

func newTally() *tally { return &tally{acked: map[int]*queue.Job[int]{}, results: map[int]int{}} }

func (a *tally) enqueued(n int, j *queue.Job[int], err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.attempted++
	if err != nil {
		a.errs = append(a.errs, err)
		return
	}
	a.acked[n] = j
}

func (a *tally) called(n, v int, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.attempted++
	if err != nil {
		a.errs = append(a.errs, err)
		return
	}
	a.results[n] = v
}

func (a *tally) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.acked) + len(a.results) + len(a.errs)
}

// produce leaves or calls n chores, the numbers from first on: every fourth is
// tracked, every fourth deferred as well, every fourth called.
func (a *tally) produce(r *rig, q *queue.Queue, first, n int) {
	for i := first; i < first+n; i++ {
		c := chore{N: i}
		switch i % 4 {
		case 0:
			j, err := chores.Enqueue(r.Context(), q, c)
			a.enqueued(i, j, err)
		case 1:
			j, err := chores.Enqueue(r.Context(), q, c, queue.Track(), queue.KeepFor(time.Minute))
			a.enqueued(i, j, err)
		case 2:
			j, err := chores.Enqueue(r.Context(), q, c, queue.In(50*time.Millisecond), queue.KeepFor(time.Minute))
			a.enqueued(i, j, err)
		case 3:
			v, err := chores.Call(r.Context(), q, c)
			a.called(i, v, err)
		}
	}
}

// What became of the chores of a tally.
type balance struct {
	attempted, acknowledged int
	ok                      int // ended, and recorded as such
	lost                    int // acknowledged, and did not end
	unexpected              int // has an error, or a result that no try returned
	duplicated              int // ended more than once; workers that die cause it
	recovered               int // ended in a later try than the first
}

func (b balance) String() string {
	return fmt.Sprintf("attempted %d, acknowledged %d, ok %d, lost %d, unexpected %d, duplicated %d, recovered %d",
		b.attempted, b.acknowledged, b.ok, b.lost, b.unexpected, b.duplicated, b.recovered)
}

// balance looks at every chore: what diaries say that its tries returned, and what
// the queue says that it came to.
func (a *tally) balance(r *rig, diaries ...*diary) balance {
	r.Helper()
	returned := map[int][]int{}
	for _, d := range diaries {
		for n, entries := range d.read("end") {
			for _, e := range entries {
				returned[n] = append(returned[n], answerTo(n, e.Try))
			}
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	b := balance{attempted: a.attempted, acknowledged: len(a.acked) + len(a.results), unexpected: len(a.errs)}
	for _, err := range a.errs {
		r.Errorf("unexpected: %v", err)
	}
	for n, v := range a.results {
		b.add(r, n, returned[n], v, nil)
	}
	for n, j := range a.acked {
		if n%4 == 0 { // plain
			b.add(r, n, returned[n], -1, nil)
			continue
		}
		v, err := j.Wait(r.Context())
		b.add(r, n, returned[n], v, err)
	}
	return b
}

// add judges a chore by what its tries returned and what was recorded, or -1 if
// nothing is kept.
func (b *balance) add(r *rig, n int, returned []int, recorded int, err error) {
	r.Helper()
	if len(returned) > 1 {
		b.duplicated++
	}
	switch {
	case len(returned) == 0:
		b.lost++
		r.Errorf("chore %d is lost: %v", n, err)
		return
	case err != nil || recorded >= 0 && !slices.Contains(returned, recorded):
		b.unexpected++
		r.Errorf("chore %d: recorded %d, %v, and its tries returned %d", n, recorded, err, returned)
		return
	}
	b.ok++
	if slices.Min(returned) > answerTo(n, 1) {
		b.recovered++
	}
}
