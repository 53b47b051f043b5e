package learn

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// A screen is what a student sees. It can be waited for.
type screen struct {
	mu   sync.Mutex // guards text
	text string
	seen int // of the text, by whoever waits
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text += string(b)
	return len(b), nil
}

// shows waits for a text behind the one that was waited for before.
func (s *screen) shows(t *testing.T, text string) {
	t.Helper()
	await(t, "on the screen: "+text, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		at := strings.Index(s.text[s.seen:], text)
		if at >= 0 {
			s.seen += at + len(text)
		}
		return at >= 0
	})
}

// A student types, and looks.
type student struct {
	*Session
	screen
	keys *io.PipeWriter
	left chan error
}

func watches(ctx context.Context, t *testing.T, c *Course, start string) *student {
	in, keys := io.Pipe()
	s := &student{keys: keys, left: make(chan error, 1)}
	s.Session = &Session{Course: c, Tools: withoutRace(t, c), In: in, Out: &s.screen, Width: 80, Poll: 5 * time.Millisecond}
	go func() { s.left <- s.Watch(ctx, start) }()
	t.Cleanup(func() { keys.Close() })
	return s
}

// withoutRace are tools that build half as much.
func withoutRace(t *testing.T, c *Course) *Tools {
	tl := tools(t, c)
	tl.NoRace = "this is a test"
	return tl
}

func (s *student) types(t *testing.T, line string) {
	t.Helper()
	if _, err := io.WriteString(s.keys, line+"\n"); err != nil {
		t.Fatal(err)
	}
}

