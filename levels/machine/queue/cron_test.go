package queue_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // where the system has no zones

	"github.com/alicebob/miniredis/v2"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
	"github.com/fourlevels/fourlevels/levels/machine/store/storetest"
)

// tick is the last tick of the queue's only cron entry, in ms.
func (r *rig) tick() int64 {
	last := r.rdb.ZRangeWithScores(r.Context(), r.key("cron"), 0, -1).Val()
	if len(last) != 1 {
		return 0
	}
	return int64(last[0].Score)
}

// cronWorker is a worker on a queue of its own, with an entry.
func (r *rig) cronWorker(spec string, done chan<- int) *queue.Worker {
	r.Helper()
	w := r.worker(r.open(queue.Config{}), queue.WorkerConfig{})
	queue.Handle(w, double, func(_ context.Context, n int) (int, error) { done <- n; return n, nil })
	if err := queue.Cron(w, spec, double, 7); err != nil {
		r.Fatal(err)
	}
	return w
}

// However many workers have an entry, each of its ticks enqueues one job.
func TestCron(t *testing.T) {
	each(t, func(r *rig) {
		done := make(chan int, 100)
		var stops []func()
		for range 3 {
			stops = append(stops, r.work(r.cronWorker("@every 1s", done)))
		}
		var first int64
		for i := range 3 {
			if n := get(r, "a tick", done); n != 7 {
				r.Errorf("the job's input is %d", n)
			}
			if i == 0 {
				first = r.tick()
			}
		}
		for _, stop := range stops {
			stop()
		}
		jobs := int64(3 + len(done))
		if ticks := (r.tick()-first)/1000 + 1; jobs != ticks {
			r.Errorf("%d jobs at %d ticks", jobs, ticks)
		}
		if first%1000 != 0 {
			r.Errorf("the first tick is at %d ms", first)
		}
	})
}

// The ticks of @every do not depend on when a worker began.
func TestCronOfWorkersThatBeganLater(t *testing.T) {
	on(t, storetest.Best().URL, func(r *rig) {
		done := make(chan int, 100)
		r.work(r.cronWorker("@every 2s", done))
		begun := r.now()
		r.eventually("the next second begins", func() bool { return r.now().Unix() > begun.Unix() })
		r.work(r.cronWorker("@every 2s", done))
		get(r, "a job", done)
		first := r.tick()
		get(r, "the next job", done)
		if d := r.tick() - first; d != 2000 {
			r.Errorf("the next tick comes after %d ms, want 2000", d)
		}
	})
}

// The times are those of Redis' clock, in UTC or the zone that the entry names.
func TestCronTimes(t *testing.T) {
	on(t, "mem://", func(r *rig) {
		m := miniredis.NewMiniRedis()
		if err := m.Start(); err != nil {
			r.Fatal(err)
		}
		r.Cleanup(m.Close)
		noon := time.Date(2031, 3, 7, 12, 0, 0, 0, time.UTC)
		now := noon.Add(-500 * time.Millisecond)
		m.SetTime(now)
		q := r.openAt("redis://"+m.Addr(), queue.Config{})
		w := r.worker(q, queue.WorkerConfig{Lease: 100 * time.Millisecond})
		seen := make(chan string, 10)
		queue.Handle(w, echo, func(ctx context.Context, s string) (string, error) {
			seen <- s + queue.AttemptOf(ctx).Enqueued.UTC().Format(" 15:04")
			return s, nil
		})
		for spec, in := range map[string]string{"0 12 * * *": "UTC", "TZ=Asia/Tokyo 0 21 * * *": "Tokyo", "0 13 * * *": "later", "TZ=Asia/Tokyo 0 12 * * *": "earlier"} {
			if err := queue.Cron(w, spec, echo, in); err != nil {
				r.Fatal(err)
			}
		}
		queue.Handle(w, double, doubles)
		r.work(w)
		if _, err := double.Call(r.Context(), q, 1, queue.Expires(time.Hour)); err != nil { // it has begun
			r.Fatal(err)
		}
		r.eventually("a second passes", func() bool {
			now = now.Add(time.Millisecond)
			m.SetTime(now)
			return now.After(noon.Add(time.Second))
		})
		got := []string{get(r, "a job", seen), get(r, "another job", seen)}
		if slices.Sort(got); !slices.Equal(got, []string{"Tokyo 12:00", "UTC 12:00"}) || len(seen) > 0 {
			r.Errorf("at noon: %q, and %d more", got, len(seen))
		}
	})
}

// An entry of a queue that was just named does not take it to be 1970.
func TestCronOfNamed(t *testing.T) {
	each(t, func(r *rig) {
		n := r.named(r.open(queue.Config{}), "-other")
		w := r.worker(n, queue.WorkerConfig{})
		queue.Handle(w, double, doubles)
		if err := queue.Cron(w, "@yearly", echo, "too early"); err != nil {
			r.Fatal(err)
		}
		stop := r.work(w)
		for range 10 {
			if got, err := double.Call(r.Context(), n, 1, queue.Expires(time.Hour)); got != 2 || err != nil {
				r.Fatalf("%d, %v", got, err)
			}
		}
		stop()
		if s := w.Stats(); s.Done != 10 || s.Dead != 0 {
			r.Errorf("%d done, %d dead, want 10 and 0", s.Done, s.Dead)
		}
	})
}

// The options of an entry are those of its jobs, in a queue of parts too.
func TestCronOptions(t *testing.T) {
	each(t, func(r *rig) {
		r.leaves(results...)
		q := r.open(queue.Config{Shards: 4})
		w := r.worker(q, queue.WorkerConfig{})
		ids := []string{"a", "b", "c", "d"} // one in each part
		for _, id := range ids {
			task := queue.NewTask[string, string]("task-" + id)
			queue.Handle(w, task, func(_ context.Context, s string) (string, error) { return s, nil })
			if err := queue.Cron(w, "@every 1s", task, "cron", queue.ID(id), queue.KeepFor(time.Minute)); err != nil {
				r.Fatal(err)
			}
		}
		r.work(w)
		r.eventually("all have run and are found", func() bool {
			for _, id := range ids {
				if got, err := queue.Find[string](q, id).Status(r.Context()); got != queue.Done || err != nil {
					return false
				}
			}
			return true
		})
	})
}

func TestCronErrors(t *testing.T) {
	on(t, "mem://", func(r *rig) {
		q := r.open(queue.Config{MaxPayload: 10})
		for want, add := range map[string]func(*queue.Worker) error{
			`cron "nonsense"`:         func(w *queue.Worker) error { return queue.Cron(w, "nonsense", echo, "") },
			`cron ""`:                 func(w *queue.Worker) error { return queue.Cron(w, "", echo, "") },
			`cron "61 * * * *"`:       func(w *queue.Worker) error { return queue.Cron(w, "61 * * * *", echo, "") },
			`cron "0 0 30 2 *"`:       func(w *queue.Worker) error { return queue.Cron(w, "0 0 30 2 *", echo, "") }, // never
			`cron "TZ=Nowhere `:       func(w *queue.Worker) error { return queue.Cron(w, "TZ=Nowhere * * * * *", echo, "") },
			queue.ErrTooLarge.Error(): func(w *queue.Worker) error { return queue.Cron(w, "@daily", echo, "more than ten") },
		} {
			if err := add(r.worker(q, queue.WorkerConfig{})); err == nil || !strings.Contains(err.Error(), want) {
				r.Errorf("err = %v, want one with %q", err, want)
			}
		}
	})
}
