package executor

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/leveltest"
	"github.com/fourlevels/fourlevels/levels/pitfall"
	"github.com/fourlevels/fourlevels/levels/pitfall/grade"
)

const workers = 4

// lesson is there for its helper: what runs in a process of its own.
var lesson = pitfall.Pitfall{ID: "executor", Helpers: map[string]func([]string) error{"panics": panics}}

func TestMain(m *testing.M) { grade.Main(m, lesson) }

// Each task has its own result, also if the first one takes longest.
func TestResults(t *testing.T) {
	grade.Virtual(t, func(t *testing.T) {
		e := New(levels.Funcs{"sleep": func(_ context.Context, input []byte) ([]byte, error) {
			time.Sleep(time.Duration(10-input[0]) * time.Second)
			return input, nil
		}}, workers)
		results := e.Run(t.Context(), tasks("sleep", 10))
		if len(results) != 10 {
			grade.NotYet(t, "10 tasks have %d results", len(results))
		}
		for i, r := range results {
			if r.Err != nil || len(r.Output) != 1 || r.Output[0] != byte(i) {
				grade.NotYet(t, "task %d has the result %v, %v", i, r.Output, r.Err)
			}
		}
		e.Close()
	})
}

// All workers work, and no more, over all calls.
func TestPeak(t *testing.T) {
	grade.Virtual(t, func(t *testing.T) {
		var at atWork
		e := New(levels.Funcs{"work": at.work}, workers)
		start := time.Now()
		var calls sync.WaitGroup
		for range 3 {
			calls.Go(func() { e.Run(t.Context(), tasks("work", 20)) })
		}
		calls.Wait()
		took := time.Since(start)
		e.Close()
		if at.peak > workers {
			grade.NotYet(t, "%d tasks were at work at once, with %d workers", at.peak, workers)
		}
		if want := 3 * 20 / workers * time.Minute; took > want {
			grade.NotYet(t, "60 tasks of a minute took %v with %d workers, and should take %v", took, workers, want)
		}
	})
}

// Tasks that wait for others on the same executor do not starve it.
func TestNested(t *testing.T) {
	grade.Virtual(t, func(t *testing.T) {
		var at atWork
		var e *Executor
		e = New(levels.Funcs{"work": at.work, "ask": func(ctx context.Context, input []byte) ([]byte, error) {
			results := e.Run(ctx, []levels.Task{{Func: "work", Input: input}, {Func: "work", Input: input}})
			return input, errors.Join(results[0].Err, results[1].Err)
		}}, workers)
		for i, r := range e.Run(t.Context(), tasks("ask", 2*workers)) {
			if r.Err != nil {
				grade.NotYet(t, "task %d, which waits for two others, fails: %v", i, r.Err)
			}
		}
		e.Close()
		if at.peak > workers || at.done != 4*workers {
			grade.NotYet(t, "%d tasks were at work at once, with %d workers; %d of %d were done", at.peak, workers, at.done, 4*workers)
		}
	})
}

// A panic is the error of its own task. It is tried in a process of its own, for it may be
// the end of it.
func TestPanic(t *testing.T) {
	c := pitfall.Helper(lesson.ID, "panics")
	var said bytes.Buffer
	c.Stdout, c.Stderr = &said, &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer time.AfterFunc(10*time.Second, func() { c.Process.Kill() }).Stop()
	if c.Wait() != nil {
		first, _, _ := strings.Cut(said.String(), "\n")
		grade.NotYet(t, "a task that panics should fail, and nothing else: %s", first)
	}
}

// panics runs three tasks, of which one panics.
func panics([]string) error {
	e := New(levels.Funcs{"work": func(_ context.Context, input []byte) ([]byte, error) {
		if input[0] == 1 {
			panic("task 1 has no ink")
		}
		return input, nil
	}}, workers)
	for i, r := range e.Run(context.Background(), tasks("work", 3)) {
		if _, panicked := errors.AsType[*levels.PanicError](r.Err); panicked != (i == 1) {
			return fmt.Errorf("task 1 of 3 panicked, and task %d has the error %v", i, r.Err)
		}
	}
	return e.Close()
}

// All that a level promises.
func TestPromises(t *testing.T) {
	suite := leveltest.Suite{
		Open:     func(testing.TB) levels.Level { return New(leveltest.Funcs(), workers) },
		Patience: 10 * time.Second,
	}
	for _, p := range leveltest.Promises() {
		if p.Isolated {
			continue
		}
		for name, how := range suite.Check(t, p.Name) {
			grade.NotYet(t, "a promise is broken (%s: %s) %v", name, p.Says, how)
		}
	}
}

// A task that ends its goroutine gives its place back all the same.
func TestGoexit(t *testing.T) {
	grade.Virtual(t, func(t *testing.T) {
		var at atWork
		e := New(levels.Funcs{"work": at.work, "exit": func(context.Context, []byte) ([]byte, error) {
			runtime.Goexit()
			return nil, nil
		}}, workers)
		e.Run(t.Context(), tasks("exit", 2*workers))
		e.Run(t.Context(), tasks("work", workers))
		e.Close()
	})
}

// Against a reference that makes a thread for each task: pitfall A6.
func TestFaster(t *testing.T) {
	funcs := levels.Funcs{"work": func(context.Context, []byte) ([]byte, error) {
		return binary.BigEndian.AppendUint64(nil, pitfall.Spin(300)), nil
	}}
	all := tasks("work", 200)
	reference := func() {
		var wg sync.WaitGroup
		for _, task := range all {
			wg.Go(func() {
				runtime.LockOSThread()
				funcs.Do(t.Context(), task)
			})
		}
		wg.Wait()
	}
	e := New(funcs, workers)
	defer e.Close()
	grade.Faster(t, pitfall.CPU, 3, reference, func() { e.Run(t.Context(), all) })
}

func tasks(name string, n int) (all []levels.Task) {
	for i := range n {
		all = append(all, levels.Task{Func: name, Input: []byte{byte(i)}})
	}
	return all
}

// atWork counts the tasks that are.
type atWork struct {
	mu              sync.Mutex // guards all
	now, peak, done int
}

func (a *atWork) add(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.now += n
	a.peak = max(a.peak, a.now)
	a.done += max(0, -n)
}

func (a *atWork) work(_ context.Context, input []byte) ([]byte, error) {
	a.add(1)
	defer a.add(-1)
	time.Sleep(time.Minute)
	return input, nil
}
