package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// A Verdict says what a finding means for the suite.
type Verdict int

const (
	OK   Verdict = iota // nothing is missing
	Warn                // something is left out, or measured less well
	Bad                 // it cannot run
)

// String answers "ok", "warn" or "bad".
func (v Verdict) String() string {
	return [...]string{"ok", "warn", "bad"}[v]
}

// A Check is one fact about the machine and what it means.
type Check struct {
	Name    string // of what was looked for
	Verdict Verdict
	Found   string // one line
	Do      string // what to do about it; empty if the verdict is OK
}

// Environment looks for what the suite needs: tools on PATH, limits of the
// system, and a folder for results ("" means "results"), which it neither
// makes nor changes. It answers all checks, always in the same order; a tool
// that is asked for its version and gives no answer in 10 s counts as missing.
func Environment(ctx context.Context, results string) []Check {
	if results == "" {
		results = "results"
	}
	limit, limited := fileLimit()
	cpus, quoted := quota(os.DirFS("/"))
	return []Check{
		checkGo(ask(ctx, "go", "version")),
		checkCompiler(runtime.GOOS)(ask(ctx, "go", "env", "CGO_ENABLED", "CC")),
		checkStore(ctx),
		checkGit(ask(ctx, "git", "--version")),
		checkPort(),
		checkFiles(limit, limited),
		checkQuota(cpus, quoted, runtime.NumCPU()),
		checkFolder(results),
	}
}

// ask runs a command and answers what it says on stdout.
func ask(ctx context.Context, name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.WaitDelay = time.Second
	said, err := cmd.Output()
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		complaint, _, _ := strings.Cut(string(exit.Stderr), "\n")
		err = fmt.Errorf("%w: %.120q", err, complaint)
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", strings.Join(cmd.Args, " "), err)
	}
	return strings.TrimSpace(string(said)), nil
}

// checkPort opens a port and closes it.
func checkPort() Check {
	c := Check{Name: "loopback port"}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		c.Verdict, c.Found, c.Do = Bad, err.Error(), "allow programs to listen on 127.0.0.1"
		return c
	}
	defer l.Close()
	c.Found = l.Addr().String()
	return c
}

// checkFolder writes a file to the folder, or to the nearest one above that is
// there, and removes it again.
func checkFolder(folder string) Check {
	c := Check{Name: "results folder", Found: folder}
	there := filepath.Clean(folder)
	for missing(there) && filepath.Dir(there) != there {
		there = filepath.Dir(there)
		c.Found = folder + " (to be made)"
	}
	f, err := os.CreateTemp(there, ".probe-*")
	if err == nil {
		f.Close()
		err = os.Remove(f.Name())
	}
	if err != nil {
		c.Verdict, c.Found, c.Do = Bad, err.Error(), "choose a folder that you may write to"
	}
	return c
}

func missing(path string) bool {
	_, err := os.Stat(path)
	return os.IsNotExist(err)
}
