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

// dead returns the ids of the dead letters, the oldest first.
func (r *rig) dead() []string { return r.rdb.ZRange(r.Context(), r.key("dead"), 0, -1).Val() }

// What fails for good becomes a dead letter, if nobody waits for it, and says
// to those who come later what it died of.
func TestDeadLetters(t *testing.T) {
	each(t, func(r *rig) {
		r.leaves(deadLetters...)
		q := r.open(queue.Config{})
		plain, _ := echo.Enqueue(r.Context(), q, "plain")
		kept, _ := echo.Enqueue(r.Context(), q, "kept", queue.KeepFor(time.Minute))
		tracked, err := echo.Enqueue(r.Context(), q, "tracked", queue.ID("job"))
		if err != nil {
			r.Fatal(err)
		}
		early := in(func() (string, error) { return tracked.Wait(r.Context()) })
		r.eventually("the client is put down", func() bool { return r.watchers("job") == 1 })
		r.kill(q)
		if got := get(r, "the wait", early); !errors.Is(got.err, queue.ErrDead) {
			r.Errorf("before its death: %q, %v, want %v", got.v, got.err, queue.ErrDead)
		}
		for name, job := range map[string]*queue.Job[string]{"plain": plain, "kept": kept, "tracked": tracked} {
			i, err := job.Info(r.Context())
			if err != nil || i.Status != queue.Dead || i.Error != "no "+name || i.Tries != 1 || i.Task != "echo" || string(i.Payload) != `"`+name+`"` {
				r.Errorf("%s: %+v, %v", name, i, err)
			}
			dead := (*queue.DeadError)(nil)
			_, err = queue.Find[string](q, job.ID).Wait(r.Context())
			if !errors.As(err, &dead) || dead.Reason != "no "+name {
				r.Errorf("%s: wait: %v", name, err)
			}
		}
		if got := r.dead(); len(got) != 3 {
			r.Errorf("dead letters: %q, want 3", got)
		}
	})
}

// Of the dead letters the oldest go when there are too many.
func TestMaxDead(t *testing.T) {
	each(t, func(r *rig) {
		r.leaves(deadLetters...)
		q := r.open(queue.Config{MaxDead: 3})
		ids := []string{"a", "b", "c", "d", "e"}
		for _, id := range ids {
			if _, err := echo.Enqueue(r.Context(), q, id, queue.ID(id)); err != nil {
				r.Fatal(err)
			}
			r.kill(q)
			r.pass(time.Millisecond)
		}
		if got := r.dead(); !slices.Equal(got, ids[2:]) {
			r.Errorf("dead letters: %q, want %q", got, ids[2:])
		}
		if n := r.rdb.HLen(r.Context(), r.key("job")).Val() + r.rdb.HLen(r.Context(), r.key("state")).Val(); n != 6 {
			r.Errorf("%d fields of records, want those of three jobs", n)
		}
		if _, err := echo.Enqueue(r.Context(), q, "f", queue.ID("a")); err != nil {
			r.Errorf("the id of one that was dropped is not free: %v", err)
		}
		r.kill(q)
	})
}

// A call that fails for good tells its caller, and nobody else.
func TestDeadCalls(t *testing.T) {
	each(t, func(r *rig) {
		q := r.open(queue.Config{})
		for _, opts := range [][]queue.Option{nil, {queue.ID("job")}, {queue.MaxTries(1)}} {
			call := in(func() (string, error) { return echo.Call(r.Context(), q, "way", opts...) })
			r.eventually("the job is there", func() bool { return r.waiting() == 1 })
			r.kill(q)
			dead := (*queue.DeadError)(nil)
			if got := get(r, "the call", call); !errors.As(got.err, &dead) || dead.Reason != "no way" {
				r.Errorf("%q, %v, want a DeadError", got.v, got.err)
			}
			if got := r.dead(); len(got) > 0 {
				r.Errorf("dead letters: %q", got)
			}
		}
	})
}

