package crew

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/fourlevels/fourlevels/levels"
)

// A Member does its part of batches. One goroutine at a time uses it.
type Member interface {
	// Work claims slices of the batch, runs their tasks and finishes them, until
	// there is nothing left to claim.
	Work(b *Batch)
	Ready() bool // it can begin at once: if not, no caller waits for that
	Close() error
}

// A Squad is a level of standing workers that are bound to no goroutine. The caller
// of Run takes the first one in hand itself, so that a lone task is handed over by a
// call, not by waking somebody; goroutines for the others come and go. So it is for
// workers that run no Func themselves: their Work must return.
type Squad struct {
	workers []Member
	hands   sync.WaitGroup // goroutines with a worker
	gate    levels.Gate

	close func() error // all workers, once

	mu    sync.Mutex // guards the rest
	idle  []Member   // who ended last is next: its processor may be awake
	wants []*want    // in the order of their calls
}

var _ levels.Level = (*Squad)(nil)

// A want is a batch that could do with more workers.
type want struct {
	batch *Batch
	more  int
}

// NewSquad puts workers to work.
func NewSquad(workers []Member) *Squad {
	s := &Squad{workers: workers, idle: slices.Clone(workers)}
	s.close = sync.OnceValue(s.dismiss)
	return s
}

// Run implements [levels.Level].
func (s *Squad) Run(ctx context.Context, tasks []levels.Task) []levels.Result {
	if !s.gate.Enter() {
		return levels.Failed(len(tasks), levels.ErrClosed)
	}
	defer s.gate.Leave()
	if len(tasks) == 0 {
		return nil
	}
	b := NewBatch(ctx, tasks, len(s.workers))
	w := &want{b, min(len(s.workers), len(tasks))}
	first, others := s.join(w)
	for _, other := range others {
		s.hands.Go(func() { s.work(other, b) }) // Close waits for it
	}
	if first != nil {
		first.Work(b)
		s.release(first)
	}
	select {
	case <-b.Done():
	case <-ctx.Done():
		b.Fail(context.Cause(ctx)) // of what nobody came for
		<-b.Done()
	}
	s.leave(w)
	return b.Results
}

// join takes idle workers for a batch, and lets it wait for the rest.
func (s *Squad) join(w *want) (first Member, others []Member) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.wants) == 0 { // else others were first
		n := min(w.more, len(s.idle))
		from := len(s.idle) - n
		others = slices.Clone(s.idle[from:])
		s.idle = s.idle[:from]
		w.more -= n
	}
	if w.more > 0 {
		s.wants = append(s.wants, w)
	}
	if n := len(others); n > 0 && others[n-1].Ready() {
		first, others = others[n-1], others[:n-1]
	}
	return first, others
}

// leave lets a batch wait no longer.
func (s *Squad) leave(w *want) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wants = slices.DeleteFunc(s.wants, func(o *want) bool { return o == w })
}

// work has a worker do its part of one batch after another.
func (s *Squad) work(w Member, b *Batch) {
	for b != nil {
		w.Work(b)
		b = s.next(w)
	}
}

// release is for a caller, who goes home when its batch is done.
func (s *Squad) release(w Member) {
	if b := s.next(w); b != nil {
		s.hands.Go(func() { s.work(w, b) }) // Close waits for it
	}
}

// next returns a batch for a worker to go on with, or nil: then it is idle.
func (s *Squad) next(w Member) *Batch {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.wants) > 0 {
		want := s.wants[0]
		if want.more--; want.more == 0 || want.batch.Claimed() {
			s.wants = s.wants[1:]
		}
		if !want.batch.Claimed() {
			return want.batch
		}
	}
	s.idle = append(s.idle, w)
	return nil
}

// Close implements [levels.Level]. Its error joins those of the workers, each time.
func (s *Squad) Close() error {
	s.gate.Close()
	return s.close()
}

func (s *Squad) dismiss() error {
	s.hands.Wait()
	errs := make([]error, len(s.workers))
	var closing sync.WaitGroup
	for i, w := range s.workers {
		closing.Go(func() { errs[i] = w.Close() })
	}
	closing.Wait()
	return errors.Join(errs...)
}
