package main

import (
	"bytes"
	"fmt"
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

// The list of lessons stands between two comments.
func TestGeneratedLessons(t *testing.T) {
	c, err := learn.Open(".", catalogue.All)
	if err != nil {
		t.Fatal(err)
	}
	rows := "\n| lesson | minutes | you learn to |\n| --- | --- | --- |\n"
	for _, l := range c.Lessons {
		rows += fmt.Sprintf("| [%s %s](%s/README.md) | %d | %s |\n", l.ID[:2], cell(l.Title), l.ID, l.Minutes, cell(l.Goal))
	}
	page := strings.ReplaceAll(string(content(t, filepath.Join(c.Root, "README.md"))), "\r\n", "\n")
	before, rest, _ := strings.Cut(page, "<!-- levels learn list -->\n")
	_, after, ok := strings.Cut(rest, "<!-- end -->")
	if !ok {
		t.Fatal("the page has no list of lessons")
	}
	holds(t, "exercises/README.md", before+"<!-- levels learn list -->\n"+rows+"\n<!-- end -->"+after)
}

func content(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
