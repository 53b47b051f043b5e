package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/fourlevels/fourlevels/bench/catalogue"
	"github.com/fourlevels/fourlevels/cmd/levels/learn"
)

// named are the pieces of code in a hint: cups[i], visitors.Read.
var named = regexp.MustCompile(`\b[a-z]\w*(\.[A-Z]\w*|\[\w+\])`)

// A hint speaks of what a student has before their eyes, or is to write.
func TestHintsFitTheirLesson(t *testing.T) {
	course, err := learn.Open(".", catalogue.All)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, l := range course.Lessons {
		code := string(content(t, l.Starter())) + string(content(t, l.Solution()))
		for _, hint := range l.Hints {
			for _, name := range named.FindAllString(hint, -1) {
				if found++; !strings.Contains(code, name) {
					t.Errorf("%s: neither starter nor solution has the %s of the hint %q", l.ID, name, hint)
				}
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d pieces of code in all hints: are they still found?", found)
	}
}
