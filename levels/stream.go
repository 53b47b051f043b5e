package levels

import (
	"context"
	"iter"
	"sync"
)

// Stream runs any number of tasks on l and yields each result together with
// the number of its task, as results come in; [InOrder] puts them in order.
//
// Stream cuts tasks into batches of the given size (0 means 256) and keeps two
// of them under way, so that l has the next at hand when it finishes the last:
// no more than four batches are in memory, however many tasks there are. It
// ends when the tasks end, when ctx ends, or when the loop is left; by then
// nothing it started is still running. Tasks not yet handed to l when ctx ends
// have no result.
//
// It takes the tasks in a goroutine of its own, one at a time, and waits for
// the next: a source that may block for long should look at ctx itself.
func Stream(ctx context.Context, l Level, tasks iter.Seq[Task], size int) iter.Seq2[int, Result] {
	if size <= 0 {
		size = 256
	}
	return func(yield func(int, Result) bool) {
		ctx, cancel := context.WithCancel(ctx)
		todo, done := make(chan batch), make(chan batch)

		var running sync.WaitGroup // the cutter and the two runners
		running.Go(func() {
			defer close(todo)
			for b := range cut(ctx, tasks, size) {
				select {
				case todo <- b:
				case <-ctx.Done():
					return
				}
			}
		})
		for range 2 {
			running.Go(func() {
				for b := range todo {
					b.results = l.Run(ctx, b.tasks)
					done <- b
				}
			})
		}
		go func() { running.Wait(); close(done) }() // the drain below waits for it
		defer func() {
			cancel()
			for range done {
			}
		}()

		for b := range done {
			for i, r := range b.results {
				if !yield(b.first+i, r) {
					return
				}
			}
		}
	}
}

// A batch is a slice of the stream, on its way to l and back.
type batch struct {
	first   int // number of the first task
	tasks   []Task
	results []Result
}

// cut divides tasks into batches of the given size; the last may be shorter.
// It stops with the first task that comes after ctx has ended.
func cut(ctx context.Context, tasks iter.Seq[Task], size int) iter.Seq[batch] {
	return func(yield func(batch) bool) {
		b := batch{}
		for t := range tasks {
			if ctx.Err() != nil {
				return
			}
			if b.tasks = append(b.tasks, t); len(b.tasks) == size {
				if !yield(b) {
					return
				}
				b = batch{first: b.first + size}
			}
		}
		if len(b.tasks) > 0 {
			yield(b)
		}
	}
}

// InOrder yields what it gets in the order of the numbers, which start at 0
// and leave none out. It holds back what comes early: the price of order is
// the memory and the wait for the slowest.
func InOrder[T any](results iter.Seq2[int, T]) iter.Seq2[int, T] {
	return func(yield func(int, T) bool) {
		early, next := map[int]T{}, 0
		for i, r := range results {
			early[i] = r
			for r, ok := early[next]; ok; r, ok = early[next] {
				delete(early, next)
				if !yield(next, r) {
					return
				}
				next++
			}
		}
	}
}
