package queue_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// More jobs than a script takes: all run, each once, whatever they are.
func TestEnqueueMany(t *testing.T) {
	each(t, func(r *rig) {
		const n = 1201
		r.leaves(results...)
		q := r.open(queue.Config{})
		w := r.worker(q, queue.WorkerConfig{Concurrency: 100})
		var mu sync.Mutex
		runs := map[int]int{}
		queue.Handle(w, double, func(_ context.Context, n int) (int, error) {
			mu.Lock()
			defer mu.Unlock()
			runs[n]++
			return 2 * n, nil
		})
		r.work(w)
		for _, opts := range [][]queue.Option{nil, {queue.Track()}} {
			verdicts, err := double.EnqueueMany(r.Context(), q, upTo(n), append(opts, queue.KeepFor(time.Minute))...)
			if err != nil || len(verdicts) != n {
				r.Fatalf("%d verdicts, %v", len(verdicts), err)
			}
			for i, v := range verdicts {
				if got, err := v.Job.Wait(r.Context()); v.Err != nil || got != 2*i || err != nil {
					r.Fatalf("job %d: verdict %v, %d, %v", i, v.Err, got, err)
				}
			}
		}
		for i := range n {
			if runs[i] != 2 {
				r.Errorf("job %d ran %d times, want twice", i, runs[i])
			}
		}
	})
}

// Jobs of a queue start in the order in which they came.
func TestOrder(t *testing.T) {
	each(t, func(r *rig) {
		q := r.open(queue.Config{})
		var want, got []int
		for i := range 20 {
			opts := [][]queue.Option{nil, {queue.Track()}}[i%2]
			if _, err := double.Enqueue(r.Context(), q, i, opts...); err != nil {
				r.Fatal(err)
			}
			want = append(want, i)
		}
		w := r.worker(q, queue.WorkerConfig{Concurrency: 1, Burst: true})
		queue.Handle(w, double, func(_ context.Context, n int) (int, error) { got = append(got, n); return n, nil })
		if err := w.Run(r.Context()); err != nil || !slices.Equal(got, want) {
			r.Errorf("order %v, %v", got, err)
		}
	})
}

// The bytes of a payload and of a result are whatever they are.
func TestCallMany(t *testing.T) {
	all(t, func(r *rig) {
		q := r.open(queue.Config{})
		w := r.worker(q, queue.WorkerConfig{})
		w.HandleFunc("bytes", func(_ context.Context, a *queue.Attempt) ([]byte, error) {
			if string(a.Payload) == "fail" {
				return nil, queue.Fatal(errEnough)
			}
			return a.Payload, nil
		})
		r.work(w)
		every := make([]byte, 256)
		for i := range every {
			every[i] = byte(i)
		}
		payloads := [][]byte{nil, []byte("fail"), every, []byte("\n"), []byte(" p r w\n\n")}
		seen := map[int]int{}
		err := q.CallMany(r.Context(), "bytes", payloads, func(i int, output []byte, err error) {
			seen[i]++
			if dead := errors.Is(err, queue.ErrDead); dead != (i == 1) || !dead && string(output) != string(payloads[i]) {
				r.Errorf("payload %d: %q, %v", i, output, err)
			}
		})
		if got := fmt.Sprint(seen); err != nil || got != "map[0:1 1:1 2:1 3:1 4:1]" {
			r.Errorf("results by payload: %v, %v", got, err)
		}
	})
}

// Two payloads of one id are two jobs, of which one is turned away.
func TestCallManyOfOneID(t *testing.T) {
	all(t, func(r *rig) {
		q := r.open(queue.Config{})
		w := r.worker(q, queue.WorkerConfig{})
		queue.Handle(w, double, doubles)
		r.work(w)
		got := map[int]string{}
		err := q.CallMany(r.Context(), "double", [][]byte{[]byte("1"), []byte("2")}, func(i int, output []byte, err error) {
			got[i] += fmt.Sprint(string(output), errors.Is(err, queue.ErrDuplicate))
		}, queue.IDs("same", "same"))
		if err != nil || got[0] != "2false" || got[1] != "true" {
			r.Errorf("got %v, %v, want a result, and ErrDuplicate", got, err)
		}
	})
}

// Many producers, of plain jobs and of jobs with ids, travel together: each gets
// the verdicts on its own jobs.
func TestManyProducers(t *testing.T) {
	each(t, func(r *rig) {
		const ids, producers = 40, 5 // each id is tried by each producer
		q := r.open(queue.Config{})
		var mu sync.Mutex
		added := map[string]int{}
		var all sync.WaitGroup
		for p := range producers {
			for i := range ids {
				all.Go(func() {
					id := fmt.Sprint("job-", i)
					plain, plainErr := double.EnqueueMany(r.Context(), q, upTo(p))
					_, err := double.Enqueue(r.Context(), q, 1, queue.ID(id))
					if plainErr != nil || fullness(plain) != "+++++"[:p] || err != nil && !errors.Is(err, queue.ErrDuplicate) {
						r.Errorf("%s: %s, %v; %v", id, fullness(plain), plainErr, err)
					}
					if err == nil {
						mu.Lock()
						added[id]++
						mu.Unlock()
					}
				})
			}
		}
		all.Wait()
		for i := range ids {
			if n := added[fmt.Sprint("job-", i)]; n != 1 {
				r.Errorf("id %d was added %d times", i, n)
			}
		}
		if want := int64(ids + ids*(producers-1)*producers/2); r.waiting() != want {
			r.Errorf("%d jobs wait, want %d", r.waiting(), want)
		}
		r.runAll()
	})
}
