package leveltest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"reflect"

	"github.com/fourlevels/fourlevels/levels"
)

// Promises returns the contract, sentence by sentence, in the order in which
// [Suite.Run] checks it.
func Promises() []Promise {
	return []Promise{
		{Name: "empty", keep: (*trial).empty, Says: "No tasks have no results."},
		{Name: "order", keep: (*trial).order, Says: "Result i is the result of task i, however many there are."},
		{Name: "errors", keep: (*trial).errors, Says: "Each task has an error of its own, with its text; the others are done."},
		{Name: "overlap", keep: (*trial).overlap, Says: "Calls may overlap, and each gets its own results."},
		{Name: "unchanged", keep: (*trial).unchanged, Says: "The tasks stay as they are, and so do the results: they are the caller's."},
		{Name: "large", keep: (*trial).large, Says: "Inputs and outputs may have 4 MiB, and an output may be far larger than its input."},
		{Name: "tiny", keep: (*trial).tiny, Says: "A batch may have 100,000 tasks."},
		{Name: "cancel", keep: (*trial).cancel, Says: "When ctx ends, what is not finished fails with its cause, and the level is as good as new."},
		{Name: "cancelled", keep: (*trial).cancelled, Says: "If ctx has ended, no task starts and all fail with its cause."},
		{Name: "deadline", keep: (*trial).deadline, Says: "A deadline ends ctx as a cancel does: with the cause that the caller gave it."},
		{Name: "goexit", keep: (*trial).goexit, Says: "A task that ends its goroutine fails, and nothing hangs for want of it."},
		{Name: "death", keep: (*trial).death, Isolated: true, Says: "A task that ends its worker is lost, and the worker is replaced."},
		{Name: "close", keep: (*trial).closing, Says: "Close returns when running tasks have finished, and these get their real results."},
		{Name: "closed", keep: (*trial).closed, Says: "After Close tasks fail with ErrClosed, and closing again does nothing."},
		{Name: "goroutines", keep: (*trial).goroutines, Says: "Closed, a level leaves no goroutine behind, whatever has happened."},
	}
}

// promise returns the one of that name.
func promise(name string) Promise {
	for _, p := range Promises() {
		if p.Name == name {
			return p
		}
	}
	panic("no promise is called " + name)
}

func (t *trial) empty() error {
	for _, tasks := range [][]levels.Task{nil, {}} {
		if _, err := t.run(t.ctx, tasks); err != nil {
			return err
		}
	}
	return nil
}

func (t *trial) order() error {
	for _, n := range []int{1, 2, 3, 100, 5000} {
		if err := t.echo(n, n); err != nil { // other numbers each time, or the results could be older ones
			return err
		}
	}
	return nil
}

func (t *trial) errors() error {
	const text = "open \"a\\b\":\n100%d sure, 2 \u20ac, not "
	tasks := echoes(0, 90)
	for i := 0; i < len(tasks); i += 3 {
		tasks[i+1] = levels.Task{Func: "fail", Input: fmt.Appendf(nil, "%s%02d", text, i)}
		tasks[i+2].Func = fmt.Sprintf("nobody%02d", i)
	}
	tasks[1].Input = nil // a failure without words is a failure too
	results, err := t.run(t.ctx, tasks)
	if err != nil {
		return err
	}
	for i, r := range results {
		switch i % 3 {
		case 0:
			err = echoed(r, i)
		case 1:
			err = failed(r, string(tasks[i].Input))
		case 2:
			err = failed(r, tasks[i].Func)
		}
		if err != nil {
			return fmt.Errorf("result %d of %d: %w", i, len(results), err)
		}
	}
	return nil
}

func (t *trial) overlap() error {
	const n = 300
	var calls [8]*call
	for i := range calls {
		tasks := echoes(i*n, n)
		tasks[0].Func = "pause" // so that the others come before it is over
		calls[i] = t.start(t.ctx, tasks)
	}
	for i, c := range calls {
		if err := c.wait(); err != nil {
			return err
		}
		if err := allEchoed(c.results, i*n); err != nil {
			return fmt.Errorf("call %d of %d: %w", i, len(calls), err)
		}
	}
	return nil
}

func (t *trial) unchanged() error {
	tasks := echoes(0, 100)
	results, err := t.run(t.ctx, tasks)
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(tasks, echoes(0, 100)) {
		return fmt.Errorf("Run changed the tasks it was given")
	}
	for _, r := range results {
		_ = append(r.Output, "the caller's"...) // must not reach into the next output
	}
	if err := t.echo(1000, 100); err != nil {
		return err
	}
	if err := allEchoed(results, 0); err != nil {
		return fmt.Errorf("results changed after Run: %w", err)
	}
	return nil
}

func (t *trial) large() error {
	const size = 4 << 20
	big := block(size)
	tasks := echoes(0, 4)
	tasks[1].Input = big
	tasks[2] = levels.Task{Func: "grow", Input: binary.LittleEndian.AppendUint32(nil, size)}
	results, err := t.run(t.ctx, tasks)
	if err != nil {
		return err
	}
	for i, r := range results {
		switch {
		case i == 0 || i == 3:
			err = echoed(r, i)
		case r.Err != nil:
			err = r.Err
		case !bytes.Equal(r.Output, big):
			err = fmt.Errorf("%d bytes went wrong, %d came", size, len(r.Output))
		}
		if err != nil {
			return fmt.Errorf("result %d of %d: %w", i, len(results), err)
		}
	}
	return nil
}

func (t *trial) tiny() error { return t.echo(0, 100_000) }
