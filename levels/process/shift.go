package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/internal/crew"
	"github.com/fourlevels/fourlevels/levels/internal/wire"
)

// A shift is what a worker does for one batch. It keeps a window of slices under
// way to its child, which works on them in their order.
type shift struct {
	*worker
	batch *crew.Batch
	least int       // tasks of a slice that is worth its hand-over, see pop
	rest  slice     // what was claimed, and is not cut yet
	again []slice   // what was sent to a child that died, and had not begun
	sent  []slice   // what is under way
	since time.Time // when the child began the first of them, as far as is known

	willed bool // the next result is the last of its slice
	over   bool // the child has said so, and nothing since: it has begun nothing else
	broken bool // the child cannot be sent anything: it is read to its end

	guarded *conn                // whose child is killed when ctx ends, until stop
	stop    func() bool          // see context.AfterFunc
	silent  atomic.Pointer[conn] // whose child was killed for it
	done    int                  // tasks that have their results, see end
}

// A slice is a part of a batch that travels as one frame.
type slice struct {
	tasks   []levels.Task
	results []levels.Result
	size    int  // how many they were when it was sent
	sent    int  // how often
	cut     bool // the child has not got all of it, so it cannot have begun
}

func (s slice) split(n int) (head, tail slice) {
	head, tail = s, s
	head.tasks, head.results = s.tasks[:n], s.results[:n]
	tail.tasks, tail.results = s.tasks[n:], s.results[n:]
	return head, tail
}

const (
	// window is how many slices are under way: one is worked on while the next
	// travels. A third would gain nothing.
	window = 2

	// handOver is about what it costs to wake a worker and to be woken by it, when
	// both sleep (BenchmarkLatency, work=empty).
	handOver = 100 * time.Microsecond

	// sends is how often a slice is sent to children that die before they begin it.
	sends = 3

	// others is how long a worker that has no child leaves a batch to the others.
	others = 3 * time.Second
)

// fill sends slices until the window is full, or nothing is left to claim.
func (s *shift) fill() {
	most := window
	if s.Transport == "spawn" {
		most = 1
	}
	for len(s.sent) == 0 || len(s.sent) < most && !s.broken {
		var err error
		if len(s.sent) == 0 && s.more() {
			err = s.staff()
		}
		next, ok := s.next()
		if !ok {
			return
		}
		if err != nil {
			s.fail(next, err)
			continue
		}
		s.send(next)
	}
}

// more reports whether there is something to send.
func (s *shift) more() bool {
	return len(s.again) > 0 || len(s.rest.tasks) > 0 || !s.batch.Claimed()
}

// staff sees to it that there is a child, before tasks are claimed. If none can be
// started, while other workers have theirs or are starting them, it waits and tries
// again: a worker that fails all it claims is the fastest, and would leave nothing to them.
func (s *shift) staff() error {
	if s.broken {
		s.bury()
		s.broken = false
	}
	until := time.Now().Add(others)
	for {
		err := s.hire(s.batch)
		alone := s.starting.Load() == 0 && s.living.Load() == 0 // in this order: see hire
		if err == nil || alone || !s.more() || time.Now().After(until) {
			return err
		}
		select {
		case <-time.After(others / 30):
		case <-s.batch.Ctx.Done():
			return context.Cause(s.batch.Ctx)
		}
	}
}

// next returns what is to be sent next.
func (s *shift) next() (next slice, ok bool) {
	if len(s.again) > 0 {
		next, s.again = s.again[0], s.again[1:]
		return next, true
	}
	for {
		if len(s.rest.tasks) == 0 {
			lo, hi := s.batch.Claim(s.least)
			if lo == hi {
				return slice{}, false
			}
			s.rest = slice{tasks: s.batch.Tasks[lo:hi], results: s.batch.Results[lo:hi]}
		}
		n, err := s.fit(s.rest.tasks)
		next, s.rest = s.rest.split(n)
		if err == nil {
			return next, true
		}
		s.fail(next, err)
	}
}

// fit returns how many of the tasks make a slice, or why the first cannot be sent.
func (s *shift) fit(tasks []levels.Task) (int, error) {
	n, err := wire.Fit(tasks)
	if err != nil {
		return 1, err
	}
	if s.Transport == "spawn" {
		n = 1
	}
	return s.suspects.fit(tasks[:n])
}

// fail gives all tasks of a slice the same error.
func (s *shift) fail(f slice, err error) {
	for i := range f.results {
		f.results[i] = levels.Result{Err: err}
	}
	s.done += len(f.results)
}

func (s *shift) send(next slice) {
	if ctx := s.batch.Ctx; ctx.Err() != nil {
		s.fail(next, context.Cause(ctx))
		return
	}
	if len(s.sent) == 0 {
		s.guard()
		s.since = time.Now()
	}
	next.sent, next.size = next.sent+1, len(next.tasks)
	ahead := 0 // a child that is silent does not read either
	for _, f := range s.sent {
		ahead += len(f.tasks)
	}
	spoken := s.listen(ahead)
	err := s.out.Tasks(next.tasks)
	if spoken(); err != nil {
		next.cut, s.broken = true, true
		s.conn.Kill() // if it is not dead: its last results are read all the same
	}
	s.sent = append(s.sent, next)
}

