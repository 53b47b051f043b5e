package grade

import (
	"context"
	"fmt"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/pitfall"
)

// A pupil is a test that keeps what is said to it, and that may fail.
type pupil struct {
	testing.TB
	said strings.Builder
}

func (p *pupil) Helper()                     {}
func (p *pupil) Logf(f string, a ...any)     { fmt.Fprintf(&p.said, f+"\n", a...) }
func (p *pupil) Fatalf(f string, a ...any)   { p.Logf(f, a...); runtime.Goexit() }
func (p *pupil) saw(t *testing.T, re string) { p.find(t, re, true) }
func (p *pupil) not(t *testing.T, re string) { p.find(t, re, false) }

func (p *pupil) find(t *testing.T, re string, want bool) {
	t.Helper()
	if regexp.MustCompile("(?m)"+re).MatchString(p.said.String()) != want {
		t.Errorf("%q: to be found: %v, in:\n%s", re, want, p.said.String())
	}
}

// grades runs a grade that may end its goroutine.
func grades(t *testing.T, grade func(testing.TB)) *pupil {
	p := &pupil{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		grade(p)
	}()
	<-done
	return p
}

// counted is a pitfall of class COUNT: of 3 pieces of work none may be lost.
var counted = pitfall.Pitfall{ID: "Z1", Class: pitfall.Count, Unit: "lost of 3", Breaks: pitfall.Between(1, 3), Work: 3}

func loses(n int) pitfall.Variant {
	return func(context.Context) (pitfall.Seen, error) {
		return pitfall.Seen{Outcomes: []pitfall.Outcome{
			{What: "kept", Verdict: pitfall.Expected, Count: 3 - n},
			{What: "lost", Verdict: pitfall.Forbidden, Count: n},
		}}, nil
	}
}

func TestJudgeCountsOutcomes(t *testing.T) {
	grades(t, func(tb testing.TB) { Judge(tb, counted, loses(0)) }).not(t, "not yet")
	grades(t, func(tb testing.TB) { Judge(tb, counted, loses(2)) }).saw(t, `^not yet: it must never happen, and does: lost \(2 x\)$`)
	lazy := func(context.Context) (pitfall.Seen, error) { return pitfall.Seen{}, nil }
	grades(t, func(tb testing.TB) { Judge(tb, counted, lazy) }).saw(t, `^not yet: of 3 pieces of work 0 ended as promised$`)
}

func TestJudgeSurvivesThePupil(t *testing.T) {
	panics := func(context.Context) (pitfall.Seen, error) { panic("no\nway") }
	grades(t, func(tb testing.TB) { Judge(tb, counted, panics) }).saw(t, "^not yet: it panics: no way$")
	Virtual(t, func(t *testing.T) {
		hangs := func(ctx context.Context) (pitfall.Seen, error) { <-ctx.Done(); return pitfall.Seen{}, ctx.Err() }
		grades(t, func(tb testing.TB) { Judge(tb, counted, hangs) }).saw(t, "^not yet: it has not ended within 20s")
	})
}

// takes is a program of 3 pieces of work that waits.
func takes(d time.Duration, lost int, calls *int) pitfall.Variant {
	return func(ctx context.Context) (pitfall.Seen, error) {
		*calls++
		seen, err := loses(lost)(ctx)
		seen.Took = d
		return seen, err
	}
}

func TestJudgeTakesTimesAfresh(t *testing.T) {
	var calls int
	timed := pitfall.Pitfall{ID: "Z2", Class: pitfall.Wait, Unit: "x one", Breaks: pitfall.AtLeast(10), Holds: pitfall.AtMost(3), Work: 3,
		Yardstick: takes(time.Second, 0, new(int))}
	for _, c := range []struct {
		took   time.Duration
		lost   int
		rounds int // of five runs
		says   string
	}{
		{2 * time.Second, 0, 1, `^grade: id=Z2 number=2 unit="x one"$`},
		{5 * time.Second, 0, 3, "^not yet: 5 x one, and should be at most 3$"},
		{20 * time.Second, 0, 2, "^not yet: 20 x one, and should be at most 3$"},
		{2 * time.Second, 1, 1, "^not yet: it must never happen, and does: lost"},
	} {
		calls = 0
		grades(t, func(tb testing.TB) { Judge(tb, timed, takes(c.took, c.lost, &calls)) }).saw(t, c.says)
		if calls != c.rounds*pitfall.Rounds {
			t.Errorf("a program that takes %v, and loses %d, ran %d times, not %d", c.took, c.lost, calls, c.rounds*pitfall.Rounds)
		}
	}
}

func TestJudgeNotesWhatIsNotHere(t *testing.T) {
	p := counted
	p.Needs = func() string { return "there is no moon" }
	grades(t, func(tb testing.TB) { Judge(tb, p, loses(3)) }).saw(t, `^grade: note="Z1: not gradable here: there is no moon"$`)
}

// Of virtual time the ratios are exact.
func TestFaster(t *testing.T) {
	waits := func(d time.Duration) func() { return func() { time.Sleep(d) } }
	Virtual(t, func(t *testing.T) {
		p := grades(t, func(tb testing.TB) {
			Faster(tb, pitfall.Wait, 8, waits(80*time.Millisecond), waits(10*time.Millisecond))
		})
		p.saw(t, "^grade: ratio=8 need=8 class=WAIT reference=80ms yours=10ms$")
		p.not(t, "not yet")
	})
	p := grades(t, func(tb testing.TB) { Faster(tb, pitfall.Wait, 80, waits(2*time.Millisecond), waits(time.Millisecond)) })
	p.saw(t, "^two threads do .* times the work of one")
	p.saw(t, `^yours +\[(\S+ ){4}\S+\]$`)
	p.saw(t, "^not yet: it is .* times as fast as the reference .*, and should be 80 times or more$")
}

func TestFasterSamplesAreLong(t *testing.T) {
	Virtual(t, func(t *testing.T) {
		f := func() { time.Sleep(3 * time.Millisecond) }
		if n := calls(t, pitfall.CPU, f); n != 8 {
			t.Errorf("%d calls of 3 ms make a sample of 20 ms", n)
		}
	})
}
