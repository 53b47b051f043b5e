package queue_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// named opens another queue on a queue's connection.
func (r *rig) named(q *queue.Queue, suffix string) *queue.Queue {
	r.Helper()
	n, err := q.Named(r.Name + suffix)
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() {
		if err := n.Close(); err != nil {
			r.Errorf("close %s: %v", n.Name(), err)
		}
	})
	return n
}

// While several queues have jobs waiting, each gets its weight's share of the
// starts; and all jobs are done in the end.
func TestWeights(t *testing.T) {
	for _, weights := range [][]int{{1, 1}, {4, 1}, {5, 3, 1}} {
		for _, concurrency := range []int{4, 40} {
			t.Run(fmt.Sprint(weights, " with ", concurrency), func(t *testing.T) {
				each(t, func(r *rig) { r.weights(weights, concurrency) })
			})
		}
	}
}

func (r *rig) weights(weights []int, concurrency int) {
	const jobs = 400 // in each queue
	q := r.open(queue.Config{})
	w := r.worker(q, queue.WorkerConfig{Concurrency: concurrency})
	w.Weight(weights[0])
	sum := 0
	for i, weight := range weights {
		sum += weight
		other := q
		if i > 0 {
			other = r.named(q, fmt.Sprint("-", i))
			w.Also(other, weight)
		}
		if _, err := echo.EnqueueMany(r.Context(), other, make([]string, jobs)); err != nil {
			r.Fatal(err)
		}
	}
	var mu sync.Mutex
	var starts []string
	queue.Handle(w, echo, func(ctx context.Context, s string) (string, error) {
		mu.Lock()
		starts = append(starts, queue.AttemptOf(ctx).Queue)
		mu.Unlock()
		time.Sleep(200 * time.Microsecond) // longer than a claim, so that places are short
		return s, nil
	})
	stop := r.work(w)
	r.eventually("all are done", func() bool { return w.Stats().Done == jobs*len(weights) })
	stop()
	if len(starts) != jobs*len(weights) {
		r.Errorf("%d jobs ran, want %d", len(starts), jobs*len(weights))
	}
	counted := jobs * sum / weights[0] * 8 / 10 // as long as no queue can be empty
	count := map[string]int{}
	for _, name := range starts[:counted] {
		count[strings.TrimPrefix(name, r.Name)]++
	}
	r.Logf("weights %v: of the first %d starts %v", weights, counted, count)
	for i, weight := range weights {
		name := ""
		if i > 0 {
			name = fmt.Sprint("-", i)
		}
		share, want := float64(count[name])/float64(counted), float64(weight)/float64(sum)
		if math.Abs(share-want) > 0.05 {
			r.Errorf("queue %q has a share of %.2f, want %.2f", name, share, want)
		}
	}
}

// A queue that has nothing to do leaves its share to the others, and gets it
// back.
func TestIdleQueuesLeaveTheirShare(t *testing.T) {
	each(t, func(r *rig) {
		q := r.open(queue.Config{})
		big := r.named(q, "-big")
		w := r.worker(q, queue.WorkerConfig{Concurrency: 4})
		w.Also(big, 1000)
		handler, jobs := r.hold()
		queue.Handle(w, echo, handler)
		stop := r.work(w)
		var calls []<-chan result[string]
		for _, other := range []*queue.Queue{q, big, q} {
			var helds []held
			for range 4 {
				calls = append(calls, in(func() (string, error) { return echo.Call(r.Context(), other, "job", queue.Track()) }))
			}
			for range 4 {
				helds = append(helds, get(r, "a job of "+other.Name(), jobs))
			}
			for _, h := range helds {
				h.release <- "done"
			}
		}
		for _, c := range calls {
			if got := get(r, "a call", c); got.v != "done" || got.err != nil {
				r.Errorf("%q, %v", got.v, got.err)
			}
		}
		stop()
	})
}

