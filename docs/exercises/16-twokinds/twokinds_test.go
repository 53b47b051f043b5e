package twokinds

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/async/pitfalls/halfcomposed"
	"github.com/fourlevels/fourlevels/levels/pitfall"
	"github.com/fourlevels/fourlevels/levels/pitfall/grade"
)

func TestMain(m *testing.M) { grade.Main(m, halfcomposed.Pitfall) }

const (
	many   = 12
	longer = 2 * time.Second // nobody waits for answers for longer; they take 20 ms
)

// On a quiet day every page has its own answer.
func TestAnswers(t *testing.T) {
	if Workers != 6 || Patience != 100*time.Millisecond {
		grade.NotYet(t, "there are to be 6 workers and a patience of 100ms, not %d and %v", Workers, Patience)
	}
	all(t, newWorld(t), "on a quiet day")
}

// A peer hangs and a worker is killed, in the middle of it all.
func TestFaults(t *testing.T) {
	w := newWorld(t)
	w.hang, w.kill = name(4), name(8)
	all(t, w, "a peer hangs and a worker is killed")
	if !w.hung.Load() || !w.shot.Load() {
		grade.NotYet(t, "%s was never fetched, or %s never read", w.hang, w.kill)
	}
}

// While pages wait, no worker has nothing to do: here, the first answer comes when all are asked.
func TestEverybodyWorks(t *testing.T) {
	w := newWorld(t)
	w.together = make(chan struct{})
	all(t, w, "all workers are asked before one answers")
	if most := w.most.Load(); most < Workers {
		grade.NotYet(t, "pages wait, and of %d workers only %d are ever asked at the same time", Workers, most)
	}
}

// all asks for all answers, and looks what is left behind.
func all(t *testing.T, w *world, when string) {
	t.Helper()
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithTimeout(t.Context(), longer)
	defer cancel()
	answers, err := Answers(ctx, names(), w)
	lost, first := 0, ""
	for i := range many {
		if i < len(answers) && answers[i] == name(i)+" has 3 words" {
			continue
		}
		if lost++; first == "" {
			first = name(i)
		}
	}
	switch {
	case lost > 0:
		grade.NotYet(t, "%s: %d of %d answers are lost or wrong, first that of %s (%v)", when, lost, many, first, err)
	case err != nil:
		grade.NotYet(t, "%s: all answers are there, and yet there is an error: %v", when, err)
	case w.hired.Load() != 0:
		grade.NotYet(t, "%s: %d workers have not been sent home", when, w.hired.Load())
	case w.fetches.Load() != 0:
		grade.NotYet(t, "%s: %d fetches are still under way", when, w.fetches.Load())
	}
	for start := time.Now(); runtime.NumGoroutine() > before || w.open.Load() > 0; time.Sleep(time.Millisecond) {
		if time.Since(start) > longer {
			grade.NotYet(t, "%s: it has left %d goroutines and %d sockets behind", when, runtime.NumGoroutine()-before, w.open.Load())
		}
	}
}

// Against a reference that is composed by half: pitfall A7.
func TestFaster(t *testing.T) {
	w := newWorld(t)
	reference := func() {
		if err := byHalf(t.Context(), w); err != nil {
			t.Error(err)
		}
	}
	yours := func() {
		if _, err := Answers(t.Context(), names(), w); err != nil {
			t.Error(err)
		}
	}
	grade.Faster(t, pitfall.Wait, 2.2, reference, yours)
}

// byHalf waits for all sockets at once, and for one process at a time.
func byHalf(ctx context.Context, w World) error {
	pages, errs := make([]string, many), make([]error, many+1)
	var wg sync.WaitGroup
	for i, name := range names() {
		wg.Go(func() { pages[i], errs[i] = w.Fetch(ctx, name) })
	}
	wg.Wait()
	worker, err := w.Hire()
	if err != nil {
		return err
	}
	defer worker.Home()
	for _, page := range pages {
		if _, err := worker.Ask(page); err != nil {
			errs[many] = err
		}
	}
	return errors.Join(errs...)
}

func name(i int) string { return fmt.Sprint("page", i) }

func names() (all []string) {
	for i := range many {
		all = append(all, name(i))
	}
	return all
}
