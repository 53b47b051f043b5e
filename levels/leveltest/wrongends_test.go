package leveltest_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/fourlevels/fourlevels/levels"
)

// Levels that are wrong about ends: of a ctx, a goroutine, a worker, their own.

// pretends returns at once, with results of nothing.
func pretends(<-chan struct{}) levels.Level {
	return &twist{good: newGood(), run: func(ctx context.Context, tasks []levels.Task) []levels.Result {
		return make([]levels.Result, len(tasks))
	}}
}

func knowsNothing(<-chan struct{}) levels.Level { return &good{} }

func neverStarts(stop <-chan struct{}) levels.Level {
	return &twist{good: newGood(), run: func(ctx context.Context, tasks []levels.Task) []levels.Result {
		<-stop
		return nil
	}}
}

func ignoresCtx(<-chan struct{}) levels.Level {
	g := newGood()
	return &twist{good: g, run: func(ctx context.Context, tasks []levels.Task) []levels.Result {
		return g.Run(context.WithoutCancel(ctx), tasks)
	}}
}

func dropsCause(<-chan struct{}) levels.Level {
	g := newGood()
	return &twist{good: g, run: func(ctx context.Context, tasks []levels.Task) []levels.Result {
		results := g.Run(ctx, tasks)
		for i, r := range results {
			if r.Err != nil && r.Err == context.Cause(ctx) {
				results[i].Err = ctx.Err()
			}
		}
		return results
	}}
}

// endsWithCtx takes the end of one call for its own.
func endsWithCtx(<-chan struct{}) levels.Level {
	g := newGood()
	return &twist{good: g, run: func(ctx context.Context, tasks []levels.Task) []levels.Result {
		results := g.Run(ctx, tasks)
		if ctx.Err() != nil {
			g.Close()
		}
		return results
	}}
}

// looksLate starts a task before it looks whether it may.
func looksLate(<-chan struct{}) levels.Level {
	g := newGood()
	return &twist{good: g, run: func(ctx context.Context, tasks []levels.Task) []levels.Result {
		if ctx.Err() != nil && len(tasks) > 0 {
			g.Run(context.WithoutCancel(ctx), tasks[:1])
		}
		return g.Run(ctx, tasks)
	}}
}

// hurries tells its workers the deadline, and believes what they say when it is
// over. They do not know the cause.
func hurries(<-chan struct{}) levels.Level {
	g := newGood()
	return &twist{good: g, run: func(ctx context.Context, tasks []levels.Task) []levels.Result {
		results := g.Run(ctx, tasks)
		if _, ok := ctx.Deadline(); ok {
			for i, r := range results {
				if r.Err != nil {
					results[i].Err = context.DeadlineExceeded
				}
			}
		}
		return results
	}}
}

// loner has one worker for life, even if a task ends it.
func loner(stop <-chan struct{}) levels.Level {
	g := newGood()
	jobs, quit, gone := make(chan func()), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		for {
			select {
			case job := <-jobs:
				job()
			case <-quit:
				return
			}
		}
	}()
	run := func(ctx context.Context, tasks []levels.Task) []levels.Result {
		done := make(chan []levels.Result, 1)
		job := func() {
			var results []levels.Result
			for _, t := range tasks {
				results = append(results, g.funcs.Do(ctx, t))
			}
			done <- results
		}
		select {
		case jobs <- job:
		case <-stop:
			return nil
		}
		select {
		case results := <-done:
			return results
		case <-stop:
			return nil
		}
	}
	quits := sync.OnceFunc(func() { close(quit) })
	return &twist{good: g, run: run, close: func() error { quits(); <-gone; return nil }}
}

func deniesDeath(<-chan struct{}) levels.Level {
	g := newGood()
	return &twist{good: g, run: func(ctx context.Context, tasks []levels.Task) []levels.Result {
		tasks, _ = disarm(tasks)
		return g.Run(ctx, tasks)
	}}
}

// infects fails what was beside a worker that died, and does not say it is lost.
func infects(<-chan struct{}) levels.Level {
	m := mortal{newGood()}
	spoil := losesBeside(levels.ErrLost, errors.New("broken pipe"))
	return &twist{good: m.good, run: func(ctx context.Context, tasks []levels.Task) []levels.Result {
		return spoil(tasks, m.Run(ctx, tasks))
	}}
}

// staysDead does not replace its worker.
func staysDead(<-chan struct{}) levels.Level {
	m := mortal{newGood()}
	var dead atomic.Bool
	return &twist{good: m.good, run: func(ctx context.Context, tasks []levels.Task) []levels.Result {
		if dead.Load() {
			return levels.Failed(len(tasks), levels.ErrLost)
		}
		_, died := disarm(tasks)
		dead.Store(len(died) > 0)
		return m.Run(ctx, tasks)
	}}
}

// leavesEarly closes without a look at what is running.
func leavesEarly(<-chan struct{}) levels.Level {
	g := newGood()
	var closed atomic.Bool
	run := func(ctx context.Context, tasks []levels.Task) []levels.Result {
		if closed.Load() {
			return levels.Failed(len(tasks), levels.ErrClosed)
		}
		return g.Run(ctx, tasks)
	}
	return &twist{good: g, run: run, close: func() error { closed.Store(true); return nil }}
}

// slams ends the tasks that are running when it closes.
func slams(<-chan struct{}) levels.Level {
	g := newGood()
	life, end := context.WithCancelCause(context.Background())
	run := func(ctx context.Context, tasks []levels.Task) []levels.Result {
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		defer context.AfterFunc(life, func() { cancel(context.Cause(life)) })()
		return g.Run(ctx, tasks)
	}
	return &twist{good: g, run: run, close: func() error { end(levels.ErrClosed); return g.Close() }}
}

// discards what is done after it began to close.
func discards(<-chan struct{}) levels.Level {
	g := newGood()
	var closing atomic.Bool
	run := func(ctx context.Context, tasks []levels.Task) []levels.Result {
		results := g.Run(ctx, tasks)
		if closing.Load() {
			return levels.Failed(len(tasks), levels.ErrClosed)
		}
		return results
	}
	return &twist{good: g, run: run, close: func() error { closing.Store(true); return g.Close() }}
}

func neverCloses(stop <-chan struct{}) levels.Level {
	return &twist{good: newGood(), close: func() error { <-stop; return nil }}
}

func staysOpen(<-chan struct{}) levels.Level {
	return &twist{good: newGood(), close: func() error { return nil }}
}

func closesOnce(<-chan struct{}) levels.Level {
	g := newGood()
	var closed atomic.Bool
	return &twist{good: g, close: func() error {
		if closed.Swap(true) {
			return errors.New("closed twice")
		}
		return g.Close()
	}}
}

// forgets leaves a goroutine behind.
func forgets(stop <-chan struct{}) levels.Level {
	go func() { <-stop }()
	return newGood()
}

// forgetsCancelled does so only with calls that were cancelled.
func forgetsCancelled(stop <-chan struct{}) levels.Level {
	g := newGood()
	return &twist{good: g, run: func(ctx context.Context, tasks []levels.Task) []levels.Result {
		results := g.Run(ctx, tasks)
		if ctx.Err() != nil {
			go func() { <-stop }()
		}
		return results
	}}
}
