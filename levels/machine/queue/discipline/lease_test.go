package discipline_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/machine/queue/discipline"
)

// soon is a lease that runs out while a test looks on.
const soon = 20 * time.Millisecond

// await claims jobs until it has n: those of others, when their lease is over.
func (f *fixture) await(worker string, n int) (jobs []discipline.Claimed) {
	f.Helper()
	ctx, cancel := context.WithTimeout(f.Context(), 20*time.Second)
	defer cancel()
	for len(jobs) < n {
		some, err := f.Claim(ctx, worker, n-len(jobs), 10*time.Millisecond)
		if err != nil {
			f.Fatalf("%d of %d jobs, %v", len(jobs), n, err)
		}
		jobs = append(jobs, some...)
	}
	return jobs
}

// A worker that comes back late is refused: the job is another's now.
func TestLateFinishIsRefused(t *testing.T) {
	each(t, soon, func(f *fixture) {
		f.enqueue(0, 1)
		late := do(f.claim("late", 1))
		late[0].Output = "too late"
		done := do(f.await("other", 1))
		if done[0].Job != late[0].Job {
			f.Fatalf("job %+v came back as %+v", late[0].Job, done[0].Job)
		}
		f.finish("late", late, 0)
		f.finish("other", done, 1)
		f.finish("late", late, 0)
		f.checkResults(0, 1)
	})
}

// What dead workers held comes back, also from many claims.
func TestDeadWorkers(t *testing.T) {
	each(t, soon, func(f *fixture) {
		const last = 300
		f.enqueue(0, last)
		for n := range 60 {
			f.claim(fmt.Sprint("dead", n), 1)
		}
		f.claim("dead", 200)
		seen, ended := map[string]bool{}, 0
		for ended < last {
			done := do(f.await("alive", 1))
			for _, d := range done {
				seen[d.ID] = true
			}
			n, err := f.Finish(f.Context(), "alive", done...)
			if ended += n; err != nil {
				f.Fatal(err)
			}
		}
		if len(seen) != last || ended != last {
			f.Errorf("%d jobs, %d ended, want %d", len(seen), ended, last)
		}
		f.checkResults(0, last)
	})
}

// Workers that share a queue, and forget some of what they claim, lose nothing,
// and every job ends once.
func TestCrowd(t *testing.T) {
	each(t, soon, func(f *fixture) {
		const last, workers = 2000, 4
		ctx, cancel := context.WithTimeout(f.Context(), 60*time.Second)
		defer cancel()
		var ended atomic.Int64
		var crowd sync.WaitGroup
		for w := range workers {
			crowd.Go(func() {
				q, name := f.again(), fmt.Sprint("w", w)
				for i := 1; ended.Load() < last; i++ {
					jobs, err := q.Claim(ctx, name, 1+i%17, 10*time.Millisecond)
					if err == nil && i%5 == w%5 {
						jobs = jobs[:len(jobs)/2] // what it forgets is lost, were it not for the lease
					}
					n, err2 := q.Finish(ctx, name, do(jobs)...)
					if err = errors.Join(err, err2); err != nil {
						f.Errorf("%s: %v, and %d of %d jobs have ended", name, err, ended.Load(), last)
						return
					}
					ended.Add(int64(n))
				}
			})
		}
		for n := 0; n < last; n += 40 {
			f.enqueue(n, n+40)
		}
		crowd.Wait()
		if n := ended.Load(); n != last {
			f.Errorf("%d jobs ended, want %d", n, last)
		}
		f.checkResults(0, last)
	})
}

// A worker that waits asks once, and is woken by what comes.
func TestWait(t *testing.T) {
	each(t, forever, func(f *fixture) {
		f.enqueue(0, 1)
		f.finish("w", do(f.claim("w", 1)), 1)
		const wait = 20 * time.Millisecond
		begun := time.Now()
		if jobs, err := f.Claim(f.Context(), "w", 1, wait); err != nil || len(jobs) > 0 {
			f.Fatalf("claim from an empty queue: %v, %v", jobs, err)
		}
		if took := time.Since(begun); took < wait/2 {
			f.Errorf("a claim from an empty queue waits %v, want %v", took, wait)
		}
		for n := range 10 { // on a slow machine the wait may be over before the job comes
			if f.wakes(n + 1) {
				return
			}
		}
		f.Error("a worker that waits is not woken")
	})
}

// wakes reports whether a worker that waits got the nth job before it had waited
// for the second that a claim waits at most.
func (f *fixture) wakes(n int) bool {
	came := make(chan []discipline.Claimed)
	begun := time.Now()
	go func() { // received below
		jobs, err := f.Claim(f.Context(), "w", 10, time.Hour)
		if err != nil {
			f.Error(err)
		}
		came <- jobs
	}()
	parked := f.parked()
	f.enqueue(n, n+1)
	jobs := <-came
	took := time.Since(begun)
	f.finish("w", do(append(jobs, f.await("w", 1-len(jobs))...)), 1)
	return parked && len(jobs) == 1 && took < time.Second
}

// parked waits until a client blocks, for at most a second. Not every store tells.
func (f *fixture) parked() bool {
	for begun := time.Now(); time.Since(begun) < time.Second; {
		info := f.rdb.Info(f.Context(), "clients").Val()
		if strings.Contains(info, "blocked_clients:1\r") || !strings.Contains(info, "blocked_clients:") {
			return true
		}
	}
	return false
}
