package learn

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fourlevels/fourlevels/levels/pitfall"
)

func (s *Session) printf(format string, args ...any) { fmt.Fprintf(s.Out, format, args...) }

// text writes a paragraph in lines that fit, all with the blanks of the first before them.
func (s *Session) text(text string) {
	words := strings.Fields(text)
	blanks := text[:strings.Index(text, words[0])]
	line := blanks + words[0]
	for _, word := range words[1:] {
		if utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) >= max(40, min(s.Width, 100)) {
			s.printf("%s\n", line)
			line = blanks + word
			continue
		}
		line += " " + word
	}
	s.printf("%s\n", line)
}

// enter shows a lesson: what to read, what to edit, and the question.
func (s *Session) enter(l Lesson) {
	s.lesson, s.was, s.verdict = l, look(l), nil
	s.printf("\n== %s  %s (about %d minutes)\n", l.ID, l.Title, l.Minutes)
	s.text("You learn to " + l.Goal + ".")
	s.printf("read   %s\nedit   %s   (each time you save it, it is graded)\n\n", short(filepath.Join(l.Dir, "README.md")), short(l.File))
	if s.asks() {
		s.ask()
		s.prompt()
	}
}

// prompt is the bottom: how far it is, and what can be typed.
func (s *Session) prompt() {
	passed, all := s.Course.passed(), len(s.Course.Lessons)
	const bar = 10
	full := bar * passed / all
	keys := "h hint, p predict, r run, v all, l list, x reset, s solution, q quit"
	if s.verdict != nil && s.verdict.Passed {
		keys = "Enter goes on, " + keys
	}
	s.printf("\n[%s%s] %d/%d  %s\n%s\n> ", strings.Repeat("#", full), strings.Repeat("-", bar-full), passed, all, short(s.lesson.File), keys)
}

func (c *Course) passed() (n int) {
	for _, l := range c.Lessons {
		if c.Progress.Passed(l.ID) {
			n++
		}
	}
	return n
}

// graded shows a verdict, and records it.
func (s *Session) graded(ctx context.Context, v Verdict) error {
	s.verdict = &v
	s.printf("\n")
	if !v.Passed {
		for _, line := range v.Why {
			s.printf("  %s\n", clip(line, s.Width-2))
		}
		for _, hint := range v.Hints[:min(len(v.Hints), shown)] {
			s.printf("  go vet: %s\n", clip(hint, s.Width-10))
		}
		return nil
	}
	s.printf("  PASSED  %s  %s\n", s.lesson.ID, s.lesson.Title)
	s.strip(v)
	for _, note := range v.Notes {
		s.printf("  note: %s\n", note)
	}
	s.printf("  race check: %s\n", v.Race)
	r := s.Course.Progress.Of(s.lesson.ID)
	if r.Done.IsZero() {
		r.Done = time.Now()
	}
	if ratio := v.Facts["ratio"]; ratio != "" {
		r.Said["ratio"] = ratio
	}
	if err := s.replay(ctx, r); err != nil {
		return err
	}
	s.text("  What it costs: " + s.lesson.Price)
	if err := s.Course.Progress.Save(); err != nil {
		return err
	}
	if s.Course.passed() == len(s.Course.Lessons) {
		s.end()
	}
	return nil
}

// strip draws how long the student's program and the reference took, at one scale.
func (s *Session) strip(v Verdict) {
	const width = 50
	reference, err := time.ParseDuration(v.Facts["reference"])
	yours, wrong := time.ParseDuration(v.Facts["yours"])
	longest := max(reference, yours)
	if cmp.Or(err, wrong) != nil || longest <= 0 {
		return
	}
	for _, side := range []struct {
		name string
		took time.Duration
	}{{"reference", reference}, {"yours", yours}} {
		bar := strings.Repeat("=", max(1, int(width*side.took/longest)))
		s.printf("  %-9s |%-*s| %v\n", side.name, width, bar, side.took)
	}
	s.printf("  %s times as fast, and %s would do\n", v.Facts["ratio"], v.Facts["need"])
}

// replay puts what was predicted beside what the broken program really does.
func (s *Session) replay(ctx context.Context, r *Record) error {
	said := r.Said["predicted"]
	if said == "" || r.Said["right"] != "" {
		return nil
	}
	right, measured := "", ""
	if a := s.lesson.Ask; a != nil {
		right = a.Right
	} else {
		p := s.lesson.Pitfall
		seen, err := measure(ctx, p)
		if err != nil {
			s.printf("  You predicted %s, but what happens cannot be measured here: %v\n", said, err)
			return context.Cause(ctx)
		}
		right, measured = "?", fmt.Sprintf("; measured on the broken program: %.4g %s", seen.Number, p.Unit)
		if i := p.Ask.Right(seen.Number); i >= 0 {
			right = string(rune('a' + i))
		}
	}
	_, choices := s.lesson.question()
	s.printf("  You predicted %s  %s%s\n", said, choices[said[0]-'a'], measured)
	switch i := strings.Index("abc", right); {
	case said == right:
		r.Said["right"] = "yes"
		s.printf("  You were right.\n")
	case i >= 0:
		r.Said["right"] = "no"
		s.printf("  It is    %s  %s\n", right, choices[i])
	}
	return nil
}

// measure runs the broken program.
func measure(ctx context.Context, p *pitfall.Pitfall) (pitfall.Side, error) {
	if why := p.Here(); why != "" {
		return pitfall.Side{}, errors.New(why)
	}
	return p.Apart(ctx, pitfall.Broken)
}

// clip keeps a line within the terminal.
func clip(line string, width int) string {
	if runes := []rune(line); width > 20 && len(runes) > width {
		return string(runes[:width-3]) + "..."
	}
	return line
}

// end says so, loudly.
func (s *Session) end() {
	var hints, revealed, right, predicted int
	for _, l := range s.Course.Lessons {
		said := s.Course.Progress.Of(l.ID).Said
		n, _ := strconv.Atoi(said["hints"])
		hints += n
		revealed += map[string]int{"yes": 1}[said["revealed"]]
		right += map[string]int{"yes": 1}[said["right"]]
		predicted += map[string]int{"yes": 1, "no": 1}[said["right"]]
	}
	lines := []string{
		"",
		fmt.Sprintf("THAT IS ALL: %d OF %d LESSONS PASSED. WELL DONE.", s.Course.passed(), len(s.Course.Lessons)),
		"",
		fmt.Sprintf("predicted right: %d of %d   hints: %d   solutions seen before: %d", right, predicted, hints, revealed),
		"",
		"What now? levels pitfall list has what can still go wrong,",
		"and levels bench measures your own machine.",
		"",
	}
	width := 0
	for _, line := range lines {
		width = max(width, len(line))
	}
	edge := strings.Repeat("*", width+8)
	s.printf("\n%s\n", edge)
	for _, line := range lines {
		s.printf("**  %-*s  **\n", width, line)
	}
	s.printf("%s\n\n", edge)
}
