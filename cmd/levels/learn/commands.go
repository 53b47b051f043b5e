package learn

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
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

// command does what was typed. What goes wrong is said, and the lessons go on.
func (s *Session) command(line string) (do next) {
	var err error
	switch line {
	case "":
		do = s.enterKey()
	case "h", "hint":
		s.hint()
	case "p", "predict":
		s.ask()
	case "a", "b", "c":
		do = s.predict(line)
	case "r", "run":
		s.printf(underWay)
		do = grades
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
		do = s.quit()
	default:
		s.printf("no command is called %.20q\n", line)
	}
	if err != nil {
		s.text("That did not work: " + err.Error())
	}
	if do == waits {
		s.prompt()
	}
	return do
}

// underWay says that a grade is.
const underWay = "grading ... (q still leaves)\n"

// enterKey goes on to the next lesson if this one is passed, and grades it if not.
func (s *Session) enterKey() next {
	if s.verdict == nil || !s.verdict.Passed {
		s.printf(underWay)
		return grades
	}
	l, ok := s.Course.next(s.lesson.N)
	if !ok {
		return s.quit()
	}
	s.enter(l)
	if s.asks() {
		return waits
	}
	s.printf(underWay)
	return grades
}

// quit says where it ends.
func (s *Session) quit() next {
	s.text(fmt.Sprintf("%d of %d passed. levels learn goes on where you left.", s.Course.passed(), len(s.Course.Lessons)))
	return leaves
}

// hint gives the next of three, and then all of them again.
func (s *Session) hint() {
	r := s.Course.Progress.Of(s.lesson.ID)
	given, _ := strconv.Atoi(r.Said["hints"])
	all := s.lesson.Hints
	for i, hint := range all {
		if i == given || given >= len(all) {
			s.text(fmt.Sprintf("hint %d of %d: %s", i+1, len(all), hint))
		}
	}
	if given >= len(all) {
		s.text("There are no further hints. reveal shows a solution, and that is recorded.")
		return
	}
	r.Said["hints"] = strconv.Itoa(given + 1)
	s.save()
}

// save keeps the progress. Where it cannot be kept it says so, once.
func (s *Session) save() {
	if err := s.Course.Progress.Save(); err != nil && !s.unsaved {
		s.unsaved = true
		s.text("What you reach cannot be kept: " + err.Error())
	}
}

// asks reports whether it is still open what the student predicts.
func (s *Session) asks() bool {
	return s.Course.Progress.Of(s.lesson.ID).Said["predicted"] == "" && !s.late()
}

// late reports whether there is nothing to predict any more: what happens was seen, in this
// session or before.
func (s *Session) late() bool {
	return s.Course.Progress.Of(s.lesson.ID).Said["seen"] != "" || s.Course.Progress.Passed(s.lesson.ID)
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
	if s.late() {
		s.printf("It is too late to predict: you have seen what happens.\n")
		return
	}
	s.printf("Type a, b or c. Or leave it: save the file, or type r.\n")
}

// predict keeps the first answer: nobody predicts what has been seen.
func (s *Session) predict(choice string) next {
	r := s.Course.Progress.Of(s.lesson.ID)
	switch {
	case r.Said["predicted"] != "":
		s.printf("You have said %s, and that counts.\n", r.Said["predicted"])
		return waits
	case s.late():
		s.printf("It is too late to predict: you have seen what happens.\n")
		return waits
	}
	r.Said["predicted"] = choice
	s.printf("You say %s. Let us see: "+underWay, choice)
	s.save()
	return grades
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
		backup, err := keep(file, mine)
		if err != nil {
			return err
		}
		s.printf("What you had is now %s.\n", short(backup))
	}
	return os.WriteFile(file, starter, 0o644)
}

// keep writes a backup of a file that takes the place of no other: .bak, .bak2, .bak3 ...
func keep(file string, text []byte) (path string, err error) {
	path = file + ".bak"
	for n := 2; ; n++ {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err == nil {
			_, err = f.Write(text)
			return path, cmp.Or(err, f.Close())
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", err
		}
		path = fmt.Sprintf("%s.bak%d", file, n)
	}
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
	s.save()
	return nil
}
