package queue_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// say returns a handler that answers with a name and the payload.
func say(name string) queue.Handler {
	return func(_ context.Context, payload []byte) []byte { return append([]byte(name+" "), payload...) }
}

// A held job is what a handler that stops in the middle tells the test.
type held struct {
	ctx     context.Context
	release chan string // what it shall answer
}

// hold returns a handler that stops in the middle, until the test lets it go
// on or ends. It does not care for ctx.
func (r *rig) hold() (queue.Handler, <-chan held) {
	jobs := make(chan held)
	return func(ctx context.Context, _ []byte) (output []byte) {
		h := held{ctx, make(chan string)}
		select {
		case jobs <- h:
		case <-r.Context().Done():
			return nil
		}
		select {
		case text := <-h.release:
			return []byte(text)
		case <-r.Context().Done():
			return nil
		}
	}, jobs
}

const short = 200 * time.Millisecond // a lease

// A worker that has stopped loses its job to another, and when it comes back
// its result counts for nothing.
func TestLeaseRunsOut(t *testing.T) {
	each(t, func(r *rig) {
		r.Lease = short
		frozen := r.link()
		handler, jobs := r.hold()
		stop := r.work(queue.Worker{Config: r.through(frozen), Handler: handler, Concurrency: 1})
		done := r.call(r.Context(), r.client(r.Config), "job")
		first := <-jobs
		frozen.freeze()
		r.expire()
		handler, jobs = r.hold()
		r.work(queue.Worker{Config: r.Config, Handler: handler, Concurrency: 1})
		second := <-jobs
		first.release <- "first"
		frozen.thaw()
		stop() // returns when the first has told its result
		select {
		case got := <-done:
			r.Fatalf("the late result counts: %+v", got)
		default:
		}
		second.release <- "second"
		r.want(done, "second")
	})
}

// A worker that has lost a job is told so by its next beat.
func TestLostJobIsCancelled(t *testing.T) {
	each(t, func(r *rig) {
		r.Lease = short
		frozen := r.link()
		handler, jobs := r.hold()
		r.work(queue.Worker{Config: r.through(frozen), Handler: handler, Concurrency: 1})
		done := r.call(r.Context(), r.client(r.Config), "job")
		first := <-jobs
		frozen.freeze()
		r.expire()
		r.work(queue.Worker{Config: r.Config, Handler: say("second")})
		r.want(done, "second job")
		frozen.thaw()
		<-first.ctx.Done()
		if cause := context.Cause(first.ctx); cause != queue.ErrGone {
			r.Errorf("cause = %v, want %v", cause, queue.ErrGone)
		}
		first.release <- "first"
	})
}

// As long as it beats, a worker keeps a job for many leases.
func TestBeatsKeepTheLease(t *testing.T) {
	each(t, func(r *rig) {
		r.Lease = short
		handler, jobs := r.hold()
		r.work(queue.Worker{Config: r.Config, Handler: handler, Concurrency: 1})
		done := r.call(r.Context(), r.client(r.Config), "job")
		job := <-jobs
		lease := func() float64 {
			score, err := r.rdb.ZScore(r.Context(), r.key("lease"), r.rdb.HKeys(r.Context(), r.key("job")).Val()[0]).Result()
			if err != nil {
				r.Error(err)
			}
			return score
		}
		first := lease()
		r.eventually("the lease is renewed for twice its time", func() bool { return lease() >= first+2*float64(short.Milliseconds()) })
		job.release <- "done"
		r.want(done, "done")
	})
}

func TestMaxTries(t *testing.T) {
	each(t, func(r *rig) {
		r.Lease, r.MaxTries = short, 2
		done := r.call(r.Context(), r.client(r.Config), "poison")
		for range r.MaxTries {
			frozen := r.link()
			handler, jobs := r.hold()
			r.work(queue.Worker{Config: r.through(frozen), Handler: handler, Concurrency: 1})
			<-jobs
			frozen.freeze()
			r.expire()
			r.Cleanup(frozen.thaw)
		}
		r.work(queue.Worker{Config: r.Config, Handler: say("nobody")})
		got := <-done
		if got.err != nil || !errors.Is(got.answers[0].err, queue.ErrDead) {
			r.Errorf("got %+v, want %v", got, queue.ErrDead)
		}
	})
}

