package pitfall_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fourlevels/fourlevels/levels/pitfall"
	"github.com/fourlevels/fourlevels/levels/process/child"
)

// ends is a program that ends so many pieces of work in each way.
func ends(expected, forbidden int) pitfall.Variant {
	return func(context.Context) (pitfall.Seen, error) {
		return pitfall.Seen{Outcomes: []pitfall.Outcome{
			{What: "done", Verdict: pitfall.Expected, Count: expected},
			{What: "lost", Verdict: pitfall.Forbidden, Count: forbidden},
		}}, nil
	}
}

// takes is a program that is judged by its time.
func takes(d time.Duration) pitfall.Variant {
	return func(context.Context) (pitfall.Seen, error) {
		return pitfall.Seen{Took: d, Outcomes: []pitfall.Outcome{{What: "done", Verdict: pitfall.Expected, Count: 3}}}, nil
	}
}

// wrongOnce ends one of its runs badly, and all others well.
func wrongOnce(which int32) pitfall.Variant {
	var runs atomic.Int32
	return func(ctx context.Context) (pitfall.Seen, error) {
		seen, err := takes(time.Second)(ctx)
		if runs.Add(1) == which {
			seen.Outcomes = append(seen.Outcomes, pitfall.Outcome{What: "lost", Verdict: pitfall.Forbidden, Count: 1})
		}
		return seen, err
	}
}

// refuses keeps its promise in the cheapest way.
func refuses(context.Context) (pitfall.Seen, error) {
	return pitfall.Seen{Outcomes: []pitfall.Outcome{{What: "refused", Verdict: pitfall.Allowed, Count: 3}}}, nil
}

// litters leaves a file among the temporary ones, and waits.
func litters(ctx context.Context) (pitfall.Seen, error) {
	if err := os.WriteFile(filepath.Join(os.TempDir(), "litter"), nil, 0o600); err != nil {
		return pitfall.Seen{}, err
	}
	return waits(ctx)
}

// curious looks for what was meant for its prover.
func curious(ctx context.Context) (pitfall.Seen, error) {
	if secret, ok := os.LookupEnv("PITFALL_TEST_SECRET"); ok {
		return pitfall.Seen{}, errors.New("it knows " + secret)
	}
	return ends(3, 0)(ctx)
}

func dies(context.Context) (pitfall.Seen, error) { panic("I am not well") }

func fails(context.Context) (pitfall.Seen, error) { return pitfall.Seen{}, errors.New("no eyes") }

func leaves(context.Context) (pitfall.Seen, error) {
	os.Exit(0)
	return pitfall.Seen{}, nil
}

// waits ends with its context, which its leash ends.
func waits(ctx context.Context) (pitfall.Seen, error) {
	<-ctx.Done()
	return pitfall.Seen{}, context.Cause(ctx)
}

func counted(id string, broken, fixed pitfall.Variant) pitfall.Pitfall {
	return pitfall.Pitfall{ID: id, Class: pitfall.Count, Unit: "lost", Breaks: pitfall.AtLeast(1), Work: 3, Broken: broken, Fixed: fixed}
}

func timed(id string, broken, fixed pitfall.Variant) pitfall.Pitfall {
	return pitfall.Pitfall{ID: id, Class: pitfall.Wait, Unit: "x one", Breaks: pitfall.AtLeast(5), Holds: pitfall.AtMost(2), Work: 3,
		Broken: broken, Fixed: fixed, Yardstick: takes(time.Second)}
}

var some = []pitfall.Pitfall{
	counted("proven", ends(2, 1), ends(3, 0)),
	counted("holds", ends(3, 0), ends(3, 0)),
	counted("breaks", ends(2, 1), ends(2, 1)),
	counted("idle", ends(2, 1), ends(0, 0)),
	counted("dies", dies, ends(3, 0)),
	counted("fails", fails, ends(3, 0)),
	counted("leaves", leaves, ends(3, 0)),
	counted("waits", waits, ends(3, 0)),
	timed("slow", takes(9*time.Second), takes(time.Second)),
	timed("fast", takes(4*time.Second), takes(time.Second)),
	timed("slower", takes(9*time.Second), takes(3*time.Second)),
	timed("once", takes(9*time.Second), wrongOnce(2)),
	timed("timeless", takes(9*time.Second), ends(3, 0)),
	{ID: "lazy", Class: pitfall.Count, Unit: "lost", Breaks: pitfall.AtLeast(1), Work: 3, Least: 1, Broken: ends(2, 1), Fixed: refuses},
	{ID: "shy", Class: pitfall.Count, Unit: "lost", Breaks: pitfall.AtLeast(1), Shows: 2, Work: 3, Broken: ends(2, 1), Fixed: ends(3, 0)},
	counted("litters", litters, ends(3, 0)),
	counted("curious", ends(2, 1), curious),
	{ID: "needy", Needs: func() string { return "a second moon" }},
	{ID: "young", Since: "1.999"},
	{ID: "helped", Helpers: map[string]func([]string) error{"echo": func(args []string) error {
		_, err := io.Copy(os.Stdout, io.MultiReader(strings.NewReader(strings.Join(args, " ")), os.Stdin))
		return err
	}}},
}

