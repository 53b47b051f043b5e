package pool

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/pitfall"
	"github.com/fourlevels/fourlevels/levels/pitfall/grade"
)

func TestMain(m *testing.M) { grade.Main(m, entry) }

// numbers are tasks that nobody can know before.
func numbers(n int) []uint64 {
	tasks := make([]uint64, n)
	for i := range tasks {
		tasks[i] = rand.Uint64() | 1<<63
	}
	return tasks
}

// does has the pool do tasks, and wants the right answers.
func does(t *testing.T, p *Pool, ps *processes, tasks []uint64) {
	t.Helper()
	var answers []uint64
	var err error
	within(t, ps, fmt.Sprintf("Map of %d tasks", len(tasks)), func() { answers, err = p.Map(tasks) })
	if err != nil {
		grade.NotYet(t, "Map of %d tasks: %v", len(tasks), err)
	}
	if len(answers) != len(tasks) {
		grade.NotYet(t, "Map of %d tasks has %d answers", len(tasks), len(answers))
	}
	for i, task := range tasks {
		if answers[i] != cheap(task) {
			grade.NotYet(t, "Map of %d tasks: answer %d is %d, not %d", len(tasks), i, answers[i], cheap(task))
		}
	}
}

// The answers first; and a pool of two starts two processes, for all that it is asked.
func TestKeepsWorkers(t *testing.T) {
	goroutines := runtime.NumGoroutine()
	p, ps := open(t, "cheap")
	sum := 0
	for _, n := range []int{0, 1, 7, 40} {
		does(t, p, ps, numbers(n))
		sum += n
	}
	if started, _ := ps.number(); started != 2 {
		grade.NotYet(t, "%d processes were started for %d tasks, and should be 2: a pool of 2 keeps its workers", started, sum)
	}
	if err := closes(t, p, ps, goroutines); err != nil {
		grade.NotYet(t, "Close: %v", err)
	}
}

// closes wants Close to leave nothing behind.
func closes(t *testing.T, p *Pool, ps *processes, goroutines int) (err error) {
	t.Helper()
	within(t, ps, "Close", func() { err = p.Close() })
	if _, left := ps.number(); left > 0 {
		grade.NotYet(t, "after Close, %d workers were not stopped", left)
	}
	for deadline := time.Now().Add(2 * time.Second); runtime.NumGoroutine() > goroutines; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			grade.NotYet(t, "after Close, %d goroutines are left behind", runtime.NumGoroutine()-goroutines)
		}
	}
	return err
}

// What goes through the pipes can be counted: trips, and bytes. And no worker waits for
// another: the first answers come when both have been asked.
func TestTrips(t *testing.T) {
	ps := &processes{helper: "cheap", gate: newGate(2)}
	p := openWith(t, ps)
	tasks := numbers(50_000)
	does(t, p, ps, tasks)
	var writes, sent, received int64
	for i, w := range ps.all {
		if w.writes.Load() == 0 {
			grade.NotYet(t, "worker %d of 2 had nothing to do", i+1)
		}
		writes, sent, received = writes+w.writes.Load(), sent+w.sent.Load(), received+w.received.Load()
	}
	if ps.gate.gaveIn.Load() {
		grade.NotYet(t, "one worker at a time: until the first has answered, the other one is asked nothing")
	}
	n := int64(len(tasks))
	if most := n / 16; writes > most {
		grade.NotYet(t, "%d tasks went to the workers in %d writes, and should in %d at most: a trip is dear", n, writes, most)
	}
	if most := 9 * n; sent > most || received > most {
		grade.NotYet(t, "%d tasks were %d bytes there and %d back, and should be %d at most: a number has 8", n, sent, received, most)
	}
}

// A worker that dies is an error, not a hang.
func TestDeath(t *testing.T) {
	goroutines := runtime.NumGoroutine()
	p, ps := open(t, "cheap")
	tasks := numbers(1000)
	tasks[500] = poison
	var err error
	within(t, ps, "Map, whose worker died,", func() { _, err = p.Map(tasks) })
	if err == nil {
		grade.NotYet(t, "a worker died of task 500 of 1000, and Map returned no error")
	}
	closes(t, p, ps, goroutines) // who says that a worker is dead is free to say so again
}

// The pitfall's own proof, with this pool: ten tasks of 35 microseconds.
func TestPays(t *testing.T) {
	p, _ := open(t, "dear")
	const tasks = 10
	constant := dear(0)
	grade.Judge(t, entry, func(context.Context) (pitfall.Seen, error) {
		var answers []uint64
		took, err := pitfall.Time(func() error {
			answers, _ = p.Map([]uint64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}) // an error shows in the answers
			return nil
		})
		right := 0
		for i, answer := range answers {
			if answer == constant+uint64(i) {
				right++
			}
		}
		return pitfall.Seen{Took: took, Outcomes: []pitfall.Outcome{
			{What: "task done", Verdict: pitfall.Expected, Count: right},
			{What: "wrong answer", Verdict: pitfall.Forbidden, Count: tasks - right},
		}}, err
	})
	faster(t, p)
}

// faster compares with a reference that starts a process for each task.
func faster(t *testing.T, p *Pool) {
	t.Helper()
	tasks := numbers(20)
	reference := func() {
		ps := &processes{helper: "single"}
		for _, task := range tasks {
			if err := alone(ps, task); err != nil {
				t.Errorf("the reference: %v", err)
			}
		}
	}
	grade.Faster(t, pitfall.CPU, 8, reference, func() { p.Map(tasks) })
}

func alone(ps *processes, task uint64) error {
	w, err := ps.start()
	if err != nil {
		return err
	}
	var answer uint64
	err = binary.Write(w.In, binary.LittleEndian, task)
	if err == nil {
		err = binary.Read(w.Out, binary.LittleEndian, &answer)
	}
	return errors.Join(err, w.Stop())
}
