package learn

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/fourlevels/fourlevels/levels/pitfall"
)

// known is a pitfall whose broken program shows 3 of 4.
var known = []pitfall.Pitfall{{
	ID: "Z1", Name: "made", Class: pitfall.Count, Unit: "cups broken of 4", Breaks: pitfall.Between(2, 4), Work: 4, Price: "A tray.",
	Ask: pitfall.Predict{Question: "How many cups break?", Choices: [3]pitfall.Choice{
		{Says: "none", If: pitfall.Exactly(0)}, {Says: "one", If: pitfall.Exactly(1)}, {Says: "more", If: pitfall.AtLeast(2)},
	}},
	Hints: [3]string{"Think of trays.", "Look at your hands.", "Take a tray."},
	Broken: func(context.Context) (pitfall.Seen, error) {
		return pitfall.Seen{Outcomes: []pitfall.Outcome{{What: "broken", Verdict: pitfall.Forbidden, Count: 3}}}, nil
	},
}}

func TestMain(m *testing.M) {
	pitfall.Child(known...)
	goleak.VerifyTestMain(m)
}

const (
	made = `{"title": "Carry cups", "minutes": 5, "goal": "carry", "pitfalls": ["Z1"], "fails": "not yet: \\d cups"}`
	own  = `{"title": "Count", "minutes": 10, "goal": "count", "fails": "not yet: 1 cups", "price": "Fingers.",
		"ask": {"question": "How many?", "choices": ["1", "2", "3"], "right": "b"}, "hints": ["x", "y", "z"]}`

	starter = "package cups\n\n// Carried is how many arrive.\nfunc Carried() int { return 1 }\n"
	right   = "package cups\n\n// Carried is how many arrive.\nfunc Carried() int { return 2 }\n"
	exam    = `package cups

import "testing"

func TestCups(t *testing.T) {
	t.Log("grade: number=3 unit=\"cups broken\"")
	n := Carried()
	if n == 3 {
		t.Fatal("not yet: it is 1 times as fast as the reference (2ms, not 2ms), and should be 2 times or more")
	}
	if n != 2 {
		t.Fatalf("not yet: %d cups of 2", n)
	}
	t.Log("grade: ratio=4 need=2 class=WAIT reference=40ms yours=10ms")
	t.Log("grade: note=\"no moon\"")
}
`
)

// course is a checkout with two lessons. They need nothing but the standard library.
func course(t *testing.T) *Course {
	t.Helper()
	dir := t.TempDir()
	root := filepath.Join(dir, "docs", "exercises")
	write(t, filepath.Join(root, "go.mod"), module+"\n\ngo 1.26.0\n")
	for id, about := range map[string]string{"01-cups": made, "02-cups": own} {
		lesson(t, filepath.Join(root, id), about)
	}
	c, err := Open(dir, known)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func lesson(t *testing.T, dir, about string) {
	t.Helper()
	write(t, filepath.Join(dir, "lesson.json"), about)
	write(t, filepath.Join(dir, "cups.go"), starter)
	write(t, filepath.Join(dir, "cups_test.go"), exam)
	write(t, filepath.Join(dir, "testdata", "starter.go"), starter)
	write(t, filepath.Join(dir, "testdata", "solution.go"), right)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func tools(t *testing.T, c *Course) *Tools {
	t.Helper()
	tools, err := NewTools(t.Context(), c.Root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tools.Close(); err != nil {
			t.Error(err)
		}
	})
	return tools
}

// has wants each of these in a text.
func has(t *testing.T, text string, all ...string) {
	t.Helper()
	for _, want := range all {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
}
