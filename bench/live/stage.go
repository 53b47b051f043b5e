package live

import (
	"context"
	"errors"
	"sync"
	"time"
)

// A Viewer shows a stage. Show gets one event at a time, in their order, and must not
// keep the stage waiting: what draws slowly draws on its own time. Close shows the last
// frame, and waits until it is shown.
type Viewer interface {
	Show(Event)
	Close() error
}

// Config is how a stage is set.
type Config struct {
	Viewers []Viewer
	Keys    <-chan rune // what the presenter presses; nil if nobody can
	Predict bool        // ask the audience before it sees
	Lanes   int         // that a scene should have at most, for a projector; 0 means 16
}

// A Stage is where a demo acts. Its methods may be called at once by many goroutines.
type Stage struct {
	config Config
	begin  time.Time

	mu sync.Mutex // keeps events in order
}

// NewStage begins a show: its clock starts now.
func NewStage(c Config) *Stage {
	if c.Lanes == 0 {
		c.Lanes = 16
	}
	return &Stage{config: c, begin: time.Now()}
}

// Now is the time on the clock of the show.
func (s *Stage) Now() time.Duration { return time.Since(s.begin) }

// Lanes is how many lanes a scene should have at most.
func (s *Stage) Lanes() int { return s.config.Lanes }

// Predict reports whether the audience is asked before it sees.
func (s *Stage) Predict() bool { return s.config.Predict }

// Keys are what the presenter presses. It never delivers if nobody can press.
func (s *Stage) Keys() <-chan rune { return s.config.Keys }

// Forget takes the keys that nobody has taken so far: they were meant for what was shown
// then.
func (s *Stage) Forget() {
	for range len(s.config.Keys) {
		select {
		case <-s.config.Keys:
		default: // somebody else took it
		}
	}
}

func (s *Stage) Scene(v Scene)  { s.show(Event{Scene: &v}) }
func (s *Stage) Span(v Span)    { s.show(Event{Span: &v}) }
func (s *Stage) Count(v Count)  { s.show(Event{Count: &v}) }
func (s *Stage) Point(v Point)  { s.show(Event{Point: &v}) }
func (s *Stage) Bars(v Bars)    { s.show(Event{Bars: &v}) }
func (s *Stage) Table(v Table)  { s.show(Event{Table: &v}) }
func (s *Stage) Say(say string) { s.show(Event{Say: say}) }

func (s *Stage) show(e Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e.At = s.Now()
	for _, v := range s.config.Viewers {
		v.Show(e)
	}
}

// Begin opens a span that goes on until end is called, once.
func (s *Stage) Begin(lane string, task int, state State) (end func()) {
	span := Span{Lane: lane, Task: task, State: state, T0: max(1, int64(s.Now()))}
	s.Span(span)
	return func() {
		span.T1 = max(span.T0+1, int64(s.Now()))
		s.Span(span)
	}
}

// Ask puts a question to the audience, if the show is one that asks. It blocks until the
// presenter presses a key after that, and returns ctx's cause if it ends before. Tell says the answer
// when it has been seen; it does nothing if nobody was asked.
func (s *Stage) Ask(ctx context.Context, question string, choices ...string) (tell func(answer int), err error) {
	if !s.config.Predict {
		return func(int) {}, nil
	}
	if s.config.Keys == nil {
		return nil, errors.New("nobody can answer: there is no terminal to press a key at")
	}
	s.Forget()
	s.show(Event{Vote: &Vote{Question: question, Choices: choices}})
	select {
	case <-s.config.Keys:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	return func(answer int) {
		s.show(Event{Vote: &Vote{Question: question, Choices: choices, Answer: answer}})
	}, nil
}

// Close closes the viewers, in their order, and returns all their errors.
func (s *Stage) Close() error {
	var errs []error
	for _, v := range s.config.Viewers {
		errs = append(errs, v.Close())
	}
	return errors.Join(errs...)
}
