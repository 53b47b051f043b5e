//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/fourlevels/fourlevels/bench/advise"
)

// plannable are measurements that sentences mention, if they say all that is to be measured.
var plannable = regexp.MustCompile(`^levels bench( --\S+ [^-A-Z]\S*)+$`)

// Every command that a page has for its reader is run, in a copy of the tree.
func TestDocsCommands(t *testing.T) {
	d := newDesk(t)
	for _, first := range []string{"go build -o .bin/levels ./cmd/levels", ".bin/levels bench --work cpu --grain 1000"} {
		d.run(command{"all pages", first}) // others want what these make
	}
	pages := docPages(t)
	for _, name := range slices.Sorted(maps.Keys(pages)) {
		commands, _, prose := split(t, name, pages[name])
		for _, c := range commands {
			d.run(c)
		}
		for _, line := range mentions(prose) {
			if plannable.MatchString(line) {
				d.run(command{name, ".bin/" + line})
			}
		}
	}
	for _, row := range inShort {
		if !d.used[row.begins] {
			t.Errorf("no page has a command like %q any more: drop its row", row.begins)
		}
	}
	if left := leftOver(d.dir); left != "" {
		t.Errorf("a command left a process behind: %s", left)
	}
	if left, err := os.ReadDir(filepath.Join(filepath.Dir(d.dir), "tmp")); err != nil || len(left) > 0 {
		t.Errorf("commands left temporary files behind: %v, %v", left, err)
	}
	t.Logf("%d commands, %d as they stand", len(d.done), d.whole)
}

// A desk is a copy of the tree that commands are run in.
type desk struct {
	*testing.T
	dir   string
	env   []string
	done  map[string]bool // commands
	used  map[string]bool // rows
	whole int             // commands that were run as they stand
}

func newDesk(t *testing.T) *desk {
	d := &desk{T: t, dir: filepath.Join(t.TempDir(), "tree"), done: map[string]bool{}, used: map[string]bool{}}
	d.copyTree(filepath.Join("..", ".."))
	costs, err := txtar.ParseFile(filepath.Join("testdata", "advise.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	const run = "20261123T141946Z-a2e2bafabc" // the latest, until a command makes another
	if err := os.CopyFS(filepath.Join(d.dir, "results", "runs", run), os.DirFS(filepath.Join(d.dir, "results", "kvm-2x-epyc", run))); err != nil {
		t.Fatal(err)
	}
	for _, f := range costs.Files {
		if f.Name == advise.CostsFile {
			if err := os.WriteFile(filepath.Join(d.dir, "results", "runs", f.Name), f.Data, 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	tmp := filepath.Join(filepath.Dir(d.dir), "tmp")
	if err := os.Mkdir(tmp, 0o777); err != nil {
		t.Fatal(err)
	}
	// With -trimpath what is compiled here is found again next time, wherever that is.
	outside := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "GIT_") }) // of a hook that runs this test
	d.env = append(outside, "TMPDIR="+tmp, "GOFLAGS="+strings.TrimSpace(os.Getenv("GOFLAGS")+" -trimpath"), "REDIS_URL=", "NO_COLOR=1")
	if out, code := d.shell("git init -q -b main && git add -A && git -c user.name=a -c user.email=a@localhost -c commit.gpgsign=false commit -q --no-verify -m all", time.Minute); code != 0 && installed("git") {
		t.Fatalf("git ended with exit code %d: %s", code, out)
	}
	return d
}

// copyTree copies what git would know of: no results of the reader's own, and nothing that
// was built.
func (d *desk) copyTree(root string) {
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(root, path)
		to := filepath.Join(d.dir, name)
		switch {
		case e.IsDir() && slices.Contains([]string{".git", ".bin", filepath.Join("results", "runs"), filepath.Join("bench", "browser", "node_modules")}, name):
			return fs.SkipDir
		case name == ".git": // of a worktree it is a file
			return nil
		case e.IsDir():
			return os.MkdirAll(to, 0o777)
		case !e.Type().IsRegular():
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		return os.WriteFile(to, text, info.Mode().Perm())
	})
	if err != nil {
		d.Fatal(err)
	}
}

// run runs a command once, however many pages have it.
func (d *desk) run(c command) {
	row := d.rowOf(c.text)
	if d.done[c.text] || row.not {
		return
	}
	d.done[c.text] = true
	if strings.HasPrefix(c.text, "make ") {
		row.needs = "make"
	}
	if row.needs != "" && !installed(row.needs) {
		d.Logf("NOT run, for there is no %s: %s", row.needs, c.text)
		return
	}
	if row.needs == "make" {
		d.dry(c)
		return
	}
	line := stands.Replace(c.text)
	if !strings.Contains(line, row.also) {
		line += row.also
	}
	if line == c.text {
		d.whole++
	}
	if row.keys != "" {
		line = fmt.Sprintf(`printf %%s '%s' | script -qec "%s" /dev/null`, row.keys, line)
	}
	start := time.Now()
	out, code := d.shell(line, 2*time.Minute)
	if code != 0 && !slices.Contains(row.codes, code) {
		d.Errorf("%s: %s\nended with exit code %d:\n%s", c.page, line, code, out)
	}
	d.Logf("%6.1fs  %s", time.Since(start).Seconds(), line)
}

// installed looks for a program. That script knows other arguments elsewhere than on Linux.
func installed(program string) bool {
	_, err := exec.LookPath(program)
	return err == nil && (program != "script" || runtime.GOOS == "linux")
}

// dry has make say what it would do, and runs what that is of levels. The rest is what CI
// runs, or what takes hours.
func (d *desk) dry(c command) {
	out, code := d.shell("make -n "+strings.TrimPrefix(c.text, "make "), time.Minute)
	if code != 0 {
		d.Errorf("%s: %s: make says with exit code %d:\n%s", c.page, c.text, code, out)
	}
	for _, line := range regexp.MustCompile(`(?m)^\.bin/levels .*$`).FindAllString(out, -1) {
		d.run(command{c.page, strings.TrimSpace(line)})
	}
}

func (d *desk) rowOf(text string) (best shortened) {
	for _, row := range inShort {
		if strings.HasPrefix(text, row.begins) && len(row.begins) >= len(best.begins) {
			best = row
		}
	}
	d.used[best.begins] = true
	return best
}

// shell runs a line, and ends it with all that it has started if it takes too long.
func (d *desk) shell(line string, atMost time.Duration) (out string, code int) {
	ctx, cancel := context.WithTimeout(d.Context(), atMost)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", line)
	cmd.Dir, cmd.Env = d.dir, d.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	text, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		d.Errorf("%s: has not ended within %v", line, atMost)
	case err != nil && !errors.As(err, &exit):
		d.Errorf("%s: %v", line, err)
	}
	return string(text), cmd.ProcessState.ExitCode()
}