// guard has the child killed when ctx ends.
func (s *shift) guard() {
	if s.guarded == s.conn {
		return
	}
	if s.stop != nil {
		s.stop()
	}
	kill := s.conn.Kill // of this child: it may come late, when there is another
	s.guarded, s.stop = s.conn, context.AfterFunc(s.batch.Ctx, kill)
}

// end lets go of the child, or buries it if it was killed meanwhile. Before that, no
// result counts: Run would return with the last, and its caller end ctx.
func (s *shift) end() {
	s.like = s.least
	killed := s.guarded != nil && !s.stop() && s.guarded == s.conn
	if s.done > 0 {
		s.batch.Finish(s.done)
	}
	if s.conn != nil && (killed || s.broken) {
		s.bury()
	}
}

// answer reads the next results of the slice that was sent first.
func (s *shift) answer() {
	first := &s.sent[0]
	spoken := s.listen(len(first.tasks))
	n, err := s.in.Results(first.results)
	spoken()
	switch {
	case err != nil:
		s.died(err)
		return
	case n == 0:
		s.willed = true
		return
	case s.willed:
		s.last(n)
		return
	}
	answered, left := first.split(n)
	s.suspects.clear(answered)
	s.done += n
	if *first = left; len(left.tasks) == 0 {
		s.pop()
	}
}

// listen has the child killed when it says nothing for longer than so many tasks may
// take, until it has spoken. It sees to their Timeout itself, unless it is silent.
func (s *shift) listen(tasks int) (spoken func()) {
	const long = 24 * time.Hour
	if s.Timeout <= 0 || s.Timeout > long {
		return func() {}
	}
	c := s.conn
	timer := time.AfterFunc(min(time.Duration(tasks)*s.Timeout*3/2, long)+time.Second, func() { s.silent.Store(c); c.Kill() })
	return func() {
		if !timer.Stop() {
			s.broken = true // if it has spoken, then too late
		}
	}
}

// last takes the last results of a slice, after a will. The child dies then, or it says
// that it lives, by another will.
func (s *shift) last(n int) {
	answered, left := s.sent[0].split(n)
	left.sent = 0 // it is the first of another slice
	s.willed = false
	s.pop()
	_, err := s.in.Results(nil)
	culprit := s.suspects.keys(answered.tasks[n-1:])
	if r := &answered.results[n-1]; err != nil && isLost(*r) {
		if r.Err = fmt.Errorf("%w: %w", levels.ErrLost, s.bury()); s.batch.Ctx.Err() == nil {
			s.suspects.add(culprit...)
		} else {
			r.Err = context.Cause(s.batch.Ctx)
		}
	} else {
		s.suspects.clear(answered)
	}
	s.done += n
	if len(left.tasks) > 0 {
		s.again = append(s.again, left)
	}
	if err != nil {
		s.over = true
		s.died(err)
	}
}

// pop takes the first slice off the window. Its time says how many such tasks are
// worth a hand-over.
func (s *shift) pop() {
	now := time.Now()
	s.least = int(time.Duration(s.sent[0].size)*handOver/(now.Sub(s.since)+1)) + 1
	s.sent, s.since = s.sent[1:], now
}

// begin takes the tasks of this batch for like those of the last, but not so much that
// a worker would go without a slice if they are not.
func (s *shift) begin() {
	s.least = max(1, min(s.like, len(s.batch.Tasks)/(2*s.Processes)))
}

// died buries the child. The slice that it was at is lost; what lies behind goes to
// another child.
func (s *shift) died(err error) {
	// Unless its channel ended with it, it may have gone on, and nobody knows how far: it
	// lives, or wrote garbage, or its last results were not read in time. One that has told
	// its will has not: it only takes its time to die, as on a machine with much to do.
	unknown := !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, syscall.ECONNRESET)
	if c := s.conn; c != nil {
		lived, how := s.worker.end()
		unknown = unknown || lived && !s.over
		err = fmt.Errorf("%v: %w", err, how)
		if s.silent.Load() == c {
			err = fmt.Errorf("it was silent for too long, and killed: %w", err)
		}
	}
	err = fmt.Errorf("%w: %w", levels.ErrLost, err)
	ended := s.batch.Ctx.Err() != nil
	if ended {
		err = context.Cause(s.batch.Ctx)
	}
	sent := s.sent
	s.sent, s.willed, s.broken = nil, false, false
	for i, f := range sent {
		begun := !f.cut && (unknown || i == 0 && !s.over)
		if begun && !ended {
			s.suspects.add(s.suspects.keys(f.tasks)...)
		}
		if s.over {
			f.sent = 0 // what it waited behind is known, and gone
		}
		if f.cut = false; begun || ended || f.sent >= sends {
			s.fail(f, err)
		} else {
			s.again = append(s.again, f)
		}
	}
	s.over = false
}
