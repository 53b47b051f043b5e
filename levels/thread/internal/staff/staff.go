// Package staff is the standing crew of locked threads that the levels of threads
// are made of: thread, and gil, which adds a lock.
//
// No task passes through a channel. A call wakes sleeping threads, once each, and
// those claim slices of its batch (see [crew.Batch.Claim]); who has nothing to do
// looks for work a little while before it sleeps.
package staff

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/internal/crew"
	"github.com/fourlevels/fourlevels/levels/thread/internal/limit"
)

// Config tells how many threads to start and what they do.
type Config struct {
	Threads int
	Help    bool          // the caller of Run works too
	Spin    time.Duration // how long to look for work before sleep; 0 means not at all

	// Work claims slices of a batch until there are none, and gives each task a
	// result. A Func in it may end the goroutine.
	Work func(*crew.Batch)
}

// A Staff is a level.
type Staff struct {
	Config
	hands    sync.WaitGroup // the threads' goroutines
	gate     levels.Gate
	giveBack func() // the reservation of threads, once

	more   atomic.Int64 // threads that batches could still do with, or one in the end: what a spinner looks at
	asleep atomic.Int64 // callers who sleep, or whose batch is done and who have no processor yet

	mu       sync.Mutex // guards the rest
	over     bool
	wants    []*want // in the order of their calls
	idle     []*seat // who fell asleep last is next: its stack may be in the cache
	spinning int
	callers  patience // of all callers of Run
}

var _ levels.Level = (*Staff)(nil)

// A want is a batch, and how many more threads it could do with.
type want struct {
	batch *crew.Batch
	more  int
}

// A seat is what is kept of a thread if a Func ends it and another takes its place.
type seat struct {
	wake     chan *crew.Batch // one to begin with, or nil: the staff is dismissed
	patience patience
}

// New starts the threads. It fails if there may not be so many.
func New(c Config) (*Staff, error) {
	giveBack, err := limit.Reserve(c.Threads)
	if err != nil {
		return nil, err
	}
	s := &Staff{Config: c, giveBack: sync.OnceFunc(giveBack)}
	for range c.Threads {
		s.hands.Go(func() { s.sit(&seat{wake: make(chan *crew.Batch, 1)}, nil) })
	}
	return s, nil
}

// sit is the life of a thread. It begins with b, unless that is nil.
func (s *Staff) sit(seat *seat, b *crew.Batch) {
	runtime.LockOSThread() // never unlocked: the thread ends with its goroutine
	limit.Begin()
	ended := false
	defer func() {
		limit.End()
		if !ended { // a Func ended this goroutine, so another takes its seat
			s.hands.Go(func() { s.sit(seat, b) })
		}
	}()
	if b == nil {
		b = s.next(seat)
	}
	for b != nil {
		s.Work(b)
		b = s.next(seat)
	}
	ended = true
}

// Run implements [levels.Level].
func (s *Staff) Run(ctx context.Context, tasks []levels.Task) []levels.Result {
	if !s.gate.Enter() {
		return levels.Failed(len(tasks), levels.ErrClosed)
	}
	defer s.gate.Leave()
	if len(tasks) == 0 {
		return nil
	}
	b := crew.NewBatch(ctx, tasks, s.Threads)
	w := &want{batch: b, more: min(s.Threads, len(tasks))}
	if s.Help {
		w.more-- // the caller takes the place of one
	}
	spins := s.call(w)
	if s.Help {
		s.help(b)
	}
	s.await(w, spins)
	return b.Results
}

// help works in the goroutine of the caller. A Func that ends it takes the call
// along, and what nobody has begun is not run; nothing runs on behind its back.
func (s *Staff) help(b *crew.Batch) {
	ended := false
	defer func() {
		if v := recover(); v != nil {
			panic(v) // there is nothing to wait for any more
		}
		if !ended {
			b.Fail(levels.ErrLost)
			<-b.Done()
		}
	}()
	s.Work(b)
	ended = true
}

// call wakes threads for a batch, and tells whether its caller should spin: not if
// the threads need all processors, for one who sleeps hands its own to them.
func (s *Staff) call(w *want) (spins bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	wake := min(w.more, int(s.more.Load())+w.more-s.spinning, len(s.idle))
	if s.Spin > 0 && (s.Help || w.more < runtime.GOMAXPROCS(0)) {
		spins = s.callers.try()
	}
	for range wake {
		last := len(s.idle) - 1
		s.idle[last].wake <- w.batch // has room: whoever is idle has an empty one
		s.idle = s.idle[:last]
		w.more--
	}
	if w.more > 0 {
		s.wants = append(s.wants, w)
		s.more.Add(int64(w.more))
	}
	return spins
}

// await waits until every task has its result.
func (s *Staff) await(w *want, spins bool) {
	b, paid := w.batch, false
	isDone := func() bool {
		select {
		case <-b.Done():
			return true
		default:
			return false
		}
	}
	slept := !isDone()
	if slept && spins {
		paid = spin(s.Spin, isDone)
	}
	s.asleep.Add(1)
	select {
	case <-b.Done():
	case <-b.Ctx.Done():
		b.Fail(context.Cause(b.Ctx)) // of what nobody came for
		<-b.Done()
	}
	s.asleep.Add(-1)
	s.mu.Lock()
	defer s.mu.Unlock()
	if slept && spins {
		s.callers.learn(paid)
	}
	if i := slices.Index(s.wants, w); i >= 0 {
		s.wants = slices.Delete(s.wants, i, i+1)
		s.more.Add(int64(-w.more))
	}
}

// next returns a batch to go on with. It spins, then sleeps, until there is one;
// nil is for the end.
func (s *Staff) next(seat *seat) *crew.Batch {
	s.mu.Lock()
	b := s.take()
	if b == nil && !s.over && s.maySpin(seat) {
		s.spinning++
		s.mu.Unlock()
		paid := spin(s.Spin, func() bool { return s.more.Load() > 0 })
		s.mu.Lock()
		s.spinning--
		seat.patience.learn(paid)
		b = s.take()
	}
	if b != nil || s.over {
		s.mu.Unlock()
		return b
	}
	s.idle = append(s.idle, seat)
	s.mu.Unlock()
	return <-seat.wake
}

// take takes a place in the oldest batch that has one.
func (s *Staff) take() *crew.Batch {
	for len(s.wants) > 0 {
		w := s.wants[0]
		w.more--
		s.more.Add(-1)
		if w.more == 0 {
			s.wants = slices.Delete(s.wants, 0, 1)
		}
		if !w.batch.Claimed() {
			return w.batch
		}
	}
	return nil
}

// Close implements [levels.Level].
func (s *Staff) Close() error {
	s.gate.Close()
	s.mu.Lock()
	if !s.over {
		s.over = true
		s.more.Add(1) // spinners look up
		for _, seat := range s.idle {
			seat.wake <- nil
		}
		s.idle = nil
	}
	s.mu.Unlock()
	s.hands.Wait()
	s.giveBack()
	return nil
}
