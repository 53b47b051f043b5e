package loop

import (
	"errors"
	"runtime"
	"sync"
	"time"

	"github.com/fourlevels/fourlevels/levels"
)

const (
	startsPerPass = 64  // tasks begun between two polls, so that a huge batch starves no event
	readyPerPass  = 256 // callbacks between two polls
	maxEvents     = 512 // in one poll
)

// An event says that a connection is worth a look. The generation tells it from an
// earlier one that had the same descriptor.
type event struct {
	fd  int
	gen uint32
	end bool // the other side sends no more, or something is wrong
}

var errGoexit = errors.New("the function ended its goroutine (runtime.Goexit) instead of returning")

// A loop belongs to its thread, but for what mu guards.
type loop struct {
	config   Config
	poll     poller
	now      time.Time // when it last woke
	quit     bool
	batches  []*batch // that have tasks left to start
	inFlight int
	running  running // the user's code that runs now
	ready    []ready // callbacks that are due; those before head have been called
	head     int
	timers   timers
	handing  handing
	client   client
	hands    sync.WaitGroup // goroutines that wait for an Executor

	mu     sync.Mutex
	posted []func() // by other threads
	asleep bool     // the loop sleeps, or is about to
}

// running is whose code the loop is in: a Func's if call is nil.
type running struct {
	batch *batch
	index int
	call  *Call
}

// A ready callback belongs to a call that may have ended since it became ready.
type ready struct {
	call   *Call
	plain  func() // one of both
	then   func([]byte, error)
	output []byte
	err    error
}

func newLoop(c Config) (*loop, error) {
	p, err := newPoller()
	if err != nil {
		return nil, err
	}
	return &loop{config: c, poll: p, client: newClient()}, nil
}

// post has the loop call f: the one way in for other threads.
func (l *loop) post(f func()) {
	l.mu.Lock()
	l.posted = append(l.posted, f)
	wake := l.asleep
	l.asleep = false // one wake-up is enough
	l.mu.Unlock()
	if wake {
		l.poll.wake()
	}
}

// live is the life of the loop. The goroutine keeps its thread until both end.
func (l *Level) live() {
	runtime.LockOSThread()
	ended := false
	defer func() {
		if ended {
			return
		}
		if v := recover(); v != nil {
			panic(v) // the trace still shows where it began
		}
		l.thread.Go(func() { // a function ended this goroutine, so another takes over
			l.loop.blame(errGoexit)
			l.live()
		})
	}()
	for !l.loop.quit {
		l.loop.pass()
	}
	ended = true
}

// pass is one turn of the loop. Only start and callbacks enter code of the user,
// and both can be left and entered again at any point.
func (l *loop) pass() {
	l.take()
	l.start()
	l.callbacks()
	l.handOver()
	l.unpark()
	l.wait()
	l.expire()
}

// take calls what other threads have posted.
func (l *loop) take() {
	l.mu.Lock()
	posted := l.posted
	l.posted, l.asleep = nil, false
	l.mu.Unlock()
	for _, f := range posted {
		f()
	}
}

// callbacks calls those that are due. What becomes due meanwhile waits for its turn.
func (l *loop) callbacks() {
	for end := min(len(l.ready), l.head+readyPerPass); l.head < end; {
		r := l.ready[l.head]
		l.ready[l.head] = ready{}
		l.head++
		if r.call.ended {
			continue
		}
		r.call.waits--
		l.enter(r.call, func() {
			if r.plain != nil {
				r.plain()
			} else {
				r.then(r.output, r.err)
			}
		})
	}
	if 2*l.head >= len(l.ready) { // or the queue would grow for as long as it is not empty
		n := copy(l.ready, l.ready[l.head:])
		clear(l.ready[n:])
		l.ready, l.head = l.ready[:n], 0
	}
}

// wait sleeps until there is something to do, and takes it in.
func (l *loop) wait() {
	timeout := l.timeout()
	if timeout != 0 {
		l.mu.Lock()
		if len(l.posted) > 0 {
			timeout = 0
		} else {
			l.asleep = true
		}
		l.mu.Unlock()
	}
	again := l.client.again
	l.client.again = nil
	events := l.poll.wait(timeout)
	l.now = time.Now()
	for _, e := range events {
		l.event(e)
	}
	for _, e := range again {
		l.event(e)
	}
}

// timeout is how long the loop may sleep; negative means until an event.
func (l *loop) timeout() time.Duration {
	if l.quit || l.head < len(l.ready) || len(l.client.again) > 0 || len(l.batches) > 0 && l.inFlight < l.config.InFlight {
		return 0
	}
	next := l.client.next()
	if len(l.timers) > 0 && (next.IsZero() || l.timers[0].at.Before(next)) {
		next = l.timers[0].at
	}
	if next.IsZero() {
		return -1
	}
	return max(0, time.Until(next))
}

// blame fails the task whose function did not return.
func (l *loop) blame(err error) {
	r := l.running
	l.running = running{}
	switch {
	case r.call == nil:
		r.batch.finish(r.index, levels.Result{Err: err})
	case !r.call.ended: // it may have been done with its task
		r.call.end(levels.Result{Err: err})
	}
}

// shut gives back what the loop holds. Its thread has ended.
func (l *loop) shut() error {
	l.closeIdle(func(*conn) bool { return true })
	return l.poll.close()
}
