package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/fourlevels/fourlevels/bench/live"
)

// orCause is why a show has ended: once ctx has, whatever else went wrong did so for that.
func orCause(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// curtain begins a scene for a question that comes before all others.
func curtain(s *live.Stage, title string) {
	if s.Predict() {
		s.Scene(live.Scene{Title: title})
	}
}

// clocks says how far the clocks of workers were off at most. They were set right before
// anything was drawn.
func clocks(s *live.Stage, collectors ...*live.Collector) {
	var ahead, within time.Duration
	for _, c := range collectors {
		for _, skew := range c.Skews() {
			ahead, within = max(ahead, skew.Ahead.Abs()), max(within, skew.Within)
		}
	}
	s.Count(live.Count{Name: "workers' clocks, off", Value: float64(ahead.Microseconds()), Unit: "µs"})
	s.Count(live.Count{Name: "known within", Value: float64(within.Microseconds()), Unit: "µs"})
}

// three writes a number with three digits, or all of those before the point.
func three(v float64) string {
	if v >= 100 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

// A strip is one lane, which is in one state after another. One goroutine at a time may use
// it.
type strip struct {
	stage *live.Stage // nil for a lane that is not shown
	span  live.Span   // what it is in now; nothing while T0 is 0
}

// become ends the state that the lane is in, and begins another.
func (l *strip) become(state live.State, task int) {
	if l.stage == nil {
		return
	}
	l.end()
	l.span.State, l.span.Task = state, task
	l.span.T0, l.span.T1 = max(1, int64(l.stage.Now())), 0
	l.stage.Span(l.span)
}

// lose ends the state that the lane is in as one that nobody finishes.
func (l *strip) lose() {
	l.span.State = live.Lost
	l.end()
}

// end leaves the lane in no state.
func (l *strip) end() {
	if l.span.T0 == 0 {
		return
	}
	l.span.T1 = max(l.span.T0+1, int64(l.stage.Now()))
	l.stage.Span(l.span)
	l.span.T0 = 0
}
