package learn

import (
	"cmp"
	"context"
	"maps"
	"regexp"
	"strconv"
	"strings"
)

// A Verdict is what a grade said.
type Verdict struct {
	Passed bool
	Why    []string // not passed: the lines that matter, of which the first says it
	Hints  []string // of go vet, where it has not passed
	Race   string   // "passed", or "skipped" and why; "" if it did not come to that
	Notes  []string // what was not graded here
	Facts  map[string]string
	All    string // that was said
}

// Grade grades the student's file: results, what is left behind, vet, races, and speed
// last. All but vet and races is in one test, so these come in before a lack of speed.
func (t *Tools) Grade(ctx context.Context, l Lesson) (Verdict, error) {
	return t.grade(ctx, source{Lesson: l})
}

func (t *Tools) grade(ctx context.Context, s source) (Verdict, error) {
	var hints []string
	var failed error
	vetted := make(chan bool)
	go func() { // while it is built; it is waited for before anything is timed
		defer close(vetted)
		hints, failed = t.vet(ctx, s)
	}()
	v, err := t.test(ctx, s, false, func() { <-vetted })
	if err = cmp.Or(err, failed); err != nil {
		return v, err
	}
	if len(v.Why) > 0 && v.Why[0] == unbuilt { // and vet would say the same
		return v, nil
	}
	v.Hints = hints
	if !v.Passed && !slow(v.Why[0]) {
		return v, nil
	}
	if len(v.Hints) > 0 {
		v.Passed, v.Why, v.Hints = false, []string{"not yet: the results are right, but go vet says:", v.Hints[0]}, v.Hints[1:]
		return v, nil
	}
	return v, t.race(ctx, s, &v)
}

// slow reports whether a program fails by its speed alone.
func slow(why string) bool { return speed.MatchString(why) }

// speed is what package grade says of a ratio: to the reference, and to a yardstick.
var speed = regexp.MustCompile(`times as fast as the reference|^not yet: [0-9.e+]+ x .*, and should be`)

// test builds the lesson's test, waits, and runs it.
func (t *Tools) test(ctx context.Context, s source, race bool, wait func()) (v Verdict, err error) {
	t.building.Store(true)
	binary, said, err := t.build(ctx, s, race)
	wait()
	t.building.Store(false)
	if ctx.Err() != nil {
		return v, context.Cause(ctx)
	}
	if err != nil {
		return Verdict{All: said, Why: append([]string{unbuilt}, compiler(said, t.Root)...)}, nil
	}
	if v.All, v.Passed, err = t.run(ctx, s, binary); err != nil {
		return v, err
	}
	v.Facts, v.Notes = facts(v.All)
	if !v.Passed {
		v.Why = matters(v.All, s.File)
	}
	return v, nil
}

const unbuilt = "it does not compile:"

// race is the same test with the race detector. That it is slower with it is no fault.
func (t *Tools) race(ctx context.Context, s source, v *Verdict) error {
	if v.Race = "skipped (" + t.NoRace + ")"; t.NoRace != "" {
		return nil
	}
	raced, err := t.test(ctx, s, true, func() {})
	switch {
	case err != nil:
		return err
	case raced.Passed, slow(raced.Why[0]) && !strings.Contains(raced.All, racing):
		v.Race = "passed"
	case raced.Why[0] == unbuilt: // but it was, without
		v.Race = "skipped (go test -race does not build here)"
	default:
		v.Passed, v.Race, v.Why, v.All = false, "failed", raced.Why, raced.All
	}
	return nil
}

var field = regexp.MustCompile(`([a-z]+)=("(?:[^"\\]|\\.)*"|\S+)`)

// facts are what the grade wrote for us: the last of each name counts, but of several
// comparisons the one with the largest ratio.
func facts(said string) (all map[string]string, notes []string) {
	all = map[string]string{}
	for line := range strings.Lines(said) {
		_, rest, ok := strings.Cut(line, " grade: ")
		if !ok {
			continue
		}
		told := map[string]string{}
		for _, f := range field.FindAllStringSubmatch(rest, -1) {
			told[f[1]] = f[2]
			if text, err := strconv.Unquote(f[2]); err == nil {
				told[f[1]] = text
			}
		}
		if note := told["note"]; note != "" {
			notes = append(notes, note)
		}
		if told["ratio"] == "" || number(told, "ratio") >= number(all, "ratio") {
			maps.Copy(all, told)
		}
	}
	return all, notes
}

// number is a fact that is one, and 0 if it is missing.
func number(facts map[string]string, name string) float64 {
	n, _ := strconv.ParseFloat(facts[name], 64)
	return n
}
