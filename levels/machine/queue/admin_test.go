package queue_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// put leaves a job of echo in a queue, with its input as id unless it is to be plain.
func (r *rig) put(q *queue.Queue, in string, opts ...queue.Option) *queue.Job[string] {
	r.Helper()
	j, err := echo.Enqueue(r.Context(), q, in, opts...)
	if err != nil {
		r.Fatal(err)
	}
	return j
}

// failing is a worker whose jobs of echo fail, all at once with their last try.
func (r *rig) failing(q *queue.Queue, c queue.WorkerConfig) *queue.Worker {
	w := r.worker(q, c)
	queue.Handle(w, echo, func(_ context.Context, in string) (string, error) {
		return "", queue.Fatal(errors.New("no " + in))
	})
	return w
}

// kill makes dead letters of what is ready.
func (r *rig) kill(q *queue.Queue) {
	r.Helper()
	if err := r.failing(q, queue.WorkerConfig{Burst: true}).Run(r.Context()); err != nil {
		r.Fatal(err)
	}
}

// ids are those of jobs, in their order.
func ids(jobs []queue.JobInfo) []string {
	var list []string
	for _, j := range jobs {
		list = append(list, j.ID)
	}
	return list
}

func TestDeadLettersAreListed(t *testing.T) {
	all(t, func(r *rig) {
		q := r.open(queue.Config{})
		for _, id := range []string{"first", "second"} {
			r.put(q, id, queue.ID(id), queue.MaxTries(3))
			before := r.stands(q).At
			r.kill(q)
			letters, err := q.DeadLetters(r.Context(), 1)
			if err != nil || len(letters) != 1 {
				r.Fatal(letters, err)
			}
			got := letters[0]
			want := queue.JobInfo{ID: id, Status: queue.Dead, Task: "echo", Tries: 1, MaxTries: 3, Error: "no " + id, Enqueued: got.Enqueued, Died: got.Died}
			if fmt.Sprint(got) != fmt.Sprint(want) || got.Enqueued.IsZero() || got.Died.Before(before) {
				r.Errorf("got  %+v\nwant %+v", got, want)
			}
			r.eventually("the clock moves", func() bool { return r.stands(q).At.After(got.Died) })
		}
		for n, want := range map[int][]string{-1: nil, 0: nil, 1: {"second"}, 2: {"second", "first"}, 5000: {"second", "first"}} {
			letters, err := q.DeadLetters(r.Context(), n)
			if err != nil || !slices.Equal(ids(letters), want) {
				r.Errorf("%d letters: %q, %v, want %q", n, ids(letters), err, want)
			}
		}
		if n, err := q.Drop(r.Context(), "first", "first", "third", "second"); n != 2 || err != nil {
			r.Errorf("dropped %d, %v", n, err)
		}
		if n, err := q.Drop(r.Context()); n != 0 || err != nil {
			r.Errorf("dropped %d of nothing, %v", n, err)
		}
	})
}

// There may be more than a script handles at once.
func TestManyDeadLetters(t *testing.T) {
	all(t, func(r *rig) {
		r.leaves("ready", "job", "state")
		const many = 603
		q := r.open(queue.Config{})
		if _, err := echo.EnqueueMany(r.Context(), q, make([]string, many)); err != nil {
			r.Fatal(err)
		}
		r.kill(q)
		letters, err := q.DeadLetters(r.Context(), many+1)
		if err != nil {
			r.Fatal(err)
		}
		names := ids(letters)
		slices.Sort(names)
		if len(slices.Compact(names)) != many {
			r.Errorf("%d letters, want %d", len(letters), many)
		}
		if !slices.IsSortedFunc(letters, func(a, b queue.JobInfo) int { return b.Died.Compare(a.Died) }) {
			r.Error("they are not in order")
		}
		if n, err := q.Requeue(r.Context(), names[:many-1]...); n != many-1 || err != nil {
			r.Errorf("requeued %d, %v", n, err)
		}
		if n, err := q.DropAll(r.Context()); n != 1 || err != nil {
			r.Errorf("dropped %d, %v", n, err)
		}
	})
}

