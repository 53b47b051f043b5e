package leveltest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/fourlevels/fourlevels/levels"
)

// echoes returns n tasks that echo the numbers from first on.
func echoes(first, n int) []levels.Task {
	tasks, inputs := make([]levels.Task, n), make([]byte, 0, 4*n)
	for i := range tasks {
		inputs = binary.LittleEndian.AppendUint32(inputs, uint32(first+i))
		tasks[i] = levels.Task{Func: "echo", Input: inputs[4*i : 4*i+4 : 4*i+4]}
	}
	return tasks
}

// echoed returns an error unless r is the echo of a number.
func echoed(r levels.Result, number int) error {
	switch {
	case r.Err != nil:
		return fmt.Errorf("the echo of %d fails: %w", number, r.Err)
	case len(r.Output) != 4 || binary.LittleEndian.Uint32(r.Output) != uint32(number):
		return fmt.Errorf("the echo of %d is %.80x", number, r.Output)
	}
	return nil
}

// allEchoed returns an error unless results are the echoes of the numbers from
// first on.
func allEchoed(results []levels.Result, first int) error {
	for i, r := range results {
		if err := echoed(r, first+i); err != nil {
			return fmt.Errorf("result %d of %d: %w", i, len(results), err)
		}
	}
	return nil
}

// allFail returns an error unless all results say err.
func allFail(results []levels.Result, err error) error {
	for i, r := range results {
		if !errors.Is(r.Err, err) {
			return fmt.Errorf("result %d of %d: error is %v, want %q", i, len(results), r.Err, err)
		}
	}
	return nil
}

// failed returns an error unless r has an error that says text.
func failed(r levels.Result, text string) error {
	switch {
	case r.Err == nil:
		return fmt.Errorf("want an error that says %q, have none and output %.80q", text, r.Output)
	case !strings.Contains(r.Err.Error(), text):
		return fmt.Errorf("want an error that says %q, have %q", text, r.Err)
	}
	return nil
}

// firstErr returns the first error among results, if any.
func firstErr(results []levels.Result) error {
	for i, r := range results {
		if r.Err != nil {
			return fmt.Errorf("result %d of %d: %w", i, len(results), r.Err)
		}
	}
	return nil
}

// held returns n tasks that run until t.path is removed or their ctx ends.
func (t *trial) held(n int) []levels.Task {
	tasks := make([]levels.Task, n)
	for i := range tasks {
		tasks[i] = levels.Task{Func: "hold", Input: []byte(t.path)}
	}
	return tasks
}
