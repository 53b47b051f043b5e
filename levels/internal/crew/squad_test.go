package crew_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/internal/crew"
)

// However many calls overlap, each worker does one thing at a time, and none is idle
// while a batch has tasks left.
func TestSquadShares(t *testing.T) {
	release, began := make(chan bool), make(chan bool, 100)
	funcs := levels.Funcs{"hold": func(context.Context, []byte) ([]byte, error) {
		began <- true
		<-release
		return nil, nil
	}}
	s := crew.NewSquad([]crew.Member{worker{funcs}, worker{funcs}, worker{funcs}})
	batch := func(n int) []levels.Task {
		tasks := make([]levels.Task, n)
		for i := range tasks {
			tasks[i].Func = "hold"
		}
		return tasks
	}
	var calls sync.WaitGroup
	for range 4 {
		calls.Go(func() {
			for i, r := range s.Run(context.Background(), batch(5)) {
				if r.Err != nil {
					t.Errorf("result %d: %v", i, r.Err)
				}
			}
		})
	}
	for range 3 { // all three work
		<-began
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	enough := errors.New("enough")
	gone := make(chan []levels.Result)
	calls.Go(func() { gone <- s.Run(ctx, batch(2)) })
	cancel(enough)
	for i, r := range <-gone { // nobody was free for them
		if !errors.Is(r.Err, enough) {
			t.Errorf("result %d: %v, want %v", i, r.Err, enough)
		}
	}
	if len(began) > 0 {
		t.Errorf("%d tasks run at the same time on three workers", 3+len(began))
	}
	close(release)
	calls.Wait()
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Error(err)
	}
	if r := s.Run(context.Background(), batch(1)); !errors.Is(r[0].Err, levels.ErrClosed) {
		t.Errorf("after Close: %v", r[0].Err)
	}
}
