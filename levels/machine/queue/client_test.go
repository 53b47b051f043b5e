package queue_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// A caller that leaves takes its jobs along: those that wait do not start, and
// those that run are told.
func TestCancel(t *testing.T) {
	each(t, func(r *rig) {
		r.Lease = short
		handler, jobs := r.hold()
		r.work(queue.Worker{Config: r.Config, Handler: handler, Concurrency: 1})
		ctx, cancel := context.WithCancelCause(r.Context())
		client := r.client(r.Config)
		done := r.call(ctx, client, "runs", "waits", "waits")
		job := <-jobs
		cancel(errEnough)
		if got := <-done; got.err != errEnough {
			r.Errorf("got %+v, want %v", got, errEnough)
		}
		if keys := r.keys(); len(keys) > 0 {
			r.Errorf("keys are left: %q", keys)
		}
		<-job.ctx.Done()
		if cause := context.Cause(job.ctx); cause != queue.ErrGone {
			r.Errorf("cause = %v, want %v", cause, queue.ErrGone)
		}
		job.release <- "too late"
		done = r.call(r.Context(), client, "next")
		(<-jobs).release <- "next" // or another, if one that waited did start
		r.want(done, "next")
	})
}

func TestEndedContext(t *testing.T) {
	each(t, func(r *rig) {
		ctx, cancel := context.WithCancelCause(r.Context())
		cancel(errEnough)
		if got := <-r.call(ctx, r.client(r.Config), "job"); got.err != errEnough {
			r.Errorf("got %+v, want %v", got, errEnough)
		}
	})
}

// Close ends the calls, and their jobs with them.
func TestCloseEndsCalls(t *testing.T) {
	each(t, func(r *rig) {
		client := r.client(r.Config)
		done := r.call(r.Context(), client, "job")
		r.eventually("the job waits", func() bool { return r.rdb.LLen(r.Context(), r.key("ready")).Val() == 1 })
		for range 2 {
			if err := client.Close(); err != nil {
				r.Error(err)
			}
		}
		if keys := r.keys(); len(keys) > 0 {
			r.Errorf("keys are left: %q", keys)
		}
		for _, got := range []called{<-done, <-r.call(r.Context(), client, "late")} {
			if got.err == nil || got.err.Error() != "client is closed" {
				r.Errorf("err = %v, want one that says the client is closed", got.err)
			}
		}
	})
}

func TestNothingToDo(t *testing.T) {
	each(t, func(r *rig) {
		if got := <-r.call(r.Context(), r.client(r.Config)); got.err != nil {
			r.Error(got.err)
		}
	})
}

// A caller does not wait for ever for a job that Redis has forgotten: it may have
// been flushed, or restarted without a log.
func TestForgottenJobs(t *testing.T) {
	each(t, func(r *rig) {
		client := r.client(queue.Impatient(r.Config))
		done := r.call(r.Context(), client, "job")
		r.eventually("the job waits", func() bool { return r.rdb.LLen(r.Context(), r.key("ready")).Val() == 1 })
		if err := r.rdb.Del(r.Context(), r.keys()...).Err(); err != nil {
			r.Fatal(err)
		}
		if got := fmt.Sprintf("%+v", <-done); !strings.Contains(got, queue.ErrDead.Error()+": Redis has forgotten it") {
			r.Errorf("got %s, want %v", got, queue.ErrDead)
		}
	})
}

// What Redis refuses for good ends the calls, and says so.
func TestRefusals(t *testing.T) {
	each(t, func(r *rig) {
		client := r.client(queue.Impatient(r.Config))
		done := r.call(r.Context(), client, "job")
		r.eventually("the job waits", func() bool { return r.rdb.LLen(r.Context(), r.key("ready")).Val() == 1 })
		list := r.key("reply:" + client.Name())
		if err := r.rdb.Set(r.Context(), list, "no list", 0).Err(); err != nil {
			r.Fatal(err)
		}
		if got := <-done; !errors.Is(got.err, queue.ErrRefused) || !strings.Contains(got.err.Error(), "WRONGTYPE") {
			r.Errorf("got %+v, want %v", got, queue.ErrRefused)
		}
	})
}

func TestLeaseTooShort(t *testing.T) {
	each(t, func(r *rig) {
		r.Lease = -time.Second
		if _, err := queue.NewClient(r.Context(), r.Config); err == nil || !strings.Contains(err.Error(), "10ms") {
			r.Errorf("err = %v", err)
		}
	})
}
