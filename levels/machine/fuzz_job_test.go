package machine

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/internal/wire"
)

// FuzzJob gives a worker any payload, and the caller its output. A payload that can be read
// comes back as a result for each task, and any other as the reason why not, never as
// something that has run.
func FuzzJob(f *testing.F) {
	good := wire.AppendTasks([]byte{wire.Version}, []levels.Task{{Func: "echo", Input: []byte("hello")}, {Func: "nobody"}})
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add(append([]byte{wire.Version + 1}, good[1:]...))
	f.Add([]byte{})
	l := &levels.Serial{Funcs: levels.Funcs{"echo": func(_ context.Context, in []byte) ([]byte, error) { return in, nil }}}
	f.Fuzz(func(t *testing.T, payload []byte) {
		output := serveJob(t.Context(), payload, l)
		tasks, unread := readJob(payload)
		results := make([]levels.Result, len(tasks))
		err := readOutput(output, results)
		if unread != nil {
			if err == nil || errors.Is(err, levels.ErrLost) || !strings.HasSuffix(err.Error(), unread.Error()) || len(err.Error()) > 200 {
				t.Errorf("the caller learns %v of %v", err, unread)
			}
			return
		}
		if err != nil {
			t.Fatalf("%d tasks have no results: %v", len(tasks), err)
		}
		for i, task := range tasks {
			if r := results[i]; (r.Err == nil) != (task.Func == "echo") || r.Err == nil && !bytes.Equal(r.Output, task.Input) {
				t.Errorf("task %d of %.40q has become %.40q, %v", i, task.Input, r.Output, r.Err)
			}
		}
	})
}

// FuzzOutput gives the caller anything for the output of a job: results, one for each of
// its tasks, or an error.
func FuzzOutput(f *testing.F) {
	some := []levels.Result{{Output: []byte("fine")}, {Err: errors.New("broken")}}
	f.Add(wire.AppendResults([]byte{ran}, some), uint8(2))
	f.Add(wire.AppendResults([]byte{ran}, some), uint8(3))
	f.Add([]byte{refused, 'n', 'o'}, uint8(1))
	f.Add([]byte{'?'}, uint8(0))
	f.Fuzz(func(t *testing.T, output []byte, n uint8) {
		results := make([]levels.Result, n)
		if readOutput(output, results) != nil {
			return
		}
		var again = make([]levels.Result, n)
		if err := readOutput(wire.AppendResults([]byte{ran}, results), again); err != nil {
			t.Fatalf("results that were read cannot be read again: %v", err)
		}
		for i, r := range results {
			if !bytes.Equal(r.Output, again[i].Output) || errors.Is(r.Err, levels.ErrLost) != errors.Is(again[i].Err, levels.ErrLost) {
				t.Errorf("%+v has become %+v", r, again[i])
			}
		}
	})
}
