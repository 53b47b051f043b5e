package live_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/bench/live"
)

// play is a small show of two scenes.
func play(s *live.Stage) {
	s.Scene(live.Scene{Title: "first", Text: "Look here.", Lanes: []string{"a", "b"}})
	end := s.Begin("a", 0, live.Running)
	s.Count(live.Count{Name: "done", Value: 0})
	end()
	s.Count(live.Count{Name: "done", Value: 1})
	s.Say("One task.")
	s.Scene(live.Scene{Title: "second", Lanes: []string{"a"}})
	s.Begin("a", 1, live.Waiting)()
	s.Bars(live.Bars{Title: "time", Unit: "s", Bars: []live.Bar{{Label: "a", Value: 2}}})
	s.Point(live.Point{Series: "gap", Value: 3, Unit: "ms"})
	s.Table(live.Table{Title: "Numbers", Head: []string{"what", "n"}, Rows: [][]string{{"tasks", "2"}}})
	s.Say("That was all.")
}

// A terminal keeps the last frame of each scene once, and draws each line within its
// columns, by no other means than up, erase and return.
func TestTerminal(t *testing.T) {
	var out bytes.Buffer
	v := live.NewTerminal(&out, live.TerminalConfig{Width: 60, Height: 10, FPS: 200})
	s := live.NewStage(live.Config{Viewers: []live.Viewer{v}})
	play(s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := v.Close(); err != nil {
		t.Errorf("closed again: %v", err)
	}
	for _, line := range strings.Split(out.String(), "\r\n") {
		bare := regexp.MustCompile(`\x1b\[(\d+A|K|J)`).ReplaceAllString(line, "")
		if n := len([]rune(strings.TrimPrefix(bare, "\r"))); n > 60 || strings.Contains(bare, "\x1b") {
			t.Errorf("%d columns: %q", n, line)
		}
	}
	screen := screenOf(out.String())
	for _, want := range []string{"first", "second", "Numbers", "» That was all.", "» One task.", "done 1", "░ waiting"} {
		if strings.Count(screen, want) != 1 {
			t.Errorf("%q is %d times on the screen:\n%s", want, strings.Count(screen, want), screen)
		}
	}
}

// screenOf is what a terminal shows after that, with what was scrolled back.
func screenOf(text string) string {
	var lines []string
	row := 0
	for _, line := range strings.Split(text, "\r\n") {
		for {
			m := regexp.MustCompile(`^\r?\x1b\[(\d+)?([AKJ])\r?`).FindStringSubmatch(line)
			if m == nil {
				break
			}
			line = line[len(m[0]):]
			switch m[2] {
			case "A":
				n := 0
				for _, digit := range m[1] {
					n = 10*n + int(digit-'0')
				}
				row -= n
			case "J":
				lines = lines[:min(row, len(lines))]
			}
		}
		lines = append(lines[:min(row, len(lines))], append([]string{strings.TrimSuffix(line, "\x1b[K")}, lines[min(row+1, len(lines)):]...)...)
		row++
	}
	return strings.Join(lines, "\n")
}

// Without a terminal there are plain lines, and they say all that the frames say.
func TestLines(t *testing.T) {
	var out bytes.Buffer
	s := live.NewStage(live.Config{Viewers: []live.Viewer{live.NewLines(&out)}})
	play(s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	for _, want := range []string{"== first ==\nLook here.\n", "done: 0\n", "» One task.\n", "a: 1 done, running for ", "done: 1 at the end\n",
		"== second ==\n", "Numbers\nwhat   n\n", "tasks  2\n", "a: 1 done, waiting for ", "time:\n  a            2 s\n", "gap: 1 points, from 3 to 3 ms\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in:\n%s", want, text)
		}
	}
	if end := "tasks  2\n» That was all.\n"; !strings.HasSuffix(text, end) {
		t.Errorf("it does not end with the numbers, %q:\n%s", end, text)
	}
	if strings.ContainsAny(text, "\x1b\r") {
		t.Errorf("that drives a terminal: %q", text)
	}
}

