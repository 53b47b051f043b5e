package learn

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
)

// A next is what follows from a command.
type next int

const (
	waits  next = iota // for what comes
	grades             // the file
	leaves             // the lessons
)

// command does what was typed.
func (s *Session) command(line string) (do next, err error) {
	do = waits
	switch line {
	case "":
		do, err = s.enterKey()
	case "h", "hint":
		err = s.hint()
	case "p", "predict":
		s.ask()
	case "a", "b", "c":
		do, err = s.predict(line)
	case "r", "run":
		s.printf("grading ...\n")
		return grades, nil
	case "w", "what":
		err = s.what()
	case "v", "all":
		s.all()
	case "l", "list":
		s.Course.List(s.Out)
	case "x", "reset":
		err = s.reset()
	case "s", "solution":
		err = s.solution(false)
	case "reveal":
		err = s.solution(true)
	case "q", "quit":
		return s.quit(), nil
	default:
		s.printf("no command is called %.20q\n", line)
	}
	if do == waits && err == nil {
		s.prompt()
	}
	return do, err
}

// enterKey goes on to the next lesson if this one is passed, and grades it if not.
func (s *Session) enterKey() (next, error) {
	if s.verdict == nil || !s.verdict.Passed {
		s.printf("grading ...\n")
		return grades, nil
	}
	l, ok := s.Course.next(s.lesson.N)
	if !ok {
		return s.quit(), nil
	}
	s.enter(l)
	if s.asks() {
		return waits, nil
	}
	return grades, nil
}

// quit says where it ends.
func (s *Session) quit() next {
	s.text(fmt.Sprintf("%d of %d passed. levels learn goes on where you left.", s.Course.passed(), len(s.Course.Lessons)))
	return leaves
}

// hint gives the next of three, and then all of them again.
func (s *Session) hint() error {
	r := s.Course.Progress.Of(s.lesson.ID)
	given, _ := strconv.Atoi(r.Said["hints"])
	given = min(given+1, len(s.lesson.Hints))
	for i := range given {
		s.text(fmt.Sprintf("hint %d of %d: %s", i+1, len(s.lesson.Hints), s.lesson.Hints[i]))
	}
	r.Said["hints"] = strconv.Itoa(given)
	return s.Course.Progress.Save()
}

// asks reports whether it is still open what the student predicts, and nothing was graded.
func (s *Session) asks() bool {
	return s.verdict == nil && s.Course.Progress.Of(s.lesson.ID).Said["predicted"] == ""
}

// ask puts the question.
func (s *Session) ask() {
	question, choices := s.lesson.question()
	s.text("Predict: " + question)
	for i, c := range choices {
		s.text(fmt.Sprintf("   %c: %s", 'a'+i, c))
	}
	if was := s.Course.Progress.Of(s.lesson.ID).Said["predicted"]; was != "" {
		s.printf("You have said %s.\n", was)
		return
	}
	s.printf("Type a, b or c. Or leave it: save the file, or type r.\n")
}

// predict keeps the first answer: nobody predicts what has been seen.
func (s *Session) predict(choice string) (next, error) {
	r := s.Course.Progress.Of(s.lesson.ID)
	switch {
	case r.Said["predicted"] != "":
		s.printf("You have said %s, and that counts.\n", r.Said["predicted"])
		return waits, nil
	case s.verdict != nil && s.verdict.Passed:
		s.printf("It is too late to predict: it is passed.\n")
		return waits, nil
	}
	r.Said["predicted"] = choice
	s.printf("You say %s. Let us see: grading ...\n", choice)
	return grades, s.Course.Progress.Save()
}

// all is the whole of what was said.
func (s *Session) all() {
	if s.verdict == nil {
		s.printf("nothing was graded yet\n")
		return
	}
	s.printf("%s\n", s.verdict.All)
}

// reset brings the starter back, and keeps what was there.
func (s *Session) reset() error {
	starter, err := os.ReadFile(s.lesson.Starter())
	if err != nil {
		return err
	}
	file := s.lesson.File
	mine, err := os.ReadFile(file)
	if err == nil && bytes.Equal(mine, starter) {
		s.printf("%s is as it was at the beginning.\n", short(file))
		return nil
	}
	if err == nil {
		if err := os.Rename(file, file+".bak"); err != nil {
			return err
		}
		s.printf("What you had is now %s.\n", short(file+".bak"))
	}
	return os.WriteFile(file, starter, 0o644)
}

// solution shows it to those who have passed, or who insist.
func (s *Session) solution(reveal bool) error {
	r := s.Course.Progress.Of(s.lesson.ID)
	passed := s.Course.Progress.Passed(s.lesson.ID)
	if !passed && !reveal && r.Said["revealed"] == "" {
		s.text("You have not passed it yet, and there may be a hint left: h. To see a solution all the same, type reveal: that is recorded.")
		return nil
	}
	code, err := os.ReadFile(s.lesson.Solution())
	if err != nil {
		return err
	}
	s.printf("%s\n\n%s\n", short(s.lesson.Solution()), code)
	s.text("What it costs: " + s.lesson.Price)
	if passed {
		return nil
	}
	r.Said["revealed"] = "yes"
	return s.Course.Progress.Save()
}
