package queue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// A Handler does the work of a job. Its ctx ends when the job is cancelled or
// has gone to another worker, and when the worker's grace is over. What it
// returns is the job's result; there is no error, because the queue does not
// know what a payload means: put errors into the output.
type Handler func(ctx context.Context, payload []byte) (output []byte)

// A Worker takes jobs from a queue and runs them.
type Worker struct {
	Config
	Handler     Handler
	Concurrency int           // jobs at once; 0 means 8
	Grace       time.Duration // for running jobs when ctx ends; 0 means 8 s
	Ready       func()        // called once it is connected; nil is fine
}

// Run works until ctx ends. Then it claims nothing more, lets running jobs
// finish for as long as Grace, gives the rest back to the queue, and returns
// nil. It returns an error if Redis cannot be reached at the start, or later
// refuses; while Redis is away it waits.
func (w Worker) Run(ctx context.Context) error {
	s, err := open(ctx, w.Config)
	if err != nil {
		return err
	}
	defer s.rdb.Close()
	bell, err := open(ctx, w.Config) // apart, for it blocks: closing it is how it is interrupted
	if err != nil {
		return err
	}
	defer bell.rdb.Close()
	defer context.AfterFunc(ctx, func() { bell.rdb.Close() })()

	if w.Ready != nil {
		w.Ready()
	}
	working, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	shift := &shift{store: s, handler: w.Handler, ctx: working, slots: make(chan struct{}, max(cmp.Or(w.Concurrency, 8), 1)), held: map[job]context.CancelCauseFunc{}}
	beating := make(chan struct{})
	go func() { defer close(beating); shift.beat() }()
	err = shift.claim(ctx, bell)
	shift.drain(cmp.Or(w.Grace, 8*time.Second), stop)
	stop(nil)
	<-beating
	return err
}

// A shift is the working time of one worker.
type shift struct {
	store   *store
	handler Handler
	ctx     context.Context // of the jobs; ends after the grace
	slots   chan struct{}   // one token for each job that runs
	running sync.WaitGroup  // the jobs

	mu   sync.Mutex // guards held
	held map[job]context.CancelCauseFunc
}

var (
	errGone  = errors.New("the job was cancelled, or has gone to another worker")
	errGrace = errors.New("the worker stops")
)

// claim takes jobs while there are free slots, until ctx ends. It never claims
// more than it can start at once: what waits should wait where any worker can
// take it.
func (s *shift) claim(ctx context.Context, bell *store) error {
	for ctx.Err() == nil {
		select {
		case s.slots <- struct{}{}: // wait for one free slot,
			<-s.slots
		case <-ctx.Done():
			return nil
		}
		free := cap(s.slots) - len(s.slots) // and count them: only this goroutine fills any
		jobs, err := s.store.claim(s.ctx, free)
		for _, j := range jobs {
			s.start(j)
		}
		if err == nil && len(jobs) < free {
			err = bell.idle(ctx)
		}
		switch {
		case err == nil || ctx.Err() != nil:
		case isReply(err) && !redis.HasErrorPrefix(err, "LOADING"):
			return fmt.Errorf("claim jobs: %w", err)
		default:
			pause(ctx, 100*time.Millisecond) // Redis is away: it may come back
		}
	}
	return nil
}

func (s *shift) start(j job) {
	ctx, cancel := context.WithCancelCause(s.ctx)
	s.mu.Lock()
	s.held[j] = cancel
	s.mu.Unlock()
	s.slots <- struct{}{}
	s.running.Go(func() {
		ended := false
		defer func() {
			if !ended { // the handler took the goroutine with it: another try would end the same
				s.settle(func(ctx context.Context) error {
					_, err := s.store.finish(ctx, j, "dead", "the handler ended its goroutine (runtime.Goexit)")
					return err
				})
			}
			cancel(nil)
			s.mu.Lock()
			delete(s.held, j)
			s.mu.Unlock()
			<-s.slots
		}()
		output := s.handler(ctx, []byte(j.payload))
		ended = true
		switch context.Cause(ctx) {
		case nil:
			s.settle(func(ctx context.Context) error { _, err := s.store.finish(ctx, j, "done", string(output)); return err })
		case errGrace:
			s.settle(func(ctx context.Context) error { return s.store.giveBack(ctx, j) })
		}
	})
}

// settle tells Redis how a job ended. If Redis cannot be told within a lease,
// it knows by then: the lease has run out.
func (s *shift) settle(tell func(ctx context.Context) error) {
	ctx, cancel := context.WithTimeout(context.Background(), s.store.lease)
	defer cancel()
	for ctx.Err() == nil {
		if err := tell(ctx); err == nil || isReply(err) {
			return
		}
		pause(ctx, 100*time.Millisecond)
	}
}

// beat renews the leases of the jobs at hand, and cancels those that are gone.
// It ends with the shift.
func (s *shift) beat() {
	tick := time.NewTicker(min(s.store.lease/3, 500*time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-s.ctx.Done():
			return
		}
		s.mu.Lock()
		jobs := make([]job, 0, len(s.held))
		for j := range s.held {
			jobs = append(jobs, j)
		}
		s.mu.Unlock()
		if len(jobs) == 0 {
			continue
		}
		gone, _ := s.store.beat(s.ctx, jobs) // on an error the next beat is early enough
		s.mu.Lock()
		for _, i := range gone {
			if cancel, ok := s.held[jobs[i]]; ok {
				cancel(errGone)
			}
		}
		s.mu.Unlock()
	}
}

// drain waits for the running jobs, and after the grace cancels them.
func (s *shift) drain(grace time.Duration, stop context.CancelCauseFunc) {
	timer := time.AfterFunc(grace, func() { stop(errGrace) })
	defer timer.Stop()
	s.running.Wait()
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// toString reads a field of a script's answer, which may be a number.
func toString(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return fmt.Sprint(v)
}