// Counts that change all the time are told of once a second.
func TestCountsAreLimited(t *testing.T) {
	var out bytes.Buffer
	l := live.NewLines(&out)
	for i := range 3000 {
		l.Show(live.Event{At: time.Duration(i) * time.Millisecond, Count: &live.Count{Name: "n", Value: float64(i)}})
	}
	for i := range 5 { // nothing has changed
		l.Show(live.Event{At: time.Duration(4+i) * time.Second, Count: &live.Count{Name: "n", Value: 2000}})
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if want := "n: 0\nn: 1000\nn: 2000\nn: 2000 at the end\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

// Whoever stops reading keeps the viewer waiting, and not the stage.
func TestSlowReaderDoesNotStopTheStage(t *testing.T) {
	for name, open := range map[string]func(io.Writer) live.Viewer{
		"terminal": func(w io.Writer) live.Viewer { return live.NewTerminal(w, live.TerminalConfig{FPS: 1000}) },
		"lines":    func(w io.Writer) live.Viewer { return live.NewLines(w) },
	} {
		read, write := io.Pipe()
		s := live.NewStage(live.Config{Viewers: []live.Viewer{open(write)}})
		for range 1000 {
			play(s) // nobody reads
		}
		read.CloseWithError(errors.New("enough"))
		if err := s.Close(); err == nil || err.Error() != "enough" {
			t.Errorf("%s: closed with %v, want what writing failed with", name, err)
		}
	}
}

// Whoever is asked sees the question, nothing else goes on before a key, and the answer
// stands out. Without an audience nobody is asked.
func TestAsk(t *testing.T) {
	var out bytes.Buffer
	keys := make(chan rune)
	s := live.NewStage(live.Config{Viewers: []live.Viewer{live.NewLines(&out)}, Predict: true, Keys: keys})
	go func() { keys <- 'x' }() // Ask waits for it
	tell, err := s.Ask(t.Context(), "Which?", "this", "that")
	if err != nil {
		t.Fatal(err)
	}
	tell(2)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if want := "? Which?\n  a) this\n  b) that\n  Hands up; any key goes on.\n? Which?\n  a) this\n=>b) that\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
	enough := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(enough)
	if _, err := s.Ask(ctx, "Which?"); err != enough {
		t.Errorf("error is %v, want the cause", err)
	}
	if _, err := live.NewStage(live.Config{Predict: true}).Ask(t.Context(), "Which?"); err == nil {
		t.Error("somebody answered without keys")
	}
	if tell, err := live.NewStage(live.Config{}).Ask(t.Context(), "Which?"); err != nil {
		t.Error(err)
	} else {
		tell(1)
	}
}

// A key that was pressed before the question is no answer to it.
func TestStaleKeysAnswerNothing(t *testing.T) {
	keys := make(chan rune, 8)
	keys <- 'x'
	keys <- 'y'
	ctx, cancel := context.WithCancelCause(t.Context())
	nobody := errors.New("nobody answered")
	asked := shower(func(live.Event) { cancel(nobody) })
	s := live.NewStage(live.Config{Viewers: []live.Viewer{asked}, Predict: true, Keys: keys})
	if _, err := s.Ask(ctx, "Which?", "this", "that"); err != nobody || len(keys) != 0 {
		t.Errorf("error is %v and %d keys are left, want that nobody answered", err, len(keys))
	}
}

// What moves fits the terminal, or it could not be drawn over: what matters least goes.
func TestSmallTerminal(t *testing.T) {
	var out lockedBuffer
	v := live.NewTerminal(&out, live.TerminalConfig{Height: 12, Projector: true, FPS: 1000})
	v.Show(live.Event{Scene: &live.Scene{Title: "small", Lanes: []string{"a", "b", "c", "d", "e"}}})
	v.Show(live.Event{At: 1, Count: &live.Count{Name: "done", Value: 1}})
	v.Show(live.Event{At: 2, Say: "The caption."})
	for late := time.Now().Add(10 * time.Second); !strings.Contains(out.String(), "The caption."); time.Sleep(time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("the caption is not drawn: %q", out.String())
		}
	}
	for _, up := range regexp.MustCompile(`\x1b\[(\d+)A`).FindAllStringSubmatch(out.String(), -1) {
		if n := len(up[1]); n > 2 || up[1] > "11" && n == 2 {
			t.Errorf("it goes up %s lines of 12", up[1])
		}
	}
	if err := v.Close(); err != nil {
		t.Error(err)
	}
}

// A lockedBuffer is written to by one goroutine and read by another.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
