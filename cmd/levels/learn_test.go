package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fourlevels/fourlevels/bench/catalogue"
	"github.com/fourlevels/fourlevels/cmd/levels/learn"
)

// Every lesson has all that the runner and a student need. That it can be passed is
// proven by levels learn verify.
func TestLessonsAreComplete(t *testing.T) {
	c, err := learn.Open(".", catalogue.All) // what lesson.json lacks is an error
	if err != nil {
		t.Fatal(err)
	}
	numbers := map[int]string{}
	for _, l := range c.Lessons {
		if was := numbers[l.N]; was != "" {
			t.Errorf("%s and %s have the same number", was, l.ID)
		}
		numbers[l.N] = l.ID
		file, starter, solution := content(t, l.File), content(t, l.Starter()), content(t, l.Solution())
		if !bytes.Equal(file, starter) {
			t.Errorf("%s is not its starter: levels learn, and there x, resets it", l.File)
		}
		if bytes.Equal(starter, solution) {
			t.Errorf("%s: the solution is the starter", l.ID)
		}
		if lines := bytes.Count(content(t, filepath.Join(l.Dir, "README.md")), []byte("\n")); lines > 40 {
			t.Errorf("%s: its README has %d lines, and 40 are enough", l.ID, lines)
		}
	}
}

// A student edits one file: all others of the lesson are tests.
func TestLessonsHaveOneFileToEdit(t *testing.T) {
	c, err := learn.Open(".", catalogue.All)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range c.Lessons {
		files, err := filepath.Glob(filepath.Join(l.Dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if file != l.File && !strings.HasSuffix(file, "_test.go") {
				t.Errorf("%s: %s is neither the file to edit nor a test", l.ID, file)
			}
		}
	}
}

func content(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
