package grade

import (
	"context"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/pitfall"
)

// looks is how often a number of class WAIT, CPU or PAR is taken before it fails a
// student, each time afresh. Two that are plainly the broken program's are enough.
const looks = 3

// limit is what one look may take. It takes a second: this is for programs that hang.
const limit = 20 * time.Second

// Judge holds a student's program to the pitfall's own proof: to its outcomes, and then to
// its number.
func Judge(t testing.TB, p pitfall.Pitfall, program pitfall.Variant) {
	t.Helper()
	if why := p.Missing(); why != "" {
		Note(t, "%s: not gradable here: %s", p.ID, why)
		return
	}
	if p.Class.Timed() && !gradable(t, p.Class) { // its outcomes still are
		p.Class, p.Yardstick = pitfall.Count, nil
	}
	var s pitfall.Side
	var wrong string
	for try := range looks {
		s = look(t, p, program)
		wrong = p.Wrong(s)
		if wrong == "" || !p.Class.Timed() || wrong == outcomes(p, s) || try > 0 && p.Breaks.Has(s.Number) {
			break
		}
	}
	t.Logf("grade: id=%s number=%.4g unit=%q", p.ID, s.Number, p.Unit)
	switch {
	case wrong == "":
	case p.Class == pitfall.Par && !cores(t):
	default:
		NotYet(t, "%s", wrong)
	}
}

// outcomes says what is wrong with them alone.
func outcomes(p pitfall.Pitfall, s pitfall.Side) string {
	p.Class = pitfall.Count
	return p.Wrong(s)
}

// look judges the program once.
func look(t testing.TB, p pitfall.Pitfall, program pitfall.Variant) (s pitfall.Side) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	var err error
	within(ctx, t, func() { s, err = p.Judge(ctx, program) })
	if err != nil {
		NotYet(t, "it ends with an error: %v", err)
	}
	return s
}

// within calls a student's program on a goroutine of its own, which is left alone if it
// hangs: the test ends then, and its process soon after.
func within(ctx context.Context, t testing.TB, call func()) {
	t.Helper()
	ended := make(chan any, 1)
	go func() {
		defer func() { ended <- recover() }()
		call()
	}()
	var panicked any
	select {
	case panicked = <-ended:
	case <-ctx.Done():
	}
	switch {
	case ctx.Err() != nil:
		NotYet(t, "it has not ended within %v: something waits for what never comes", limit)
	case panicked != nil:
		NotYet(t, "it panics: %v", panicked)
	}
}
