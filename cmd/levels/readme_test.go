package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/fourlevels/fourlevels/bench/report"
)

// The README shows what a committed run really printed.
func TestReadmeShowsRealOutput(t *testing.T) {
	root := filepath.Join("..", "..")
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`levels report (results/[^`]+)`").FindSubmatch(text)
	if named == nil {
		t.Fatal("the README names no run")
	}
	run, err := report.Open(filepath.Join(root, string(named[1])))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := run.Write(&out, report.AsTable, report.Options{}); err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(text), "```\nRun ")
	block, _, found := strings.Cut("Run "+block, "\n```")
	if !found {
		t.Fatal("the README has no block of output")
	}
	for part := range strings.SplitSeq(block, "\n\n") { // whole tables, with what is below them
		if !strings.Contains("\n\n"+out.String(), "\n\n"+part+"\n\n") {
			t.Errorf("the run does not print\n%s", part)
		}
	}
}

// What is to be filled in later is marked @@, and later is before a commit.
func TestDocsAreFinished(t *testing.T) {
	root := filepath.Join("..", "..")
	var pages []string
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/*/*.md", "results/*.md", "results/*/*.txt"} {
		found, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, found...)
	}
	if len(pages) < 10 {
		t.Fatalf("only %d pages: %q", len(pages), pages)
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "@@") {
			t.Errorf("%s is not finished", page)
		}
	}
}