// save writes a file whose time differs from before, as an editor's would.
func save(t *testing.T, path, code string) {
	t.Helper()
	was, err := os.Stat(path)
	write(t, path, code)
	if err == nil {
		later := was.ModTime().Add(time.Second)
		if err := os.Chtimes(path, later, later); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWatchLeadsThrough(t *testing.T) {
	c := course(t)
	s := watches(t.Context(), t, c, "")
	s.shows(t, "== 01-cups Carry cups (about 5 minutes)")
	s.shows(t, "Predict: How many cups break?")
	s.shows(t, "c: more")
	s.shows(t, "[----------] 0/2")
	s.types(t, "h")
	s.shows(t, "hint 1 of 3: Think of trays.")
	s.types(t, "s")
	s.shows(t, "type reveal")
	s.types(t, "B") // in whichever case
	s.shows(t, "You say b")
	s.shows(t, "not yet: 1 cups of 2")
	s.types(t, "c")
	s.shows(t, "You have said b")
	s.types(t, "hm")
	s.shows(t, `no command is called "hm"`)
	s.types(t, "v")
	s.shows(t, "=== RUN   TestCups")
	save(t, c.Lessons[0].File, right)
	s.shows(t, "cups.go has changed")
	s.shows(t, "PASSED  01-cups")
	s.shows(t, "reference |=====")
	s.shows(t, "4 times as fast as the reference, and 2 would do")
	s.shows(t, "note: no moon")
	s.shows(t, "race check: skipped (this is a test)")
	s.shows(t, "You predicted b: one; measured on the broken program: 3 cups broken")
	s.shows(t, "It is c: more")
	s.shows(t, "What it costs: A tray.")
	s.shows(t, "[#####-----] 1/2")
	s.types(t, "s")
	s.shows(t, "func Carried() int { return 2 }")
	s.types(t, "")
	s.shows(t, "== 02-cups Count")
	s.shows(t, "Predict: How many?")
	s.types(t, "q")
	s.shows(t, "1 of 2 passed")
	if err := <-s.left; err != nil {
		t.Error(err)
	}
	text, err := os.ReadFile(filepath.Join(c.Root, ".progress"))
	if err != nil {
		t.Fatal(err)
	}
	has(t, string(text), "01-cups done 20", " hints=1 predicted=b ratio=4 right=no\n")
}

func TestWatchEndsLoudly(t *testing.T) {
	c := course(t)
	c.Progress.Of("01-cups").Done = time.Now()
	s := watches(t.Context(), t, c, "")
	s.shows(t, "== 02-cups")
	s.types(t, "reveal")
	s.shows(t, "What it costs: Fingers.")
	s.types(t, "b")
	s.shows(t, "not yet: 1 cups")
	save(t, c.Lessons[1].File, right)
	s.shows(t, "You were right.")
	s.shows(t, "THAT IS ALL: 2 OF 2 LESSONS PASSED")
	s.shows(t, "predicted right: 1 of 1   hints: 0   solutions seen before: 1")
	s.types(t, "")
	if err := <-s.left; err != nil {
		t.Error(err)
	}
	if !strings.Contains(c.Progress.Of("02-cups").String(), "revealed=yes") {
		t.Error(c.Progress.Of("02-cups"))
	}
}

func TestWatchResets(t *testing.T) {
	c := course(t)
	save(t, c.Lessons[1].File, "package cups // mine\n")
	s := watches(t.Context(), t, c, "2")
	s.shows(t, "== 02-cups")
	s.types(t, "x")
	s.shows(t, "cups.go.bak")
	s.shows(t, "not yet: 1 cups") // it has changed
	s.types(t, "x")
	s.shows(t, "as it was at the beginning")
	save(t, c.Lessons[1].File, "package cups // one line\n")
	s.shows(t, "has changed")
	s.types(t, "x")
	s.shows(t, "cups.go.bak2")
	s.keys.Close()
	if err := <-s.left; err != nil {
		t.Error(err)
	}
	for backup, want := range map[string]string{".bak": "mine", ".bak2": "one line"} {
		if text, _ := os.ReadFile(c.Lessons[1].File + backup); string(text) != "package cups // "+want+"\n" {
			t.Errorf("the backup %s is %q", backup, text)
		}
	}
}

// Whoever has seen what happens does not predict it, in a later session neither.
func TestWatchKnowsWhoHasSeen(t *testing.T) {
	c := course(t)
	for range 2 {
		s := watches(t.Context(), t, c, "1")
		s.shows(t, "== 01-cups")
		s.types(t, "r")
		s.shows(t, "not yet: 1 cups")
		s.types(t, "c")
		s.shows(t, "too late to predict")
		s.types(t, "p")
		s.shows(t, "too late to predict")
		s.keys.Close()
		if err := <-s.left; err != nil {
			t.Error(err)
		}
	}
	if r := c.Progress.Of("01-cups"); r.String() != "open seen=yes" {
		t.Error(r)
	}
}

// Hints come one by one, and all again when there are no more. That they cannot be counted
// is said once, and ends nothing.
func TestWatchGoesOnWithoutProgress(t *testing.T) {
	c := course(t)
	c.Progress.path = filepath.Join(c.Root, "nowhere", ".progress")
	s := watches(t.Context(), t, c, "1")
	s.types(t, "h")
	s.shows(t, "hint 1 of 3")
	s.shows(t, "cannot be kept:")
	s.types(t, "h")
	s.types(t, "h")
	s.shows(t, "hint 3 of 3")
	s.types(t, "h")
	s.shows(t, "hint 1 of 3")
	s.shows(t, "no further hints")
	if err := os.Remove(c.Lessons[0].Starter()); err != nil {
		t.Fatal(err)
	}
	s.types(t, "x")
	s.shows(t, "That did not work:")
	s.types(t, "q")
	if err := <-s.left; err != nil {
		t.Error(err)
	}
	if n := strings.Count(s.screen.text, "cannot be kept"); n != 1 || strings.Count(s.screen.text, "hint 2 of 3") != 2 {
		t.Errorf("%d times in:\n%s", n, s.screen.text)
	}
}

// Whoever leaves while a program hangs does not wait for it.
func TestWatchLeavesAProgramThatHangs(t *testing.T) {
	for name, leave := range map[string]func(s *student, cancel context.CancelCauseFunc){
		"quit":      func(s *student, _ context.CancelCauseFunc) { io.WriteString(s.keys, "q\n") },
		"interrupt": func(_ *student, cancel context.CancelCauseFunc) { cancel(errLeft) },
	} {
		c := course(t)
		here := filepath.Join(t.TempDir(), "here")
		write(t, c.Lessons[0].File, hangs(here))
		ctx, cancel := context.WithCancelCause(t.Context())
		s := watches(ctx, t, c, "1")
		s.shows(t, "Predict")
		s.types(t, "r")
		await(t, name+": the program", func() bool { _, err := os.Stat(here); return err == nil })
		leave(s, cancel)
		if err := <-s.left; err != nil && !errors.Is(err, errLeft) {
			t.Errorf("%s: %v", name, err)
		}
		cancel(nil)
	}
}

func TestOnceGradesWithoutATerminal(t *testing.T) {
	c := course(t)
	var out screen
	s := &Session{Course: c, Tools: withoutRace(t, c), Out: &out, Width: 80}
	for i, code := range []string{starter, right} {
		write(t, c.Lessons[0].File, code)
		if passed, err := s.Once(t.Context(), ""); passed != (i == 1) || err != nil {
			t.Errorf("%v, %v", passed, err)
		}
	}
	out.shows(t, "not yet: 1 cups")
	out.shows(t, "PASSED")
	if !c.Progress.Passed("01-cups") {
		t.Error("it was not recorded")
	}
	if _, err := s.Once(t.Context(), "9"); err == nil {
		t.Error("there is a lesson 9")
	}
}

func TestGradingKeepsOneInformed(t *testing.T) {
	g := &grading{tools: &Tools{}, over: make(chan struct{}), patience: 3 * time.Second}
	for _, x := range []struct {
		took     time.Duration
		building bool
		says     string
	}{
		{2 * time.Second, true, ""},
		{4 * time.Second, true, "building: the first time"},
		{8 * time.Second, true, ""},
		{12 * time.Second, true, "still building (10s)"},
		{13 * time.Second, false, ""},
		{71 * time.Second, false, "still grading (1m10s)"},
	} {
		g.since = time.Now().Add(-x.took)
		g.tools.building.Store(x.building)
		if says := g.word(); !strings.HasPrefix(says, x.says) || x.says == "" && says != "" {
			t.Errorf("after %v it says %q", x.took, says)
		}
	}
	g.since = time.Now().Add(-3 * time.Minute)
	if close(g.over); g.word() != "" {
		t.Error("it is over")
	}
}
