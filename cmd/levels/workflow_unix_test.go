//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/fourlevels/fourlevels/bench"
)

// What a pull request's job must never be: able to write, handed secrets, run on code of
// others with more than their rights, or made of actions that can change under it. That
// the files are workflows at all is for actionlint to say, which make lint runs.
func TestWorkflowsAreSafe(t *testing.T) {
	root, err := bench.Root(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(root, ".github", "workflows", "*.yml"))
	if err != nil || len(files) < 2 {
		t.Fatalf("have workflows %q and %v", files, err)
	}
	uses, pinned := regexp.MustCompile(`(?m)^\s*(- )?uses: .*$`), regexp.MustCompile(`uses: [\w./-]+@[0-9a-f]{40} # v\d+(\.\d+)*$`)
	run := regexp.MustCompile(`(?m)^\s*(- )?run: (\|\n(\s+.*\n)+?\s*-|.*)`)
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := string(data)
		for _, line := range uses.FindAllString(text, -1) {
			if !pinned.MatchString(line) {
				t.Errorf("%s: not pinned to a commit: %s", file, line)
			}
		}
		for _, script := range run.FindAllString(text, -1) {
			if strings.Contains(script, "${{ github") {
				t.Errorf("%s: text of others in a script: %s", file, script)
			}
		}
		without := regexp.MustCompile(`(?m)#.*$`).ReplaceAllString(text, "")
		if strings.Contains(without, "pull_request_target") || strings.Contains(without, "secrets.") || strings.Contains(without, ": write") {
			t.Errorf("%s: more rights than it needs", file)
		}
		if !strings.Contains(without, "permissions:\n  contents: read\n") || strings.Count(without, "actions/checkout@") != strings.Count(without, "persist-credentials: false") {
			t.Errorf("%s: rights are not taken away", file)
		}
		if strings.Count(without, "runs-on:") != strings.Count(without, "timeout-minutes:") {
			t.Errorf("%s: a job without a time limit", file)
		}
	}
}

// The gate fails for what is slower and for what broke, and never stays silent.
func TestCompareScript(t *testing.T) {
	root, err := bench.Root(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	fake := filepath.Join(dir, "levels")
	for _, test := range []struct {
		code, want   int
		word, notice string
	}{
		{0, 0, "**PASS:**", ""}, {1, 1, "**FAIL:**", ""}, {2, 0, "**INCONCLUSIVE:**", "::warning"},
		{3, 0, "**ENVIRONMENT:**", "::warning"}, {4, 4, "**BROKEN:**", ""}, {130, 130, "exit code 130", ""},
	} {
		summary := filepath.Join(dir, fmt.Sprint("summary", test.code))
		script := fmt.Sprintf("#!/bin/sh\necho \"table of $*\"\nexit %d\n", test.code)
		if err := os.WriteFile(fake, []byte(script), 0o777); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("bash", filepath.Join(root, ".ci", "compare"), "origin/a;b $(c)")
		cmd.Env = append(os.Environ(), "LEVELS="+fake, "GITHUB_STEP_SUMMARY="+summary)
		out, err := cmd.CombinedOutput()
		code := 0
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
			code = exit.ExitCode()
		} else if err != nil {
			t.Fatal(err)
		}
		page, err := os.ReadFile(summary)
		if err != nil {
			t.Fatal(err)
		}
		if code != test.want || !strings.Contains(string(page), test.word) || !strings.Contains(string(out), test.notice) {
			t.Errorf("%d: have %d, %q and the summary\n%s", test.code, code, out, page)
		}
		if !strings.Contains(string(page), "table of compare origin/a;b $(c) HEAD --format markdown\n") {
			t.Errorf("%d: the base did not arrive as it is:\n%s", test.code, page)
		}
	}
}
