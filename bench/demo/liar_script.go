package demo

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/fourlevels/fourlevels/bench/live"
)

// A slowScript is what happens in a time of its own: a simulated one, or one that was
// measured and is too short to be seen. It is played on the stage at another speed.
//
// It begins on a grid of the show's clock, so that two recordings of a simulation have the
// same spans, though no two shows begin at the same nanosecond.
type slowScript struct {
	stage *live.Stage
	begin time.Duration // on the clock of the show
	from  time.Duration // the moment of the script's own time that this is
	slow  float64       // how much longer a moment takes on stage
	steps []slowStep
}

// A slowStep is something to show at a moment of the script's time.
type slowStep struct {
	at   time.Duration
	ends bool // at the same moment, what ends comes before what begins
	show func()
}

// slowScript returns an empty script that is so many times slower than life, at the usual
// pace.
func (c Config) slowScript(s *live.Stage, from time.Duration, slow float64) *slowScript {
	second := c.scaled(time.Second)
	grid := max(second, 20*time.Millisecond)
	return &slowScript{stage: s, begin: (s.Now()/grid + 1) * grid, from: from, slow: slow * second.Seconds()}
}

func (p *slowScript) add(at time.Duration, show func()) {
	p.steps = append(p.steps, slowStep{at: at, show: show})
}

// span is shown when it begins, and again when it ends.
func (p *slowScript) span(lane string, task int, state live.State, from, to time.Duration) {
	if to <= from {
		return
	}
	span := live.Span{Lane: lane, Task: task, State: state, T0: int64(p.on(from))}
	whole := span
	whole.T1 = max(span.T0+1, int64(p.on(to)))
	p.add(from, func() { p.stage.Span(span) })
	p.steps = append(p.steps, slowStep{at: to, ends: true, show: func() { p.stage.Span(whole) }})
}

// play shows the steps in their order, each when it is time. It returns the cause of ctx
// if that ends before.
func (p *slowScript) play(ctx context.Context) error {
	slices.SortStableFunc(p.steps, func(a, b slowStep) int {
		order := cmp.Compare(a.at, b.at)
		if order == 0 && a.ends != b.ends {
			order = 1
			if a.ends {
				order = -1
			}
		}
		return order
	})
	timer := time.NewTimer(0)
	defer timer.Stop()
	for _, step := range p.steps {
		timer.Reset(p.on(step.at) - p.stage.Now())
		select {
		case <-timer.C:
			step.show()
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// on is a moment of the script's time on the clock of the show.
func (p *slowScript) on(moment time.Duration) time.Duration {
	return p.begin + time.Duration(float64(moment-p.from)*p.slow)
}
