package leveltest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"github.com/fourlevels/fourlevels/levels"
)

// Faulty returns functions that go wrong in one way each, and one that does not. A level
// for [Faults] is built with levels.Recover of them, and maybe more.
func Faulty() levels.Funcs {
	return levels.Funcs{
		"fine":  func(_ context.Context, input []byte) ([]byte, error) { return input, nil },
		"exit":  func(context.Context, []byte) ([]byte, error) { runtime.Goexit(); return nil, nil },
		"panic": func(_ context.Context, input []byte) ([]byte, error) { panic("ouch " + string(input)) },
		"block": func(ctx context.Context, _ []byte) ([]byte, error) { <-ctx.Done(); return nil, context.Cause(ctx) },
	}
}

// Faults runs so many thousand tasks, of which one in a hundred each panics, blocks until
// it is cancelled while the others run, and, if the level keeps that from its caller,
// ends its goroutine. It returns what is wrong: each must be its own error, and
// nobody else's, and no result may be missing.
func Faults(ctx context.Context, l levels.Level, thousands int, exits bool) error {
	for n := range thousands {
		if err := faults(ctx, l, n*1000, exits); err != nil {
			return err
		}
	}
	return nil
}

func faults(ctx context.Context, l levels.Level, first int, exits bool) error {
	var block, rest []levels.Task
	for i := range 1000 {
		task := levels.Task{Func: "fine", Input: strconv.AppendInt(nil, int64(first+i), 10)}
		switch i % 100 {
		case 0:
			task.Func = "panic"
		case 1:
			task.Func = "block"
			block = append(block, task)
			continue
		case 2:
			if exits {
				task.Func = "exit"
			}
		}
		rest = append(rest, task)
	}
	until, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var blocking sync.WaitGroup
	var blocked []levels.Result
	blocking.Go(func() { blocked = l.Run(until, block) })
	err := wrong(rest, l.Run(ctx, rest))
	cancel(errEnough)
	blocking.Wait()
	return errors.Join(err, wrong(block, blocked))
}

// wrong says of the first wrong result what is wrong with it.
func wrong(tasks []levels.Task, results []levels.Result) error {
	if len(results) != len(tasks) {
		return fmt.Errorf("%d tasks have %d results", len(tasks), len(results))
	}
	for i, r := range results {
		ok, input := false, string(tasks[i].Input)
		switch tasks[i].Func {
		case "fine":
			ok = r.Err == nil && string(r.Output) == input
		case "exit":
			ok = r.Err != nil && strings.Contains(r.Err.Error(), "runtime.Goexit")
		case "panic":
			p := (*levels.PanicError)(nil)
			ok = errors.As(r.Err, &p) && p.Value == "ouch "+input
		case "block":
			ok = errors.Is(r.Err, errEnough)
		}
		if !ok {
			return fmt.Errorf("%s %s: output %q, error %v", tasks[i].Func, input, r.Output, r.Err)
		}
	}
	return nil
}
