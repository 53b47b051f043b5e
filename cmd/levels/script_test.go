package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

type scriptCommand = func(ts *testscript.TestScript, neg bool, args []string)

// commands are what the scripts say beyond testscript's own words.
func commands() map[string]scriptCommand {
	return map[string]scriptCommand{
		"code":      exitsWith,
		"oneline":   oneLineOnly,
		"json":      isJSON,
		"await":     await,
		"glob":      glob,
		"interrupt": interrupt,
		"ended":     ended,
		"empty":     isEmpty,
		"alone":     alone,
		"jobs":      leaveJobs,
		"die":       letDie,
		"impostor":  impostor,
	}
}

// condition is what scripts ask for beyond testscript's own: tmpfs, whether one can be
// mounted in a name space of its own.
func condition(name string) (bool, error) {
	if name != "tmpfs" {
		return false, fmt.Errorf("condition %q is not known", name)
	}
	return exec.Command("unshare", "-rm", "mount", "-t", "tmpfs", "none", os.TempDir()).Run() == nil, nil
}

// lastEnded is the key of the program that interrupt ended.
type lastEnded struct{}

// code N PROGRAM ARGS... runs a program and wants exactly this exit code.
func exitsWith(ts *testscript.TestScript, neg bool, args []string) {
	want := number(ts, args)
	err := ts.Exec(args[1], args[2:]...)
	got := 0
	if exit, ok := err.(*exec.ExitError); ok {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func number(ts *testscript.TestScript, args []string) int {
	if len(args) == 0 {
		ts.Fatalf("want a number")
	}
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	return n
}

// oneline stderr wants exactly one line there.
func oneLineOnly(ts *testscript.TestScript, neg bool, args []string) {
	text := ts.ReadFile(args[0])
	if strings.Count(text, "\n") != 1 || !strings.HasSuffix(text, "\n") || len(text) < 2 {
		ts.Fatalf("%s is not one line: %q", args[0], text)
	}
}

// json stdout wants a JSON value.
func isJSON(ts *testscript.TestScript, neg bool, args []string) {
	if !json.Valid([]byte(ts.ReadFile(args[0]))) {
		ts.Fatalf("%s is not JSON", args[0])
	}
}

// await FILE PATTERN [NAME] waits until a file contains a regular expression,
// and sets the variable to what its first parentheses match. The file's name
// may be a pattern too. Its patience is for a build from nothing.
func await(ts *testscript.TestScript, neg bool, args []string) {
	pattern := regexp.MustCompile("(?m)" + args[1])
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		files, err := filepath.Glob(ts.MkAbs(args[0]))
		ts.Check(err)
		for _, file := range files {
			text, _ := os.ReadFile(file)
			if found := pattern.FindSubmatch(text); found != nil {
				if len(args) > 2 {
					ts.Setenv(args[2], string(found[1]))
				}
				return
			}
		}
	}
	ts.Fatalf("no %q in %s after two minutes", args[1], args[0])
}

// glob NAME PATTERN sets the variable to the one file of that pattern, but for those
// whose name begins with a dot.
func glob(ts *testscript.TestScript, neg bool, args []string) {
	files, err := filepath.Glob(ts.MkAbs(args[1]))
	ts.Check(err)
	files = slices.DeleteFunc(files, func(f string) bool { return strings.HasPrefix(filepath.Base(f), ".") })
	if len(files) != 1 {
		ts.Fatalf("%d files are like %s: %q", len(files), args[1], files)
	}
	ts.Setenv(args[0], files[0])
}

// interrupt [WORD] sends the program in the background what Ctrl-C sends: the one
// with the word in its command, if there are several. After it has been waited for,
// ended N wants that exit code of it.
func interrupt(ts *testscript.TestScript, neg bool, args []string) {
	running := slices.DeleteFunc(ts.BackgroundCmds(), func(cmd *exec.Cmd) bool {
		return !strings.Contains(strings.Join(cmd.Args, " "), strings.Join(args, " "))
	})
	if len(running) != 1 {
		ts.Fatalf("%d programs like %q are in the background, not 1", len(running), args)
	}
	*ts.Value(lastEnded{}).(**exec.Cmd) = running[0]
	ts.Check(running[0].Process.Signal(os.Interrupt))
}

func ended(ts *testscript.TestScript, neg bool, args []string) {
	cmd := *ts.Value(lastEnded{}).(**exec.Cmd)
	if want := number(ts, args); cmd.ProcessState.ExitCode() != want {
		ts.Fatalf("%v, want exit code %d", cmd.ProcessState, want)
	}
}

// empty FOLDER wants nothing in it.
func isEmpty(ts *testscript.TestScript, neg bool, args []string) {
	entries, err := os.ReadDir(ts.MkAbs(args[0]))
	ts.Check(err)
	if len(entries) > 0 {
		ts.Fatalf("%s is not empty: %v", args[0], entries)
	}
}

// alone [DURATION] wants no process of this script to be left, at once or before
// the time is over: what was not waited for may take a moment to die.
func alone(ts *testscript.TestScript, neg bool, args []string) {
	patience := time.Duration(0)
	if len(args) > 0 {
		var err error
		patience, err = time.ParseDuration(args[0])
		ts.Check(err)
	}
	for start := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		left := leftOver(ts.Getenv("WORK") + string(filepath.Separator))
		if left == "" {
			return
		}
		if time.Since(start) >= patience {
			ts.Fatalf("still there: %s", left)
		}
	}
}

// leftOver finds a process that was told a folder, which TMPDIR is in. Where there
// is no /proc, nobody can tell.
func leftOver(folder string) string {
	for _, what := range []string{"environ", "cmdline"} {
		files, _ := filepath.Glob("/proc/[0-9]*/" + what)
		for _, file := range files {
			text, _ := os.ReadFile(file) // it may be gone, or not ours
			if strings.Contains(string(text), folder) {
				command, _ := os.ReadFile(filepath.Join(filepath.Dir(file), "cmdline"))
				return filepath.Dir(file) + " " + strconv.Quote(string(command))
			}
		}
	}
	return ""
}