func find(id string) pitfall.Pitfall {
	for _, p := range some {
		if p.ID == id {
			return p
		}
	}
	panic(id)
}

func TestMain(m *testing.M) {
	pitfall.Child(some...)
	goleak.VerifyTestMain(m)
}

// The prover has teeth: whatever does not do what its entry says is refuted.
func TestProve(t *testing.T) {
	for id, want := range map[string]struct {
		ruling pitfall.Ruling
		why    string
	}{
		"proven":   {pitfall.Proven, ""},
		"holds":    {pitfall.Refuted, "the broken program: 0 lost, and should be at least 1"},
		"breaks":   {pitfall.Refuted, "the fixed program: it must never happen, and does: lost (1 x)"},
		"idle":     {pitfall.Refuted, "the fixed program: of 3 pieces of work 0 ended as promised"},
		"slow":     {pitfall.Proven, ""},
		"fast":     {pitfall.Refuted, "the broken program: 4 x one, and should be at least 5"},
		"slower":   {pitfall.Refuted, "the fixed program: 3 x one, and should be at most 2"},
		"once":     {pitfall.Refuted, "the fixed program: it must never happen, and does: lost (1 x)"},
		"timeless": {pitfall.Refuted, "the fixed program: it has not done what is timed"},
		"lazy":     {pitfall.Refuted, "of 3 pieces of work 0 ended as expected, and should be at least 1"},
		"shy":      {pitfall.Refuted, "the broken program: 1 forbidden outcomes, and should be at least 2"},
		"needy":    {pitfall.NotHere, "a second moon"},
		"young":    {pitfall.NotHere, "it takes Go 1.999"},
	} {
		t.Run(id, func(t *testing.T) {
			proof, err := find(id).Prove(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if proof.Ruling != want.ruling || !strings.Contains(proof.Why, want.why) || (want.why == "") != (proof.Why == "") {
				t.Errorf("%s: %q, want %s: %q", proof.Ruling, proof.Why, want.ruling, want.why)
			}
		})
	}
}

// What could not be looked at is an error that says why, and no proof.
func TestProveCannotLook(t *testing.T) {
	for id, want := range map[string]string{
		"dies":   "I am not well",
		"fails":  "no eyes",
		"leaves": "broken of leaves: what it told is cut off",
	} {
		if _, err := find(id).Prove(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", id, err, want)
		}
	}
}

// Secrets in the environment of a prover are not for the programs it looks at.
func TestProveKeepsSecrets(t *testing.T) {
	t.Setenv("PITFALL_TEST_SECRET", "CANARY-7f3a")
	if proof, err := find("curious").Prove(t.Context()); err != nil || proof.Ruling != pitfall.Proven {
		t.Errorf("%+v, %v", proof, err)
	}
}

// A program that hangs ends with its caller's patience.
func TestProveEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(50*time.Millisecond, func() { cancel(errors.New("enough")) })
	if _, err := find("waits").Prove(ctx); err == nil || !strings.Contains(err.Error(), "enough") {
		t.Error(err)
	}
}

// Whoever is told to leave leaves nothing behind: not in the folder of temporary files, and
// no process.
func TestProveClearsAway(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	t.Setenv("TMP", temp)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { // ends when the litter is there
		for ctx.Err() == nil {
			if found, _ := filepath.Glob(filepath.Join(temp, "pitfall-*", "litter")); len(found) > 0 {
				cancel()
			}
			time.Sleep(time.Millisecond)
		}
	}()
	if _, err := find("litters").Prove(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	left, err := os.ReadDir(temp)
	if len(left) > 0 || err != nil {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestHelper(t *testing.T) {
	c, err := child.Start(pitfall.Helper("helped", "echo", "one", "two"))
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(c.Stdin, " three")
	c.Stdin.Close()
	said, err := io.ReadAll(c.Stdout)
	if string(said) != "one two three" || err != nil {
		t.Errorf("%q, %v", said, err)
	}
	if err := c.Stop(time.Minute); err != nil {
		t.Error(err)
	}
}

func TestRight(t *testing.T) {
	p := pitfall.Predict{Choices: [3]pitfall.Choice{{If: pitfall.Exactly(0)}, {If: pitfall.Between(1, 9)}, {If: pitfall.AtLeast(10)}}}
	for number, want := range map[float64]int{0: 0, 1: 1, 9: 1, 9.5: -1, 10: 2, 1e9: 2} {
		if got := p.Right(number); got != want {
			t.Errorf("Right(%v) = %d, want %d", number, got, want)
		}
	}
}

func TestBody(t *testing.T) {
	const source = "// Package p.\npackage p\n\nimport \"os\"\n\nimport (\n\t\"io\"\n)\n\n// f does.\nfunc f() {}\n\n"
	if got, want := pitfall.Body(source), "// f does.\nfunc f() {}\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
