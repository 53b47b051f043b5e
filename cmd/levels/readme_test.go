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
	for line := range strings.Lines(block) {
		if !strings.Contains(out.String(), strings.TrimRight(line, "\n")) {
			t.Errorf("the run does not print %q", line)
		}
	}
}
