// Package learn runs the lessons in docs/exercises: it watches the file that a student
// edits, grades it, gives hints, and keeps what was reached.
package learn

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/fourlevels/fourlevels/bench/strict"
	"github.com/fourlevels/fourlevels/levels/pitfall"
)

// A Course is the lessons of one checkout, in order.
type Course struct {
	Root     string // the folder docs/exercises
	Lessons  []Lesson
	Progress *Progress
}

// A Lesson is one folder of them.
type Lesson struct {
	ID   string // its folder: 05-crumbs
	N    int    // 5
	Dir  string
	File string // the path of the one file that a student edits
	about
	Pitfall *pitfall.Pitfall // the first of those behind it; nil if there is none
}

// about is lesson.json.
type about struct {
	Title    string
	Minutes  int
	Goal     string   // what one learns
	Pitfalls []string // the ids of those that it is about
	Fails    string   // a regular expression: why the starter is not yet right

	// Instead of the pitfall's own.
	Ask   *ask
	Hints []string
	Price string
}

// An ask is a question whose answer no measurement here decides.
type ask struct {
	Question string
	Choices  []string
	Right    string // a, b or c
}

// module is the first line of the go.mod of exercises.
const module = "module github.com/fourlevels/fourlevels/docs/exercises"

// Find looks for docs/exercises in a folder, and in those that it is in.
func Find(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for at := dir; ; at = filepath.Dir(at) {
		for _, root := range []string{at, filepath.Join(at, "docs", "exercises")} {
			text, err := os.ReadFile(filepath.Join(root, "go.mod"))
			if first, _, _ := strings.Cut(string(text), "\n"); err == nil && strings.TrimSpace(first) == module {
				return root, nil
			}
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("no exercises here: neither %s nor a folder above it has docs/exercises; go to a checkout of fourlevels first", dir)
		}
	}
}

// Open reads the course that a folder is in.
func Open(dir string, known []pitfall.Pitfall) (*Course, error) {
	root, err := Find(dir)
	if err != nil {
		return nil, err
	}
	folders, err := filepath.Glob(filepath.Join(root, "[0-9][0-9]-*"))
	if err != nil {
		return nil, err
	}
	c := &Course{Root: root}
	for _, dir := range folders {
		l, err := open(dir, known)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(dir), err)
		}
		c.Lessons = append(c.Lessons, l)
	}
	if len(c.Lessons) == 0 {
		return nil, fmt.Errorf("%s has no lessons", root)
	}
	c.Progress, err = readProgress(filepath.Join(root, ".progress"))
	return c, err
}

func open(dir string, known []pitfall.Pitfall) (Lesson, error) {
	l := Lesson{ID: filepath.Base(dir), Dir: dir}
	number, name, _ := strings.Cut(l.ID, "-")
	l.N, _ = strconv.Atoi(number)
	l.File = filepath.Join(dir, name+".go")
	text, err := strict.ReadFile(filepath.Join(dir, "lesson.json"), 1<<20)
	if err != nil {
		return l, err
	}
	if line, err := strict.JSON(text, &l.about); err != nil {
		return l, fmt.Errorf("lesson.json:%d: %w", line, err)
	}
	for i, id := range l.Pitfalls {
		at := slices.IndexFunc(known, func(p pitfall.Pitfall) bool { return p.ID == id })
		if at < 0 {
			return l, fmt.Errorf("lesson.json: no pitfall has the id %q", id)
		}
		if i == 0 {
			l.Pitfall = &known[at]
		}
	}
	return l, l.complete()
}

// complete says what lesson.json lacks.
func (l *Lesson) complete() error {
	if p := l.Pitfall; p != nil && len(l.Hints) == 0 {
		l.Hints = p.Hints[:]
	}
	if p := l.Pitfall; p != nil && l.Price == "" {
		l.Price = p.Price
	}
	_, err := regexp.Compile(l.Fails)
	switch {
	case l.Title == "", l.Goal == "", l.Fails == "", l.Price == "":
		return errors.New("lesson.json: title, goal, fails or price is missing")
	case l.Minutes < 1 || l.Minutes > 60:
		return fmt.Errorf("lesson.json: %d minutes", l.Minutes)
	case len(l.Hints) != 3 || slices.Contains(l.Hints, ""):
		return fmt.Errorf("lesson.json: %d hints, not 3", len(l.Hints))
	case l.Ask == nil && l.Pitfall == nil:
		return errors.New("lesson.json: nothing to predict: neither ask nor a pitfall")
	case l.Ask != nil && (l.Ask.Question == "" || len(l.Ask.Choices) != 3 || len(l.Ask.Right) != 1 || !strings.Contains("abc", l.Ask.Right)):
		return errors.New("lesson.json: ask has a question, three choices, and a right one: a, b or c")
	case err != nil:
		return fmt.Errorf("lesson.json: fails: %w", err)
	}
	return nil
}

// question is what to predict, and its three choices.
func (l Lesson) question() (string, []string) {
	if l.Ask != nil {
		return l.Ask.Question, l.Ask.Choices
	}
	var choices []string
	for _, c := range l.Pitfall.Ask.Choices {
		choices = append(choices, c.Says)
	}
	return l.Pitfall.Ask.Question, choices
}

// Starter and Solution are the files that a student does not edit.
func (l Lesson) Starter() string  { return filepath.Join(l.Dir, "testdata", "starter.go") }
func (l Lesson) Solution() string { return filepath.Join(l.Dir, "testdata", "solution.go") }

// Pick finds lessons by number or folder; all of them if none is named.
func (c *Course) Pick(names []string) (picked []Lesson, err error) {
	if len(names) == 0 {
		return c.Lessons, nil
	}
	for _, name := range names {
		n, _ := strconv.Atoi(name)
		at := slices.IndexFunc(c.Lessons, func(l Lesson) bool { return l.ID == name || l.N == n })
		if at < 0 {
			return nil, NoLesson(fmt.Sprintf("no lesson %.40q: there are %s to %s", name, c.Lessons[0].ID, c.Lessons[len(c.Lessons)-1].ID))
		}
		picked = append(picked, c.Lessons[at])
	}
	return picked, nil
}

// NoLesson is an error about the name of a lesson.
type NoLesson string

func (e NoLesson) Error() string { return string(e) }

// short is the path of a file as a student may type it, from the working directory.
func short(path string) string {
	dir, err := os.Getwd()
	if err != nil {
		return path
	}
	if rel, err := filepath.Rel(dir, path); err == nil && len(rel) < len(path) {
		return rel
	}
	return path
}
