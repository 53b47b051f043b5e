package levels_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/fourlevels/fourlevels/levels"
)

// A Retry is a level around another: it runs tasks again that were lost with
// their worker. Only do so with tasks that may run twice.
type Retry struct {
	Level levels.Level
	Tries int // of each task, at most

	gate levels.Gate
}

// Run implements [levels.Level].
func (r *Retry) Run(ctx context.Context, tasks []levels.Task) []levels.Result {
	if !r.gate.Enter() {
		return levels.Failed(len(tasks), levels.ErrClosed)
	}
	defer r.gate.Leave()
	results := r.Level.Run(ctx, tasks)
	for range r.Tries - 1 {
		var again []levels.Task
		var places []int
		for i, result := range results {
			if errors.Is(result.Err, levels.ErrLost) {
				again, places = append(again, tasks[i]), append(places, i)
			}
		}
		if len(again) == 0 {
			break
		}
		for i, result := range r.Level.Run(ctx, again) {
			results[places[i]] = result
		}
	}
	return results
}

// Close implements [levels.Level]. It closes the gate first: were the level
// inside to close between two tries, it would turn the second away.
func (r *Retry) Close() error {
	r.gate.Close()
	return r.Level.Close()
}

// To write a level of one's own takes little more than a Gate, and a level may
// stand around another. This one puts up with workers that go away.
func ExampleGate() {
	lives := 2
	l := &Retry{Tries: 3, Level: &levels.Serial{Funcs: levels.Funcs{
		"work": func(_ context.Context, input []byte) ([]byte, error) {
			if lives--; lives >= 0 {
				return nil, levels.ErrLost
			}
			return input, nil
		},
	}}}
	task := []levels.Task{{Func: "work", Input: []byte("done at last")}}

	for _, r := range l.Run(context.Background(), task) {
		fmt.Println(string(r.Output))
	}
	l.Close()
	for _, r := range l.Run(context.Background(), task) {
		fmt.Println(r.Err)
	}
	// Output:
	// done at last
	// level is closed
}
