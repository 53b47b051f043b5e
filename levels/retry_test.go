package levels_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/fourlevels/fourlevels/levels"
)

// A leaky level loses tasks as often as their input says.
type leaky struct {
	runs []int // of each task, which is its first byte
}

func (l *leaky) Run(_ context.Context, tasks []levels.Task) []levels.Result {
	results := make([]levels.Result, len(tasks))
	for i, t := range tasks {
		n := int(t.Input[0])
		l.runs[n]++
		switch {
		case l.runs[n] <= int(t.Input[1]):
			results[i].Err = fmt.Errorf("%w: for the %dth time", levels.ErrLost, l.runs[n])
		case t.Func == "fail":
			results[i].Err = errors.New("failed")
		default:
			results[i].Output = t.Input[:1]
		}
	}
	return results
}

func (*leaky) Close() error { return nil }

func TestRetry(t *testing.T) {
	tasks := []levels.Task{{Input: []byte{0, 0}}, {Input: []byte{1, 1}}, {Func: "fail", Input: []byte{2, 0}}, {Input: []byte{3, 2}}, {Input: []byte{4, 9}}}
	l := &leaky{runs: make([]int, len(tasks))}
	results := (&levels.Retry{Level: l}).Run(t.Context(), tasks)
	for i, want := range []int{1, 2, 1, 3, 3} {
		if l.runs[i] != want {
			t.Errorf("task %d ran %d times, want %d", i, l.runs[i], want)
		}
		switch err := results[i].Err; i {
		case 2:
			if err == nil || errors.Is(err, levels.ErrLost) {
				t.Errorf("task %d: %v, want the error that it failed with", i, err)
			}
		case 4:
			if !errors.Is(err, levels.ErrLost) || err.Error() != "worker is lost: for the 3th time" {
				t.Errorf("task %d: %v, want the last loss", i, err)
			}
		default:
			if err != nil || results[i].Output[0] != byte(i) {
				t.Errorf("task %d: %v, %v", i, results[i].Output, err)
			}
		}
	}
}

// When ctx has ended nothing is tried again.
func TestRetryEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	l := &leaky{runs: make([]int, 1)}
	r := (&levels.Retry{Level: l, Tries: 5}).Run(ctx, []levels.Task{{Input: []byte{0, 9}}})
	if l.runs[0] != 1 || !errors.Is(r[0].Err, levels.ErrLost) {
		t.Errorf("%d runs, %v", l.runs[0], r[0].Err)
	}
}
