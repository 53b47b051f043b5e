//go:build linux

package process_test

import (
	"errors"
	"testing"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/process"
)

// A task that has killed three workers kills no fourth.
func TestPoison(t *testing.T) {
	each(t, process.Transports, func(t *testing.T, transport string) {
		d := newDen(t, process.Config{Processes: 1, Transport: transport})
		poison := levels.Task{Func: "deed", Input: []byte("exit|0|0|" + d.log)}
		for range 3 {
			if r := d.Run(t.Context(), []levels.Task{poison})[0]; !errors.Is(r.Err, levels.ErrLost) {
				t.Fatalf("%v, want %v", r.Err, levels.ErrLost)
			}
		}
		before := d.workers(t)
		d.fine(t, 1)
		if r := d.Run(t.Context(), []levels.Task{poison})[0]; !errors.Is(r.Err, process.ErrRefused) || errors.Is(r.Err, levels.ErrLost) {
			t.Errorf("%v, want %v", r.Err, process.ErrRefused)
		}
		if deaths := d.deaths(t); deaths != 3 {
			t.Errorf("it has run %d times", deaths)
		}
		if transport != "spawn" {
			d.fine(t, 1)
			if now := d.workers(t); now != before+1 {
				t.Errorf("%d workers for good tasks, want one", now-before)
			}
		}
		results, runs := d.do(t, 2, map[int]string{0: "exit"}) // the same function, not the same input
		if !errors.Is(results[0].Err, levels.ErrLost) || runs[0] != 1 {
			t.Errorf("another input: %v, after %d runs", results[0].Err, runs[0])
		}
		isFine(t, 1, results[1], runs[1])
	})
}

// workers counts the processes that have run a task.
func (d *den) workers(t *testing.T) int {
	t.Helper()
	pids := map[string]bool{}
	for _, line := range d.lines(t) {
		pids[line[2]] = true
	}
	return len(pids)
}

// deaths counts the runs of the task that is sent by hand.
func (d *den) deaths(t *testing.T) (n int) {
	t.Helper()
	for _, line := range d.lines(t) {
		if line[0] == "0" {
			n++
		}
	}
	return n
}

// Who was lost beside the guilty one is cleared by its first result; and the guilty
// one is found, though it never was alone.
func TestPoisonInACrowd(t *testing.T) {
	each(t, channels, func(t *testing.T, transport string) {
		d := newDen(t, process.Config{Processes: 1, Transport: transport})
		tasks := make([]levels.Task, 40)
		for i := range tasks {
			tasks[i] = levels.Task{Func: "deed", Input: []byte("|1|" + string(rune('0'+i)) + "|" + d.log)}
		}
		const bad = 5
		tasks[bad].Input = []byte("exit|0|0|" + d.log)
		for round := range 5 {
			lost := 0
			for i, r := range d.Run(t.Context(), tasks) {
				switch {
				case i == bad && round >= 3:
					if !errors.Is(r.Err, process.ErrRefused) {
						t.Errorf("round %d: %v, want %v", round, r.Err, process.ErrRefused)
					}
				case errors.Is(r.Err, levels.ErrLost):
					lost++
				case i == bad || r.Err != nil:
					t.Errorf("round %d, task %d: %q, %v", round, i, r.Output, r.Err)
				}
			}
			if most := []int{20, 1, 1, 0, 0}[round]; lost > most || (lost == 0) != (most == 0) {
				t.Errorf("round %d: %d tasks are lost, want %d at most", round, lost, most)
			}
		}
		if deaths := d.deaths(t); deaths != 3 {
			t.Errorf("it has run %d times", deaths)
		}
	})
}

// To end the goroutine kills no worker.
func TestGoexitIsNoPoison(t *testing.T) {
	each(t, channels, func(t *testing.T, transport string) {
		d := newDen(t, process.Config{Processes: 1, Transport: transport})
		task := levels.Task{Func: "deed", Input: []byte("goexit|0|0|" + d.log)}
		for range 6 {
			for _, r := range d.Run(t.Context(), []levels.Task{task, task}) {
				if !errors.Is(r.Err, levels.ErrLost) {
					t.Errorf("%v, want %v", r.Err, levels.ErrLost)
				}
			}
		}
		if deaths, workers := d.deaths(t), d.workers(t); deaths != 12 || workers != 1 {
			t.Errorf("it has run %d times in %d workers, want 12 in one", deaths, workers)
		}
	})
}