// A worker that stops gives back what it cannot finish, and that is no death.
func TestGiveBack(t *testing.T) {
	each(t, func(r *rig) {
		r.MaxTries = 1
		started := make(chan struct{})
		stop := r.work(queue.Worker{Config: r.Config, Grace: time.Millisecond, Handler: func(ctx context.Context, _ []byte) []byte {
			close(started)
			<-ctx.Done()
			return []byte("cut off")
		}})
		done := r.call(r.Context(), r.client(r.Config), "job")
		<-started
		stop()
		r.work(queue.Worker{Config: r.Config, Handler: say("second")})
		r.want(done, "second job")
	})
}

// A worker that gave a job back, and does not know, must not take it from the
// next one.
func TestGiveBackTwice(t *testing.T) {
	each(t, func(r *rig) {
		bad := r.link()
		started := make(chan struct{})
		stop := r.work(queue.Worker{Config: r.through(bad), Grace: time.Millisecond, Handler: func(ctx context.Context, _ []byte) []byte {
			close(started)
			<-ctx.Done()
			return nil
		}})
		done := r.call(r.Context(), r.client(r.Config), "job")
		<-started
		fault := bad.breakAt(r.script("giveBack"), true, true)
		stopped := make(chan struct{})
		go func() { defer close(stopped); stop() }()
		<-fault.hit
		handler, jobs := r.hold()
		r.work(queue.Worker{Config: r.Config, Handler: handler, Concurrency: 1})
		job := <-jobs
		bad.setDown(false)
		<-stopped
		if n := r.rdb.ZCard(r.Context(), r.key("lease")).Val(); n != 1 {
			r.Fatalf("the second worker has lost its job: there are %d leases", n)
		}
		job.release <- "second"
		r.want(done, "second")
	})
}

func TestGrace(t *testing.T) {
	each(t, func(r *rig) {
		handler, jobs := r.hold()
		stop := r.work(queue.Worker{Config: r.Config, Handler: handler, Grace: time.Minute})
		client := r.client(r.Config)
		done := r.call(r.Context(), client, "job")
		job := <-jobs
		stopped := make(chan struct{})
		go func() { defer close(stopped); stop() }()
		job.release <- "in time"
		r.want(done, "in time")
		<-stopped

		ctx, cancel := context.WithCancelCause(r.Context())
		done = r.call(ctx, client, "later")
		r.eventually("the job waits", func() bool { return r.rdb.LLen(ctx, r.key("ready")).Val() == 1 })
		cancel(errEnough) // a worker that has stopped does not take it
		if got := <-done; got.err != errEnough {
			r.Errorf("got %+v, want %v", got, errEnough)
		}
	})
}

var errEnough = errors.New("the caller has had enough")

// A worker takes what it can start, and leaves the rest to others.
func TestConcurrency(t *testing.T) {
	each(t, func(r *rig) {
		const most, all = 3, 20
		var running, peak atomic.Int64
		enter, leave := make(chan struct{}), make(chan struct{})
		r.work(queue.Worker{Config: r.Config, Concurrency: most, Handler: func(_ context.Context, payload []byte) []byte {
			if n := running.Add(1); n > peak.Load() {
				peak.Store(n)
			}
			enter <- struct{}{}
			<-leave
			running.Add(-1)
			return payload
		}})
		payloads := make([]string, all)
		for i := range payloads {
			payloads[i] = strconv.Itoa(i)
		}
		done := r.call(r.Context(), r.client(r.Config), payloads...)
		for range most {
			<-enter
		}
		if leased, waiting := r.rdb.ZCard(r.Context(), r.key("lease")).Val(), r.rdb.LLen(r.Context(), r.key("ready")).Val(); leased != most || waiting != all-most {
			r.Errorf("%d jobs are taken and %d wait, want %d and %d", leased, waiting, most, all-most)
		}
		go func() { // ends with the jobs
			for range all - most {
				<-enter
			}
		}()
		for range all {
			leave <- struct{}{}
		}
		got := <-done
		if got.err != nil || peak.Load() != most {
			r.Errorf("%d jobs ran at once, want %d; err = %v", peak.Load(), most, got.err)
		}
		if i := slices.IndexFunc(got.answers, func(a answer) bool { return a.err != nil }); i >= 0 {
			r.Errorf("job %d: %v", i, got.answers[i].err)
		}
	})
}
