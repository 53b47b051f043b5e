package learn

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fourlevels/fourlevels/levels/pitfall"
)

func (s *Session) printf(format string, args ...any) { fmt.Fprintf(s.Out, format, args...) }

// text writes a paragraph in lines that fit, all with the blanks of the first before them.
// Without a terminal it is one line, whatever its length.
func (s *Session) text(text string) {
	words := strings.Fields(text)
	if len(words) == 0 {
		return
	}
	width := max(40, min(s.Width, 100))
	if s.Width == 0 {
		width = math.MaxInt
	}
	blanks := text[:strings.Index(text, words[0])]
	line := blanks + words[0]
	for _, word := range words[1:] {
		if utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) >= width {
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
	s.printf("\n")
	title := fmt.Sprintf("== %s %s (about %d minutes)", l.ID, l.Title, l.Minutes)
	if s.Course.Progress.Passed(l.ID) {
		title += ", which you have passed"
	}
	s.text(title)
	s.text("You learn to " + l.Goal + ".")
	s.printf("\n")
	s.begins()
	s.printf("read   %s   (or type w)\nedit   %s\n", short(l.Readme()), short(l.File))
	s.text("Each time you save it, it is graded.")
	s.printf("\n")
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
	s.printf("\n[%s%s] %d/%d  %s\n", strings.Repeat("#", full), strings.Repeat("-", bar-full), passed, all, short(s.lesson.File))
	s.text(s.keys())
	s.printf("> ")
}

// keys are what can be typed now.
func (s *Session) keys() string {
	if s.verdict == nil || !s.verdict.Passed {
		return "h hint, p predict, w what, r run, v all, l list, x reset, s solution, q quit"
	}
	if _, ok := s.Course.next(s.lesson.N); !ok {
		return "q quit, s solution, v all, l list, x reset"
	}
	return "Enter goes on, s solution, v all, l list, x reset, q quit"
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
	r := s.Course.Progress.Of(s.lesson.ID)
	if r.Said["predicted"] == "" && !(len(v.Why) > 0 && v.Why[0] == unbuilt) {
		r.Said["seen"] = "yes"
	}
	if !v.Passed {
		s.why(v)
		s.save()
		return nil
	}
	s.printf("  PASSED  %s  %s\n", s.lesson.ID, s.lesson.Title)
	s.strip(v)
	for _, note := range v.Notes {
		s.text("  note: " + note)
	}
	s.text("  race check: " + v.Race)
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
	s.save()
	if s.Course.passed() == len(s.Course.Lessons) {
		s.end()
	}
	return nil
}

// why shows the lines that matter. Samples are clipped: there the end says what the beginning does.
func (s *Session) why(v Verdict) {
	for _, line := range v.Why {
		if sample(line) {
			s.printf("  %s\n", clip(line, s.Width-2))
			continue
		}
		s.text("  " + line)
	}
	for _, hint := range v.Hints[:min(len(v.Hints), shown)] {
		s.text("  go vet: " + hint)
	}
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
	s.text("  " + faster(v.Facts))
}

// faster says what a ratio to the reference means.
func faster(facts map[string]string) string {
	ratio, need := number(facts, "ratio"), number(facts, "need")
	switch {
	case need >= 1:
		return fmt.Sprintf("%.3g times as fast as the reference, and %.3g would do", ratio, need)
	case ratio >= 0.9:
		return "as fast as the reference"
	}
	return fmt.Sprintf("nearly as fast as the reference: %.2g of its speed, and %.2g would do", ratio, need)
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
			s.text(fmt.Sprintf("  You predicted %s, but what happens cannot be measured here: %v", said, err))
			return context.Cause(ctx)
		}
		right, measured = "?", fmt.Sprintf("; measured on the broken program: %.4g %s", seen.Number, p.Unit)
		if i := p.Ask.Right(seen.Number); i >= 0 {
			right = string(rune('a' + i))
		}
	}
	_, choices := s.lesson.question()
	s.text(fmt.Sprintf("  You predicted %s: %s%s", said, choices[said[0]-'a'], measured))
	switch i := strings.Index("abc", right); {
	case said == right:
		r.Said["right"] = "yes"
		s.printf("  You were right.\n")
	case i >= 0:
		r.Said["right"] = "no"
		s.text(fmt.Sprintf("  It is %s: %s", right, choices[i]))
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
