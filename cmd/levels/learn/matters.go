package learn

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// racing is the first line of what the race detector says.
const racing = "WARNING: DATA RACE"

// shown is how many lines of a tool's output matter.
const shown = 3

// compiler is the first of what a compiler says in the folder root, with paths that lead
// there from here.
func compiler(said, root string) (lines []string) {
	for line := range strings.Lines(said) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") || len(lines) == shown {
			continue
		}
		if place, what, ok := strings.Cut(line, ": "); ok && strings.Contains(place, ".go:") && !filepath.IsAbs(place) {
			line = short(filepath.Join(root, place)) + ": " + what
		}
		lines = append(lines, line)
	}
	return lines
}

// ends are what begins the report of a test that did not just fail, and what to say of it.
var ends = []struct {
	begins *regexp.Regexp
	says   string
}{
	{regexp.MustCompile(`^panic: test timed out`), "not yet: it hangs"},
	{regexp.MustCompile(`^fatal error: all goroutines are asleep`), "not yet: deadlock: every goroutine waits for another"},
	{regexp.MustCompile(`^fatal error: (.*)`), "not yet: the runtime ended it: %s"},
	{regexp.MustCompile(`^panic: (.*)`), "not yet: it panics: %s"},
}

// matters is the lines of a failed test's output that say why.
func matters(said, file string) []string {
	lines := strings.Split(said, "\n")
	if i := slices.Index(lines, racing); i >= 0 { // it explains what else is wrong
		return append([]string{"not yet: data race: two goroutines use the same memory, and one of them writes"}, places(lines[i:], file)...)
	}
	for i, line := range lines {
		if _, why, ok := strings.Cut(line, "not yet: "); ok {
			return slices.Concat([]string{"not yet: " + why}, samples(lines[:i]), places(lines[i+1:], file))
		}
	}
	for i, line := range lines {
		for _, e := range ends {
			m := e.begins.FindStringSubmatch(line)
			if m == nil {
				continue
			}
			says := e.says
			if len(m) > 1 {
				says = fmt.Sprintf(says, strings.TrimSuffix(m[1], " [recovered, repanicked]"))
			}
			return append([]string{says}, places(lines[i:], file)...)
		}
	}
	why := []string{"not yet: the test failed"}
	for _, line := range lines {
		if line = strings.TrimSpace(line); strings.Contains(line, "_test.go:") && len(why) < shown {
			why = append(why, line)
		}
	}
	return why
}

// samples are those of both programs, of a speed that missed twice.
func samples(lines []string) (all []string) {
	for _, line := range lines {
		if line = strings.TrimSpace(line); sample(line) {
			all = append(all, line)
		}
	}
	return all
}

func sample(line string) bool {
	return strings.HasPrefix(line, "reference [") || strings.HasPrefix(line, "yours     [")
}

// places are where the student's own file is named in a trace. Line 1 is none: it stands for
// code that the compiler made.
func places(lines []string, file string) (at []string) {
	what := ""
	for _, line := range lines {
		line = strings.TrimSpace(line)
		if word, _, ok := strings.Cut(line, " at 0x"); ok {
			what = strings.ToLower(word) + " at "
		}
		place, _, _ := strings.Cut(line, " +0x")
		before, number, ok := strings.Cut(place, filepath.Base(file)+":")
		if ok && number != "1" && (before == "" || strings.HasSuffix(before, "/") || strings.HasSuffix(before, `\`)) && len(at) < shown-1 {
			if here := what + filepath.Base(file) + ":" + number; !slices.Contains(at, here) {
				at = append(at, here)
			}
			what = ""
		}
	}
	return at
}
