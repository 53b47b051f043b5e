package peers

import (
	"context"
	"sync"

	"github.com/Jeffail/tunny"
	"github.com/alitto/pond/v2"
	"github.com/gammazero/workerpool"
	"github.com/panjf2000/ants/v2"
	"github.com/sourcegraph/conc/iter"
	concpool "github.com/sourcegraph/conc/pool"
	"golang.org/x/sync/errgroup"

	"github.com/fourlevels/fourlevels/levels"
)

// Importing ants opens a pool that nobody uses here, with two goroutines.
func init() { ants.Release() }

// A peer is a pool of somebody else's in the shape of a level. Each is used as its
// documentation shows for a batch whose results are wanted.
type peer struct {
	run   func(ctx context.Context, tasks []levels.Task) []levels.Result
	close func() error
}

func (p peer) Run(ctx context.Context, tasks []levels.Task) []levels.Result {
	return p.run(ctx, tasks)
}

func (p peer) Close() error {
	if p.close == nil {
		return nil
	}
	return p.close()
}

// openAnts blocks at Submit while both workers are busy, as ants does by itself.
// Invoke of a pool with one function was tried, and is no faster.
func openAnts() (levels.Level, error) {
	p, err := ants.NewPool(poolWorkers, ants.WithPreAlloc(true))
	if err != nil {
		return nil, err
	}
	run := func(ctx context.Context, tasks []levels.Task) []levels.Result {
		results := make([]levels.Result, len(tasks))
		var left sync.WaitGroup
		for i, t := range tasks {
			left.Add(1)
			err := p.Submit(func() {
				defer left.Done()
				results[i] = poolFuncs.Do(ctx, t)
			})
			if err != nil {
				results[i].Err = err
				left.Done()
			}
		}
		left.Wait()
		return results
	}
	return peer{run, func() error { return p.ReleaseTimeout(grace) }}, nil
}

// openPond uses a group of tasks that return results.
func openPond() (levels.Level, error) {
	p := pond.NewResultPool[levels.Result](poolWorkers)
	run := func(ctx context.Context, tasks []levels.Task) []levels.Result {
		group := p.NewGroup()
		for _, t := range tasks {
			group.Submit(func() levels.Result { return poolFuncs.Do(ctx, t) })
		}
		results, err := group.Wait()
		if err != nil {
			return levels.Failed(len(tasks), err)
		}
		return results
	}
	return peer{run, func() error { p.StopAndWait(); return nil }}, nil
}

func openWorkerpool() (levels.Level, error) {
	p := workerpool.New(poolWorkers)
	run := func(ctx context.Context, tasks []levels.Task) []levels.Result {
		results := make([]levels.Result, len(tasks))
		var left sync.WaitGroup
		for i, t := range tasks {
			left.Add(1)
			p.Submit(func() {
				defer left.Done()
				results[i] = poolFuncs.Do(ctx, t)
			})
		}
		left.Wait()
		return results
	}
	return peer{run, func() error { p.StopWait(); return nil }}, nil
}

// openTunny has a goroutine for each task, which waits until a worker has done it: that
// is the only way in.
func openTunny() (levels.Level, error) {
	type job struct {
		ctx  context.Context
		task levels.Task
	}
	p := tunny.NewFunc(poolWorkers, func(payload any) any {
		j := payload.(job)
		return poolFuncs.Do(j.ctx, j.task)
	})
	run := func(ctx context.Context, tasks []levels.Task) []levels.Result {
		results := make([]levels.Result, len(tasks))
		var left sync.WaitGroup
		for i, t := range tasks {
			left.Go(func() { results[i] = p.Process(job{ctx, t}).(levels.Result) })
		}
		left.Wait()
		return results
	}
	return peer{run, func() error { p.Close(); return nil }}, nil
}

// openErrgroup starts a goroutine for each task, two at a time: there is no pool
// that could be open.
func openErrgroup() (levels.Level, error) {
	return peer{run: func(ctx context.Context, tasks []levels.Task) []levels.Result {
		results := make([]levels.Result, len(tasks))
		var g errgroup.Group
		g.SetLimit(poolWorkers)
		for i, t := range tasks {
			g.Go(func() error {
				results[i] = poolFuncs.Do(ctx, t)
				return results[i].Err
			})
		}
		if err := g.Wait(); err != nil {
			return levels.Failed(len(tasks), err)
		}
		return results
	}}, nil
}

// openConcPool makes a pool for each batch, for it is good for one. Its kind with
// results gives them in no order, so they are kept by place.
func openConcPool() (levels.Level, error) {
	return peer{run: func(ctx context.Context, tasks []levels.Task) []levels.Result {
		results := make([]levels.Result, len(tasks))
		p := concpool.New().WithMaxGoroutines(poolWorkers)
		for i, t := range tasks {
			p.Go(func() { results[i] = poolFuncs.Do(ctx, t) })
		}
		p.Wait()
		return results
	}}, nil
}

func openConcMap() (levels.Level, error) {
	mapper := iter.Mapper[levels.Task, levels.Result]{MaxGoroutines: poolWorkers}
	return peer{run: func(ctx context.Context, tasks []levels.Task) []levels.Result {
		return mapper.Map(tasks, func(t *levels.Task) levels.Result { return poolFuncs.Do(ctx, *t) })
	}}, nil
}

func openConcForEach() (levels.Level, error) {
	each := iter.Iterator[levels.Task]{MaxGoroutines: poolWorkers}
	return peer{run: func(ctx context.Context, tasks []levels.Task) []levels.Result {
		results := make([]levels.Result, len(tasks))
		each.ForEachIdx(tasks, func(i int, t *levels.Task) { results[i] = poolFuncs.Do(ctx, *t) })
		return results
	}}, nil
}
