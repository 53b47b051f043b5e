package bench_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// A job is a batch of tasks that can be run again and again, and checked.
type job struct {
	work     workload.Workload
	tasks    []levels.Task
	outputs  [][]byte // of the distinct tasks, which were checked
	checksum uint32   // over them
}

// newJob makes a batch of n tasks, or all distinct ones if that is more: who takes one
// at a time takes turns.
func newJob(c bench.Cell, w workload.Workload, n int) *job {
	j := &job{work: w}
	grain := bench.Grain(w, c.Grain)
	for i := range w.Distinct {
		j.tasks = append(j.tasks, w.Task(i, grain))
	}
	for len(j.tasks) < n {
		j.tasks = append(j.tasks, j.tasks[len(j.tasks)-w.Distinct])
	}
	return j
}

// distinct are the first tasks: all there are but repetitions.
func (j *job) distinct() []levels.Task { return j.tasks[:j.work.Distinct] }

// warmUp runs each distinct task once: workers start, connections open, and the
// checksum becomes known.
func (j *job) warmUp(b *testing.B, l levels.Level) {
	results := l.Run(world.ctx, j.distinct())
	j.check(b, j.distinct(), results)
	j.outputs = nil
	for _, r := range results {
		j.outputs = append(j.outputs, r.Output)
	}
	j.checksum = workload.Checksum(j.outputs)
}

// check fails the benchmark unless every task has its one right result.
func (j *job) check(b *testing.B, tasks []levels.Task, results []levels.Result) {
	if len(results) != len(tasks) {
		b.Fatalf("%d tasks have %d results", len(tasks), len(results))
	}
	for i, r := range results {
		if r.Err != nil {
			b.Fatalf("task %d of %d: %v", i, len(results), r.Err)
		}
		if err := j.work.Check(tasks[i].Input, r.Output); err != nil {
			b.Fatalf("task %d of %d: wrong output: %v", i, len(results), err)
		}
	}
}

// one runs the i-th task alone. It compares the output with the one that was checked,
// some 10 ns that may count: a check would not be so cheap.
func (j *job) one(l levels.Level, i int) error {
	i %= j.work.Distinct
	results := l.Run(world.ctx, j.tasks[i:i+1:i+1])
	switch {
	case len(results) != 1:
		return fmt.Errorf("a task has %d results", len(results))
	case results[0].Err != nil:
		return results[0].Err
	case !bytes.Equal(results[0].Output, j.outputs[i]):
		return errors.New("wrong output")
	}
	return nil
}

func (j *job) report(b *testing.B) { b.ReportMetric(float64(j.checksum), "checksum") }