// What cannot be done is buried at once, and nothing else suffers.
func TestUndoable(t *testing.T) {
	each(t, func(r *rig) {
		r.leaves(deadLetters...)
		q := r.open(queue.Config{})
		unknown := queue.NewTask[int, int]("unknown")
		wrong := queue.NewTask[string, int]("double")
		unknownJob, err := unknown.Enqueue(r.Context(), q, 1, queue.Track())
		if err != nil {
			r.Fatal(err)
		}
		wrongJob, err := wrong.Enqueue(r.Context(), q, "one", queue.Track())
		if err != nil {
			r.Fatal(err)
		}
		w := r.worker(q, queue.WorkerConfig{})
		queue.Handle(w, double, doubles)
		queue.Handle(w, echo, func(_ context.Context, s string) (string, error) { return s, nil })
		r.work(w)
		for job, want := range map[*queue.Job[int]]string{unknownJob: `no handler for task "unknown": this worker knows double, echo`, wrongJob: "decode the payload: "} {
			i := queue.JobInfo{}
			r.eventually("it is dead", func() bool { i, err = job.Info(r.Context()); return i.Status == queue.Dead })
			if i.Tries != 1 || !strings.HasPrefix(i.Error, want) {
				r.Errorf("%+v, want %q", i, want)
			}
		}
		_, callErr := unknown.Call(r.Context(), q, 1)
		if !errors.Is(callErr, queue.ErrDead) || !strings.Contains(callErr.Error(), "no handler") {
			r.Errorf("call of an unknown task: %v", callErr)
		}
		if _, err := wrong.Call(r.Context(), q, "one"); !errors.Is(err, queue.ErrDead) || !strings.Contains(err.Error(), "decode the payload") {
			r.Errorf("call with a wrong payload: %v", err)
		}
		if got, err := double.Call(r.Context(), q, 1); got != 2 || err != nil {
			r.Errorf("%d, %v", got, err)
		}
		if got := r.dead(); len(got) != 2 {
			r.Errorf("dead letters: %q, want 2", got)
		}
	})
}

// Entries that no program of this package wrote are buried as they are.
func TestUnreadable(t *testing.T) {
	each(t, func(r *rig) {
		r.leaves(deadLetters...)
		q := r.open(queue.Config{})
		entries := []string{
			"x", "", "junk from elsewhere\nwith a line", "\x00\xff", "q{}",
			"p1", "p2 ", "p3 no numbers at all here\n", "p4 1 2 3 4 5 6\n", "p5 1 2 3 4 5 - echo", "p6 1 0 0 0 -1 - echo\n",
		}
		for i, entry := range entries {
			if err := r.rdb.RPush(r.Context(), r.key("ready"), entry).Err(); err != nil {
				r.Fatal(err)
			}
			if _, err := double.Enqueue(r.Context(), q, i, queue.ID(fmt.Sprint("good-", i))); err != nil {
				r.Fatal(err)
			}
		}
		r.rdb.RPush(r.Context(), r.key("ready"), "rnobody") // nothing is known of it, nothing is to be done
		var good int
		w := r.worker(q, queue.WorkerConfig{Burst: true, Concurrency: 1})
		queue.Handle(w, double, func(_ context.Context, n int) (int, error) { good++; return n, nil })
		queue.Handle(w, echo, func(_ context.Context, s string) (string, error) { r.Errorf("%q runs", s); return "", nil })
		if err := w.Run(r.Context()); err != nil {
			r.Error(err)
		}
		dead := r.dead()
		if good != len(entries) || len(dead) != len(entries) {
			r.Errorf("%d good jobs ran and %d entries are buried, of %d each: %q", good, len(dead), len(entries), dead)
		}
		for _, id := range dead {
			if i, err := queue.Find[int](q, id).Info(r.Context()); err != nil || i.Status != queue.Dead || !strings.Contains(i.Error, "cannot be read") {
				r.Errorf("%q: %+v, %v", id, i, err)
			}
		}
		junk := slices.IndexFunc(dead, func(id string) bool {
			i, _ := queue.Find[int](q, id).Info(r.Context())
			return string(i.Payload) == entries[2]
		})
		if junk < 0 {
			r.Errorf("no dead letter has the payload %q", entries[2])
		}
	})
}
