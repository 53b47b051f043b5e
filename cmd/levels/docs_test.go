package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The pages have one convention for commands. What a reader is to type stands in a block
// that begins with ```sh, as it is typed in the root of the tree, and every such line is run by
// TestDocsCommands. What is mentioned in a sentence stands in `backticks`, with words
// in capitals for what is to be filled in; it is held against the verbs, flags, targets and
// tests that there are.

// A command is one that stands on a page.
type command struct{ page, text string }

// typed looks like one.
var typed = regexp.MustCompile(`^(\$ )?([A-Z_]+=\S+ )*(\.bin/levels|levels|make|go|git|cd|export|curl|python3|redis-cli) \S`)

// docPages are all pages of the tree, by their path from its root.
func docPages(t *testing.T) map[string]string {
	t.Helper()
	root := filepath.Join("..", "..")
	pages := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		name, _ := filepath.Rel(root, path)
		name = filepath.ToSlash(name)
		switch {
		case err != nil:
			return err
		case d.IsDir() && (name == "bench" || name == "cmd" || name == "levels" || name == "results/runs" || name != "." && strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case !d.IsDir() && strings.HasSuffix(name, ".md"):
			text, err := os.ReadFile(path)
			pages[name] = strings.ReplaceAll(string(text), "\r\n", "\n")
			return err
		}
		return nil
	})
	if err != nil || len(pages) < 20 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	return pages
}

// split takes a page apart: the commands that are to be typed, its examples, which are
// lines of other blocks, and its text.
func split(t *testing.T, name, page string) (commands []command, examples []string, prose string) {
	t.Helper()
	fence := ""
	var text strings.Builder
	for line := range strings.SplitSeq(strings.ReplaceAll(page, "\\\n", ""), "\n") {
		bare := strings.TrimSpace(line) // a block may be part of a list
		switch {
		case strings.HasPrefix(bare, "```") && fence == "":
			fence = bare
		case strings.HasPrefix(bare, "```"):
			fence = ""
		case fence == "```sh":
			if text, _, _ := strings.Cut(bare, "  # "); text != "" && text[0] != '#' {
				commands = append(commands, command{name, strings.TrimSpace(text)})
			}
		case fence != "":
			if typed.MatchString(bare) {
				example, _, _ := strings.Cut(bare, "  ") // what follows says what it does
				examples = append(examples, example)
			}
		case strings.HasPrefix(line, "    ") && typed.MatchString(bare):
			t.Errorf("%s: a command that nobody runs, for it is in no ```sh block: %s", name, bare)
		default:
			text.WriteString(line + "\n")
		}
	}
	if fence != "" {
		t.Errorf("%s: a block has no end", name)
	}
	return commands, examples, text.String()
}

// mentions are the commands in a text.
func mentions(prose string) (lines []string) {
	for _, span := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(prose, -1) {
		if text := strings.Join(strings.Fields(span[1]), " "); typed.MatchString(text) {
			lines = append(lines, text)
		}
	}
	return lines
}

// A command that is mentioned or shown as an example could be typed.
func TestDocsMentions(t *testing.T) {
	checked := 0
	for name, page := range docPages(t) {
		_, examples, prose := split(t, name, page)
		if len(examples) > 0 && !strings.HasPrefix(name, "docs/reference/") {
			t.Errorf("%s: commands that nobody runs, for they are in no ```sh block: %q", name, examples)
		}
		for _, example := range append(examples, mentions(prose)...) {
			checked++
			if err := wellFormed(example); err != nil {
				t.Errorf("%s: %s: %v", name, example, err)
			}
		}
	}
	if checked < 50 {
		t.Errorf("only %d commands are mentioned", checked)
	}
}

// Every link inside of the tree leads somewhere, and every page of docs can be reached
// from docs/README.md, in one step or in two.
func TestDocsLinks(t *testing.T) {
	pages := docPages(t)
	link := regexp.MustCompile(`\]\(([^)#\s]*)(#[^)\s]*)?\)`)
	to := map[string][]string{}
	for name, page := range pages {
		_, _, prose := split(t, name, page)
		for _, found := range link.FindAllStringSubmatch(prose, -1) {
			target := found[1]
			if strings.Contains(target, "://") {
				continue
			}
			target = filepath.ToSlash(filepath.Join(filepath.Dir(name), target))
			if found[1] == "" {
				target = name
			}
			if _, err := os.Stat(filepath.Join("..", "..", target)); err != nil {
				t.Errorf("%s: a dead link: %s", name, found[0])
			}
			if text, isPage := pages[target]; isPage && found[2] != "" && !slices.Contains(anchors(text), found[2][1:]) {
				t.Errorf("%s: %s has no heading for %s", name, target, found[0])
			}
			to[name] = append(to[name], target)
		}
	}
	reached := slices.Clone(to["docs/README.md"])
	for _, page := range to["docs/README.md"] {
		reached = append(reached, to[page]...)
	}
	for name := range pages {
		if strings.HasPrefix(name, "docs/") && name != "docs/README.md" && !strings.HasPrefix(name, "docs/exercises/") && !slices.Contains(reached, name) {
			t.Errorf("%s cannot be found from docs/README.md", name)
		}
	}
}

// anchors are the names of a page's headings.
func anchors(page string) (names []string) {
	drop := regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	for line := range strings.SplitSeq(page, "\n") {
		if strings.HasPrefix(line, "#") {
			title := strings.ToLower(strings.TrimSpace(strings.TrimLeft(line, "#")))
			names = append(names, strings.ReplaceAll(drop.ReplaceAllString(title, ""), " ", "-"))
		}
	}
	return names
}
