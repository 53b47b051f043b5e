package learn

import (
	"context"
	"fmt"
	"time"
)

// A graded is a verdict, or why there is none.
type graded struct {
	Verdict
	err error
}

// A grading runs at most one grade, beside whoever reads commands.
type grading struct {
	tools  *Tools
	done   chan graded
	cancel context.CancelFunc
	over   chan struct{} // closed when the one that runs is
	since  time.Time     // it began
	// patience is for how long it is to run until the next word is said of it.
	patience time.Duration
}

// start begins a grade, in place of one that still runs.
func (g *grading) start(ctx context.Context, l Lesson) {
	g.stop()
	ctx, g.cancel = context.WithCancel(ctx)
	over := make(chan struct{})
	g.over, g.since, g.patience = over, time.Now(), 3*time.Second
	go func() {
		defer close(over)
		v, err := g.tools.Grade(ctx, l)
		if ctx.Err() != nil {
			return
		}
		select {
		case g.done <- graded{v, err}:
		case <-ctx.Done():
		}
	}()
}

// stop ends the grade that runs, and waits for it.
func (g *grading) stop() {
	if g.cancel != nil {
		g.cancel()
		<-g.over
	}
}

// word tells whoever waits for a grade that it goes on: after three seconds of building, and
// after each ten of anything. Mostly there is nothing to tell.
func (g *grading) word() string {
	if g.over == nil || g.isOver() || time.Since(g.since) < g.patience {
		return ""
	}
	took, building := time.Since(g.since).Truncate(ten), g.tools.building.Load()
	g.patience = took + ten
	switch {
	case took > 0 && building:
		return fmt.Sprintf("still building (%v)\n", took)
	case took > 0:
		return fmt.Sprintf("still grading (%v)\n", took)
	case building:
		return "building: the first time it takes a minute or two, then seconds\n"
	}
	return ""
}

const ten = 10 * time.Second

func (g *grading) isOver() bool {
	select {
	case <-g.over:
		return true
	default:
		return false
	}
}
