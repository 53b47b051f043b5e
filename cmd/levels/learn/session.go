package learn

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A Session leads a student through the lessons.
type Session struct {
	Course *Course
	Tools  *Tools
	In     io.Reader
	Out    io.Writer
	Width  int           // of the terminal, in columns; 0 means that there is none
	Poll   time.Duration // between two looks at the file; 0 means 300 ms

	lesson  Lesson
	was     string   // its files, when they were last looked at
	verdict *Verdict // the latest; nil before
	grading *grading
	unsaved bool // it was said that progress cannot be kept
}

// begin is the lesson to begin with: the one that is named, or else the first that is not
// passed. There is none once all are.
func (s *Session) begin(name string) (l Lesson, ok bool, err error) {
	if name != "" {
		picked, err := s.Course.Pick([]string{name})
		if err != nil {
			return l, false, err
		}
		return picked[0], true, nil
	}
	l, ok = s.Course.next(0)
	return l, ok, nil
}

// next is the first lesson after number n that is not passed, and behind the last one the
// first of all: whoever has begun in the middle comes round.
func (c *Course) next(n int) (Lesson, bool) {
	for _, behind := range []bool{true, false} {
		for _, l := range c.Lessons {
			if l.N > n == behind && !c.Progress.Passed(l.ID) {
				return l, true
			}
		}
	}
	return Lesson{}, false
}

// Once grades the lesson, and records it.
func (s *Session) Once(ctx context.Context, start string) (passed bool, err error) {
	l, ok, err := s.begin(start)
	if err != nil || !ok {
		if err == nil {
			s.end()
		}
		return true, err
	}
	s.lesson = l
	s.printf("%s  %s\n%s\n", l.ID, l.Title, short(l.File))
	s.grading = &grading{tools: s.Tools, done: make(chan graded)}
	defer s.grading.stop()
	s.grading.start(ctx, l)
	poll := time.NewTicker(s.poll())
	defer poll.Stop()
	for {
		select {
		case <-ctx.Done():
			return false, context.Cause(ctx)
		case <-poll.C:
			s.printf("%s", s.grading.word())
		case r := <-s.grading.done:
			if r.err != nil {
				return false, r.err
			}
			return r.Passed, s.graded(ctx, r.Verdict)
		}
	}
}

// Watch grades the file whenever it changes, and takes commands, until it is told to quit
// or its input ends.
func (s *Session) Watch(ctx context.Context, start string) error {
	l, ok, err := s.begin(start)
	if err != nil {
		return err
	}
	if !ok {
		s.end()
		return nil
	}
	ctx, leave := context.WithCancelCause(ctx)
	defer leave(nil)
	s.grading = &grading{tools: s.Tools, done: make(chan graded)}
	defer s.grading.stop()
	lines := read(ctx, s.In)
	if s.enter(l); !s.asks() {
		s.printf(underWay)
		s.grading.start(ctx, l)
	}
	poll := time.NewTicker(s.poll())
	defer poll.Stop()
	for err == nil {
		select {
		case <-ctx.Done():
			err = context.Cause(ctx)
		case <-poll.C:
			s.changed(ctx)
			s.printf("%s", s.grading.word())
		case r := <-s.grading.done:
			if err = r.err; err == nil {
				err = s.graded(ctx, r.Verdict)
			}
			s.prompt()
		case line, ok := <-lines:
			if !ok {
				return nil
			}
			err = s.typed(ctx, line)
		}
	}
	if err == errQuit {
		return nil
	}
	return err
}

// errQuit is the student's wish to leave.
var errQuit = errors.New("quit")

// changed grades the file if it is another than before.
func (s *Session) changed(ctx context.Context) {
	if now := look(s.lesson); now != s.was {
		s.was = now
		s.printf("\n%s has changed: "+underWay, filepath.Base(s.lesson.File))
		s.grading.start(ctx, s.lesson)
	}
}

// typed does what was typed.
func (s *Session) typed(ctx context.Context, line string) error {
	before := s.lesson.ID
	do := s.command(strings.ToLower(strings.TrimSpace(line)))
	if s.lesson.ID != before {
		s.grading.stop()
	}
	switch {
	case do == leaves:
		return errQuit
	case do == grades:
		s.grading.start(ctx, s.lesson)
	}
	return nil
}

func (s *Session) poll() time.Duration {
	if s.Poll == 0 {
		return 300 * time.Millisecond
	}
	return s.Poll
}

// read reads lines until the input or ctx ends. Its goroutine cannot be told to stop
// reading: at the end it waits at a terminal, and goes with the process.
func read(ctx context.Context, r io.Reader) <-chan string {
	lines := make(chan string)
	go func() {
		defer close(lines)
		for in := bufio.NewScanner(r); in.Scan(); {
			select {
			case lines <- in.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	return lines
}

// look is a lesson's Go files as they are now: names, sizes, times. It is asked for again
// and again, because notice of changes is not had in containers and on network drives.
func look(l Lesson) (state string) {
	files, _ := filepath.Glob(filepath.Join(l.Dir, "*.go"))
	for _, file := range files {
		if info, err := os.Stat(file); err == nil {
			state += fmt.Sprintln(file, info.Size(), info.ModTime().UnixNano())
		}
	}
	return state
}
