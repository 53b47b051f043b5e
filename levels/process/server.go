package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/internal/wire"
)

// A server reads slices and runs them, in the same goroutine: to hand one to another
// could mean to wake a processor for it. But while a slice takes long, somebody has
// to read on, to see when the caller is gone, and lest the caller waits to be read
// while this waits to be read by it.
type server struct {
	ctx    context.Context // of the tasks
	cancel context.CancelCauseFunc
	level  levels.Level
	in     *wire.Reader
	out    *wire.Writer
	watch  *watch // nil: tasks may take for ever

	running sync.Mutex // held while a slice runs
	results []levels.Result

	load    wire.Load // the slice that was read last
	more    bool      // there was one
	readErr error     // why there is no more
	err     error     // of out
	reading *time.Timer
	ahead   chan struct{} // the next slice was read meanwhile
	looked  chan struct{} // read waits until somebody has looked what comes behind that; nil if nobody does
}

// patience is how long a slice may run before somebody else reads on.
const patience = 2 * time.Millisecond

// serve runs slices until there are no more, or results cannot be written. A Func that
// ends its goroutine ends that one, not the worker.
func (s *server) serve() error {
	for {
		var life sync.WaitGroup
		more := true
		life.Go(func() { more = s.live() })
		life.Wait()
		if !more {
			if s.err != nil {
				return s.err
			}
			return s.readErr // next has waited for it
		}
		if err := s.out.Will(); err != nil { // it lives
			return s.broken(err)
		}
	}
}

func (s *server) live() (more bool) {
	for s.next() {
		if err := s.run(); err != nil {
			s.reading.Stop() // it may have begun, then it ends with r
			s.err = s.broken(err)
			return false
		}
	}
	return false
}

// broken says that out is.
func (s *server) broken(err error) error {
	err = fmt.Errorf("write results: %w", err)
	s.cancel(err)
	return err
}

// next reads a slice, unless that was done ahead.
func (s *server) next() bool {
	if s.reading != nil && !s.reading.Stop() {
		<-s.ahead
	} else {
		s.read()
	}
	s.reading = nil
	return s.more
}

// read reads a slice. None means that the caller is gone.
func (s *server) read() {
	if s.looked != nil {
		<-s.looked
		s.looked = nil
	}
	err := s.in.Load(&s.load)
	if s.more = err == nil; s.more {
		return
	}
	s.gone(err)
}

// gone keeps why there is no more, and tells the tasks.
func (s *server) gone(err error) {
	if err != io.EOF {
		s.readErr = fmt.Errorf("read tasks: %w", err)
	}
	s.cancel(errors.Join(errGone, s.readErr))
}

var errGone = errors.New("the caller is gone")

// readAhead reads the next slice, and then looks whether the caller goes: it sends no more
// than that before it has an answer, and while there is none nobody else would see.
func (s *server) readAhead() {
	s.load = wire.Load{} // its memory is in use
	s.read()
	if !s.more {
		s.ahead <- struct{}{}
		return
	}
	looked := make(chan struct{})
	s.looked = looked
	s.ahead <- struct{}{} // next waits for it, and read for the rest; after an error of out nobody does
	if err := s.in.Ended(); err != nil {
		s.gone(err)
	}
	close(looked)
}

// run runs the slice that was read.
func (s *server) run() error {
	s.running.Lock()
	defer s.running.Unlock()
	if s.ctx.Err() != nil { // nobody waits for it
		return nil
	}
	tasks := s.load.Tasks
	s.reading = time.AfterFunc(patience, s.readAhead)
	if serial, ok := s.level.(*levels.Serial); ok {
		return s.one(serial.Funcs, tasks)
	}
	return s.whole(tasks)
}

var errGoexit = fmt.Errorf("%w: a function ended the goroutine of its batch (runtime.Goexit)", levels.ErrLost)

// whole runs a slice on a level, which may be of any kind.
func (s *server) whole(tasks []levels.Task) error {
	returned := false
	defer func() {
		if !returned {
			s.out.Will() // if that fails, the next write does too
			s.out.Results(levels.Failed(len(tasks), errGoexit))
		}
	}()
	results := s.level.Run(s.ctx, tasks)
	returned = true
	return s.out.Results(results)
}

// one runs a slice task by task, as [levels.Serial] does. So it knows which one
// ends the goroutine, or the process, and can say so on the way out.
func (s *server) one(funcs levels.Funcs, tasks []levels.Task) error {
	if cap(s.results) < len(tasks) {
		s.results = make([]levels.Result, len(tasks))
	}
	s.results = s.results[:len(tasks)]
	i, turn := 0, s.watch.begin()
	defer func() {
		if i < len(tasks) {
			s.watch.next(turn, true) // or the watch is telling another end of it
			s.will(i, errGoexit)     // or it panics, and the obituary says so
		}
	}()
	for ; i < len(tasks); i++ {
		s.results[i] = funcs.Do(s.ctx, tasks[i])
		turn = s.watch.next(turn, i+1 == len(tasks))
	}
	return s.out.Results(s.results)
}

// will tells the results so far, and that of the task that was the last to begin. If
// that fails, so does the next write.
func (s *server) will(last int, err error) {
	s.out.Results(s.results[:last])
	s.out.Will()
	s.out.Results([]levels.Result{{Err: err}})
}
