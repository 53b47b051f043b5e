package crew_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/internal/crew"
)

type worker struct{ levels.Funcs }

func (w worker) Run(ctx context.Context, tasks []levels.Task, results []levels.Result) {
	crew.Do(ctx, w.Funcs, tasks, results)
}

func (worker) Close() error { return nil }

// However many functions end their goroutine, each costs its own result only.
func TestGoexit(t *testing.T) {
	funcs := levels.Funcs{
		"fine": func(context.Context, []byte) ([]byte, error) { return []byte("fine"), nil },
		"exit": func(context.Context, []byte) ([]byte, error) { runtime.Goexit(); return nil, nil },
	}
	c := crew.New(2, func() crew.Worker { return worker{funcs} })
	defer c.Close()
	for n := range 40 {
		tasks := make([]levels.Task, n)
		for i := range tasks {
			tasks[i].Func = "fine"
			if i%3 != 1 {
				tasks[i].Func = "exit"
			}
		}
		for i, r := range c.Run(t.Context(), tasks) {
			if fine := r.Err == nil && string(r.Output) == "fine"; fine != (i%3 == 1) {
				t.Errorf("%d tasks: result %d: %q, %v", n, i, r.Output, r.Err)
			}
		}
	}
}
