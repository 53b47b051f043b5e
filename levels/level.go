// Package levels runs the same tasks at four levels of concurrency: on
// machines, in processes, on threads, and as asynchronous I/O.
//
// This file is the whole contract. A level is a [Level], a task is a [Task];
// each level lives in a folder of that name and knows none of the others.
package levels

import (
	"context"
	"errors"
	"fmt"
)

// A Task is one unit of work: the name of a function and the input to call it
// with. It is plain data, so that it can be handed to a goroutine, written
// down a pipe, or left in a queue for another machine.
type Task struct {
	Func  string
	Input []byte
}

// A Result is what became of a [Task]: its output, or the reason there is none.
type Result struct {
	Output []byte
	Err    error
}

// A Level runs tasks concurrently, with its own kind of worker.
//
// The caller stays sequential: it hands over a batch and gets the results back
// in order. How the batch is spread, and what a worker is, is the level's
// business.
type Level interface {
	// Run runs tasks and returns their results, result i for task i. It blocks
	// until each task has one. When ctx ends first it starts no further task,
	// and tasks that did not finish fail with the cause of ctx.
	//
	// Run neither changes nor keeps tasks. Calls may overlap.
	Run(ctx context.Context, tasks []Task) []Result

	// Close lets running tasks finish and gives back all that the level holds.
	// Later tasks fail with [ErrClosed]. Closing again does nothing.
	Close() error
}

var (
	// ErrClosed says that the level was closed before the task could start.
	ErrClosed = errors.New("level is closed")

	// ErrLost says that the worker went away with the task. The task may have
	// run, in part or in full: this is the third outcome, beside done and failed.
	ErrLost = errors.New("worker is lost")
)

// A Func does the work of the tasks that carry its name. It only reads input,
// does not keep it, and returns early when ctx ends.
type Func func(ctx context.Context, input []byte) (output []byte, err error)

// Funcs are the functions a worker knows. Names travel between workers and
// code does not, so both ends of a level are built with the same Funcs.
type Funcs map[string]Func

// Do runs one task in the calling goroutine. Whatever the level, this is what
// its workers do in the end.
func (fs Funcs) Do(ctx context.Context, t Task) Result {
	if ctx.Err() != nil {
		return Result{Err: context.Cause(ctx)}
	}
	f, ok := fs[t.Func]
	if !ok {
		return Result{Err: fmt.Errorf("no function is called %.80q", t.Func)}
	}
	output, err := f(ctx, t.Input)
	return Result{output, err}
}

// Serial is the yardstick below all levels: it runs tasks one after another in
// the caller's goroutine. The gain of every other level is measured against it.
type Serial struct {
	Funcs Funcs
	gate  Gate
}

// Run implements [Level].
func (s *Serial) Run(ctx context.Context, tasks []Task) []Result {
	if !s.gate.Enter() {
		return Failed(len(tasks), ErrClosed)
	}
	defer s.gate.Leave()
	results := make([]Result, len(tasks))
	for i, t := range tasks {
		results[i] = s.Funcs.Do(ctx, t)
	}
	return results
}

// Close implements [Level].
func (s *Serial) Close() error { return s.gate.Close() }
