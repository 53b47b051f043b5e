package learn

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/fourlevels/fourlevels/bench/catalogue"
)

const long = "not yet: the children sit in the boat one after the other, and boarding takes 36 minutes, though the slowest child takes only 8 of them: no child waits for another"

// All that is said of every lesson fits into 80 columns, and nothing that matters is cut off.
func TestScreenFits(t *testing.T) {
	t.Chdir(filepath.Join("..", "..", "..")) // where students are
	c, err := Open(".", catalogue.All)
	if err != nil {
		t.Fatal(err)
	}
	c.Progress = &Progress{path: filepath.Join(t.TempDir(), ".progress"), line: map[string]*Record{}, was: map[string]string{}}
	for _, l := range c.Lessons {
		var out bytes.Buffer
		s := &Session{Course: c, Out: &out, Width: 80}
		s.enter(l)
		for _, key := range []string{"w", "h", "h", "h", "h", "p", "l", "s", "nonsense"} {
			s.command(key)
		}
		for _, v := range []Verdict{
			{Why: []string{long}, Hints: []string{"docs/exercises/03-everyone/everyone.go:12:3: " + long}},
			{Why: []string{unbuilt, "docs/exercises/03-everyone/everyone.go:12:3: " + long}},
			{Passed: true, Notes: []string{long}, Race: "skipped (" + long + ")", Facts: map[string]string{"ratio": "0.5", "need": "0.45", "reference": "2ms", "yours": "4ms"}},
		} {
			if err := s.graded(t.Context(), v); err != nil {
				t.Fatal(err)
			}
			s.prompt()
		}
		for line := range strings.Lines(out.String()) {
			line = strings.TrimPrefix(strings.TrimRight(line, "\n"), "> ") // where Enter was typed
			if strings.HasPrefix(line, "    ") {                           // code
				continue
			}
			if utf8.RuneCountInString(line) > s.Width || strings.HasSuffix(line, "...") && !strings.HasPrefix(line, "grading") {
				t.Errorf("%s: %q", l.ID, line)
			}
		}
		if said := strings.Join(strings.Fields(out.String()), " "); strings.Count(said, long) != 5 {
			t.Errorf("%s: of 5 times it says %d times the whole of: %s", l.ID, strings.Count(said, long), long)
		}
	}
}

func TestTextWithoutATerminal(t *testing.T) {
	var out bytes.Buffer
	s := &Session{Out: &out}
	if s.text("  " + long); out.String() != "  "+long+"\n" {
		t.Errorf("%q", &out)
	}
}

func TestSamplesAreClipped(t *testing.T) {
	var out bytes.Buffer
	s := &Session{Out: &out, Width: 40}
	s.why(Verdict{Why: []string{"not yet: too slow", "reference [40.123456ms 40.123456ms 40.123456ms]"}})
	if want := "  not yet: too slow\n  reference [40.123456ms 40.123456ms ...\n"; out.String() != want {
		t.Errorf("%q", &out)
	}
}

func TestFasterInWords(t *testing.T) {
	for facts, want := range map[[2]string]string{
		{"31.2", "8"}:     "31.2 times as fast as the reference, and 8 would do",
		{"0.994", "0.66"}: "as fast as the reference",
		{"0.7", "0.66"}:   "nearly as fast as the reference: 0.7 of its speed, and 0.66 would do",
	} {
		if got := faster(map[string]string{"ratio": facts[0], "need": facts[1]}); got != want {
			t.Errorf("%v: %q", facts, got)
		}
	}
}

func TestStory(t *testing.T) {
	l := Lesson{Dir: t.TempDir()}
	write(t, l.Readme(), "# Tea\n\n**5 minutes.**\n\n## What happens\nSee [the\npage](x.md) of\ntea.\n\n```go\ngo f()\n```\n- one\n  cup\n- two\n")
	got, err := l.story()
	const want = "# Tea|**5 minutes.**|## What happens|See the page of tea.|    go f()|- one cup|- two"
	if err != nil || strings.Join(got, "|") != want {
		t.Errorf("%v\n%s", err, strings.Join(got, "|"))
	}
}