// Another queue on the same connection is as good as one of its own.
func TestNamed(t *testing.T) {
	each(t, func(r *rig) {
		q := r.open(queue.Config{MaxPayload: 100, Shards: 2})
		n := r.named(q, "-other")
		if n.Name() != r.Name+"-other" {
			r.Errorf("its name is %q", n.Name())
		}
		w := r.worker(r.open(queue.Config{Name: n.Name(), Shards: 2}), queue.WorkerConfig{})
		enqueued := make(chan time.Time, 10)
		queue.Handle(w, echo, func(ctx context.Context, s string) (string, error) {
			enqueued <- queue.AttemptOf(ctx).Enqueued
			return s + " by " + queue.AttemptOf(ctx).Queue, nil
		})
		r.work(w)
		for range 4 {
			got, err := echo.Call(r.Context(), n, "job")
			if !strings.HasPrefix(got, "job by "+n.Name()+"/") || err != nil {
				r.Errorf("%q, %v", got, err)
				continue
			}
			if at := get(r, "the job", enqueued); r.now().Sub(at) > time.Minute {
				r.Errorf("it was enqueued at %v", at)
			}
		}
		if _, err := echo.Enqueue(r.Context(), n, strings.Repeat("x", 100)); err == nil {
			r.Error("it has not the limits of the queue that it was made of")
		}
		if err := n.Close(); err != nil {
			r.Error(err)
		}
		if _, err := echo.Enqueue(r.Context(), q, "job", queue.ID("alive")); err != nil {
			r.Errorf("when it is closed, the other one: %v", err)
		}
		if ok, err := queue.Find[string](q, "alive").Abort(r.Context()); !ok || err != nil {
			r.Errorf("abort: %v, %v", ok, err)
		}
		w2 := r.worker(q, queue.WorkerConfig{Burst: true})
		if err := w2.Run(r.Context()); err != nil {
			r.Error(err)
		}
	})
}

// The jobs of a queue in parts are found again by their ids, from anywhere, and
// ids are unique in all of it.
func TestShards(t *testing.T) {
	all(t, func(r *rig) {
		r.leaves(results...)
		c := queue.Config{Shards: 4}
		q := r.open(c)
		finder := q
		if r.rdb != nil {
			finder = r.open(c)
		}
		const n = 40
		ids := make([]string, n)
		for i := range ids {
			ids[i] = fmt.Sprint("job-", i)
		}
		verdicts, err := double.EnqueueMany(r.Context(), q, upTo(n), queue.IDs(ids...), queue.KeepFor(time.Minute))
		if err != nil {
			r.Fatal(err)
		}
		if again, err := double.EnqueueMany(r.Context(), finder, upTo(n), queue.IDs(ids...)); err != nil || again[n-1].Err == nil {
			r.Errorf("again: %+v, %v", again[n-1], err)
		}
		w := r.worker(q, queue.WorkerConfig{})
		queue.Handle(w, double, doubles)
		for i := range n {
			if s, err := queue.Find[int](finder, ids[i]).Status(r.Context()); s != queue.Queued || err != nil {
				r.Errorf("%s: %s, %v", ids[i], s, err)
			}
		}
		r.work(w)
		for i, v := range verdicts {
			if got, err := queue.Find[int](finder, v.Job.ID).Wait(r.Context()); got != 2*i || err != nil {
				r.Errorf("%s: %d, %v", ids[i], got, err)
			}
		}
		plain, err := double.Enqueue(r.Context(), q, 21, queue.KeepFor(time.Minute))
		if err != nil {
			r.Fatal(err)
		}
		if got, err := plain.Wait(r.Context()); got != 42 || err != nil {
			r.Errorf("plain: %d, %v", got, err)
		}
		if got, err := queue.Find[int](finder, plain.ID).Wait(r.Context()); got != 42 || err != nil {
			r.Errorf("plain, found: %d, %v", got, err)
		}
	})
}

// Jobs are spread over the parts: those with ids by their ids, plain ones in turn.
func TestShardsAreSpread(t *testing.T) {
	each(t, func(r *rig) {
		q := r.open(queue.Config{Shards: 4})
		count := func() (counts [4]int64) {
			for i := range counts {
				counts[i] = r.rdb.LLen(r.Context(), fmt.Sprintf("levels%s:{%s/%d}:ready", queue.Version, r.Name, i)).Val()
			}
			return counts
		}
		for i := range 8 {
			if _, err := double.Enqueue(r.Context(), q, i); err != nil {
				r.Fatal(err)
			}
		}
		if got := count(); got != [4]int64{2, 2, 2, 2} {
			r.Errorf("plain jobs: %v", got)
		}
		for i := range 200 {
			if _, err := double.Enqueue(r.Context(), q, i, queue.ID(fmt.Sprint("job-", i))); err != nil {
				r.Fatal(err)
			}
		}
		for i, n := range count() {
			if n < 2+25 || n > 2+100 {
				r.Errorf("shard %d has %d jobs of 208: %v", i, n, count())
			}
		}
		w := r.worker(q, queue.WorkerConfig{Burst: true})
		queue.Handle(w, double, doubles)
		if err := w.Run(r.Context()); err != nil || w.Stats().Done != 208 {
			r.Errorf("%d done, %v", w.Stats().Done, err)
		}
	})
}