func TestRequeuedJobsRunWithAllTheirTries(t *testing.T) {
	all(t, func(r *rig) {
		r.leaves(results...)
		q := r.open(queue.Config{})
		j := r.put(q, "again", queue.ID("again"), queue.MaxTries(2), queue.KeepFor(time.Hour))
		r.kill(q)
		if info, err := j.Info(r.Context()); err != nil || info.Status != queue.Dead || string(info.Payload) != `"again"` {
			r.Fatalf("%+v, %v", info, err)
		}
		if n, err := q.Requeue(r.Context(), "again"); n != 1 || err != nil {
			r.Fatal(n, err)
		}
		w := r.worker(q, queue.WorkerConfig{})
		queue.Handle(w, echo, func(ctx context.Context, in string) (string, error) {
			return fmt.Sprint("try ", queue.AttemptOf(ctx).Try), nil
		})
		stop := r.work(w)
		if got, err := j.Wait(r.Context()); got != "try 1" || err != nil {
			r.Errorf("%q, %v", got, err)
		}
		stop()
	})
}

// What dies again at once does not keep RequeueAll from its end.
func TestRequeueAllEnds(t *testing.T) {
	all(t, func(r *rig) {
		const jobs = 520
		q := r.open(queue.Config{})
		if _, err := echo.EnqueueMany(r.Context(), q, make([]string, jobs), queue.MaxTries(1)); err != nil {
			r.Fatal(err)
		}
		r.kill(q)
		stop := r.work(r.failing(q, queue.WorkerConfig{Concurrency: 100}))
		if n, err := q.RequeueAll(r.Context()); n != jobs || err != nil {
			r.Errorf("requeued %d, %v", n, err)
		}
		r.eventually("all are dead again", func() bool {
			got := r.stands(q)
			return got.Dead == jobs && got.Counters.Dead == 2*jobs
		})
		stop()
		if n, err := q.DropAll(r.Context()); n != jobs || err != nil {
			r.Errorf("dropped %d, %v", n, err)
		}
		if n, err := q.RequeueAll(r.Context()); n != 0 || err != nil {
			r.Errorf("requeued %d, %v", n, err)
		}
	})
}

func TestPause(t *testing.T) {
	for _, shards := range []int{1, 2} {
		all(t, func(r *rig) {
			q := r.open(queue.Config{Shards: shards})
			if err := q.Pause(r.Context()); err != nil {
				r.Fatal(err)
			}
			j := r.put(q, "waits", queue.Track(), queue.KeepFor(time.Hour))
			r.leaves(results...)
			w := r.worker(q, queue.WorkerConfig{})
			queue.Handle(w, echo, func(_ context.Context, in string) (string, error) { return in, nil })
			stop := r.work(w)
			// Whoever has a lease has asked for jobs.
			r.eventually("the worker asks", func() bool { return r.stands(q).Workers == 1 })
			if got := r.stands(q); !got.Paused || got.Ready != 1 || got.Running != 0 {
				r.Errorf("paused: %+v", got.ShardInfo)
			}
			if err := q.Resume(r.Context()); err != nil {
				r.Fatal(err)
			}
			if got, err := j.Wait(r.Context()); got != "waits" || err != nil {
				r.Errorf("%q, %v", got, err)
			}
			if got := r.stands(q); got.Paused {
				r.Errorf("resumed: %+v", got.ShardInfo)
			}
			stop()
		})
	}
}

// Without Redis everything says so, and nothing is done.
func TestAdminWithoutRedis(t *testing.T) {
	each(t, func(r *rig) {
		q := r.open(queue.Config{})
		ctx, cancel := context.WithCancel(r.Context())
		cancel()
		r.Name += "/never" // no key of it may be there
		_, failedInfo := q.Info(ctx)
		_, failedList := q.DeadLetters(ctx, 1)
		_, failedRequeue := q.RequeueAll(ctx)
		_, failedDrop := q.Drop(ctx, "id")
		for what, err := range map[string]error{
			"info": failedInfo, "list": failedList, "requeue": failedRequeue, "drop": failedDrop,
			"pause": q.Pause(ctx), "resume": q.Resume(ctx),
		} {
			if err == nil || !strings.HasPrefix(err.Error(), "queue "+q.Name()+": ") {
				r.Errorf("%s: %v", what, err)
			}
		}
	})
}
