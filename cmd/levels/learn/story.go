package learn

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Readme is the file that tells a lesson's story.
func (l Lesson) Readme() string { return filepath.Join(l.Dir, "README.md") }

// link is one of Markdown, of which a terminal shows the text alone.
var link = regexp.MustCompile(`\[([^]]*)\]\([^)]*\.(?:md|html)[^)]*\)`)

// story are the paragraphs of a lesson's README: code as it is, and the rest of a
// paragraph on one line.
func (l Lesson) story() (paragraphs []string, err error) {
	text, err := os.ReadFile(l.Readme())
	if err != nil {
		return nil, err
	}
	begins, code := true, false
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\r\n")
		if strings.HasPrefix(line, "```") {
			begins, code = true, !code
			continue
		}
		if !code {
			line = strings.TrimSpace(line)
		}
		last := len(paragraphs) - 1
		switch {
		case code:
			paragraphs = append(paragraphs, "    "+line)
		case line == "":
			begins = true
		case begins || item.MatchString(line):
			paragraphs = append(paragraphs, line)
			begins = strings.HasPrefix(line, "#")
		default:
			paragraphs[last] += " " + line
		}
	}
	for i, p := range paragraphs {
		paragraphs[i] = link.ReplaceAllString(p, "$1")
	}
	return paragraphs, nil
}

// item begins one of a list, or a row of a table.
var item = regexp.MustCompile(`^([-*]|[0-9]+\.) |^\|`)

// what shows the whole story.
func (s *Session) what() error {
	paragraphs, err := s.lesson.story()
	if err != nil {
		return err
	}
	for i, p := range paragraphs {
		switch {
		case strings.HasPrefix(p, "    "):
			s.printf("%s\n", p)
			continue
		case i > 0 && !item.MatchString(p):
			s.printf("\n")
		}
		s.text(p)
	}
	return nil
}

// begins shows how the story begins: the question after it is about that.
func (s *Session) begins() {
	paragraphs, err := s.lesson.story()
	for i, p := range paragraphs {
		if err == nil && p == "## What happens" && i+1 < len(paragraphs) {
			s.text(paragraphs[i+1])
			s.printf("\n")
		}
	}
}
