package learn

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"
	"time"
)

// Verify proves lessons: that the starter fails, and for its stated reason, twice; that the
// solution passes so many times, pleases go vet, and passes with the race detector where
// there is one. It touches nobody's files: both stand in for the student's by an overlay.
//
// So many lessons are verified at once. That they disturb each other is wanted: a grade
// must bear it.
func Verify(ctx context.Context, t *Tools, lessons []Lesson, count, atOnce int, w io.Writer) error {
	start := time.Now()
	lines := make([]chan string, len(lessons)) // one for each lesson, in order
	var wrong sync.Map
	var wg sync.WaitGroup
	free := make(chan struct{}, max(1, atOnce))
	for i, l := range lessons {
		lines[i] = make(chan string, 1)
		wg.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			line, err := verify(ctx, t, l, count)
			if err != nil {
				wrong.Store(l.ID, true)
				line = "WRONG " + l.ID + ": " + err.Error()
			}
			lines[i] <- line
		})
	}
	for _, line := range lines {
		if line := <-line; ctx.Err() == nil {
			fmt.Fprintln(w, line)
		}
	}
	wg.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	bad := 0
	wrong.Range(func(any, any) bool { bad++; return true })
	fmt.Fprintf(w, "%d of %d lessons verified in %v, each solution %d times\n", len(lessons)-bad, len(lessons), time.Since(start).Round(100*time.Millisecond), count)
	if bad > 0 {
		return fmt.Errorf("%d of %d lessons are not as they should be", bad, len(lessons))
	}
	return nil
}

func verify(ctx context.Context, t *Tools, l Lesson, count int) (string, error) {
	why, err := starterFails(ctx, t, l)
	if err != nil {
		return "", err
	}
	solution := source{Lesson: l, instead: l.Solution()}
	findings, err := t.vet(ctx, solution)
	switch {
	case err != nil:
		return "", err
	case len(findings) > 0:
		return "", fmt.Errorf("go vet of the solution: %s", findings[0])
	}
	took, err := solutionPasses(ctx, t, solution, count)
	if err != nil {
		return "", err
	}
	v := Verdict{}
	if err := t.race(ctx, solution, &v); err != nil {
		return "", err
	}
	if v.Race == "failed" {
		return "", fmt.Errorf("the solution, with the race detector: %s", strings.Join(v.Why, "; "))
	}
	return fmt.Sprintf("ok    %-18s starter: %s | solution: %d of %d, %.1f s each | race check: %s", l.ID, why, count, count, took.Seconds(), v.Race), nil
}

// starterFails returns why.
func starterFails(ctx context.Context, t *Tools, l Lesson) (why string, err error) {
	starter := source{Lesson: l, instead: l.Starter()}
	binary, said, err := t.build(ctx, starter, false)
	if err != nil {
		return "", fmt.Errorf("build the starter: %w: %s", err, strings.Join(compiler(said, t.Root), "; "))
	}
	reason := regexp.MustCompile(l.Fails)
	for range 2 {
		said, passed, err := t.run(ctx, starter, binary)
		if err != nil {
			return "", err
		}
		why = matters(said, l.File)[0]
		switch {
		case passed:
			return "", errors.New("the starter passes")
		case strings.Count(said, "not yet: ") != 1:
			return "", fmt.Errorf("the starter has %d reasons, not one: %s", strings.Count(said, "not yet: "), last(said))
		case !reason.MatchString(why):
			return "", fmt.Errorf("the starter fails for another reason than %q: %s", l.Fails, why)
		}
	}
	return why, nil
}

// solutionPasses returns how long it took on average.
func solutionPasses(ctx context.Context, t *Tools, solution source, count int) (time.Duration, error) {
	binary, said, err := t.build(ctx, solution, false)
	if err != nil {
		return 0, fmt.Errorf("build the solution: %w: %s", err, strings.Join(compiler(said, t.Root), "; "))
	}
	start := time.Now()
	for i := range count {
		said, passed, err := t.run(ctx, solution, binary)
		if err != nil {
			return 0, err
		}
		if !passed {
			return 0, fmt.Errorf("the solution fails at run %d of %d: %s", i+1, count, strings.Join(matters(said, solution.File), "; "))
		}
	}
	return time.Since(start) / time.Duration(max(1, count)), nil
}

// last is the end of what was said, on one line.
func last(said string) string {
	text := strings.Join(strings.Fields(said), " ")
	return text[max(0, len(text)-300):]
}
