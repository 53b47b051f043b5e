package bench

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// repository is a git repository with one commit, of a program that builds as the
// benchmarks do.
func repository(t *testing.T) (dir string, git func(args ...string) string) {
	t.Helper()
	dir = t.TempDir()
	t.Setenv("GIT_CEILING_DIRECTORIES", dir)
	git = func(args ...string) string {
		t.Helper()
		args = append([]string{"-C", dir, "-c", "user.name=n", "-c", "user.email=e@x", "-c", "commit.gpgsign=false"}, args...)
		out, err := exec.Command("git", args...).CombinedOutput()
		if err != nil {
			t.Fatalf("git %q: %v: %s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	git("init", "-q")
	write(t, dir, "go.mod", "module m\n\ngo 1.26\n")
	write(t, dir, "bench/x_test.go", "package bench\n\nvar x = 1\n")
	git("add", ".")
	git("commit", "-q", "-m", "first")
	return dir, git
}

// noWorktrees wants git to know of no other tree, and nothing to be left of a build
// but its binary.
func noWorktrees(t *testing.T, git func(...string) string, tmp string) {
	t.Helper()
	if list := git("worktree", "list"); strings.Contains(list, "\n") {
		t.Errorf("worktrees are left: %s", list)
	}
	left, err := filepath.Glob(filepath.Join(tmp, "*", "*"))
	for _, file := range left {
		if err != nil || filepath.Base(file) != "bench.test" {
			t.Errorf("%v, %v is left", file, err)
		}
	}
}

func TestBuild(t *testing.T) {
	dir, git := repository(t)
	tmp := t.TempDir()
	build := func(ref string) *Binary {
		t.Helper()
		b, err := Build(t.Context(), dir, ref, tmp)
		if err != nil {
			t.Fatal(err)
		}
		if hash, err := hashOf(b.Path); err != nil || hash != b.Hash || len(b.short()) != 16 {
			t.Errorf("%+v, and its file has hash %s, %v", b, hash, err)
		}
		return b
	}
	first := git("rev-parse", "--short=10", "HEAD")
	tree, head := build(""), build("HEAD")
	if tree.Commit != first || head.Commit != first || tree.Hash != head.Hash || tree.Path == head.Path {
		t.Errorf("the same source: %+v and %+v, want one hash of commit %s", tree, head, first)
	}
	write(t, dir, "bench/x_test.go", "package bench\n\nimport \"testing\"\n\nfunc TestX(*testing.T) {}\n")
	changed, old := build(""), build(first)
	if changed.Commit != first+"-dirty" || changed.Hash == tree.Hash || old.Hash != head.Hash {
		t.Errorf("changed %+v, and before %+v", changed, old)
	}
	noWorktrees(t, git, tmp)
}

func TestBuildOfNoCommit(t *testing.T) {
	dir, git := repository(t)
	blob := git("rev-parse", "HEAD:go.mod")
	for _, ref := range []string{"nosuch", "--help", "HEAD~9", blob, "a b", strings.Repeat("x", 500)} {
		b, err := Build(t.Context(), dir, ref, t.TempDir())
		var environment EnvironmentError
		if err == nil || errors.As(err, &environment) || !strings.Contains(err.Error(), "is no commit of ") || len(err.Error()) > 300 {
			t.Errorf("%.20s: %+v, err = %v", ref, b, err)
		}
	}
}

func TestBuildOfWhatDoesNotCompile(t *testing.T) {
	dir, git := repository(t)
	write(t, dir, "bench/x_test.go", "package bench\n\nvar x = y\n")
	git("commit", "-q", "-am", "broken")
	tmp := t.TempDir()
	_, err := Build(t.Context(), dir, "HEAD", tmp)
	var environment EnvironmentError
	if !errors.As(err, &environment) || !strings.Contains(err.Error(), "undefined: y") {
		t.Errorf("err = %v, want what the compiler says", err)
	}
	noWorktrees(t, git, tmp)
}

// Git runs a hook after it has checked a tree out: there the build is interrupted.
func TestBuildInterrupted(t *testing.T) {
	dir, git := repository(t)
	leave := errors.New("time to leave")
	ctx, cancel := context.WithCancelCause(t.Context())
	mark := filepath.Join(t.TempDir(), "mark")
	hook := write(t, dir, ".git/hooks/post-checkout", "#!/bin/sh\necho >'"+mark+"'\nsleep 30\n")
	if err := os.Chmod(hook, 0o755); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { // ends when the hook runs, and is waited for
		defer close(done)
		await(t, func() bool { _, err := os.Stat(mark); return err == nil })
		cancel(leave)
	}()
	tmp := t.TempDir()
	if b, err := Build(ctx, dir, "HEAD", tmp); !errors.Is(err, leave) {
		t.Errorf("%+v, err = %v, want the cause of the end", b, err)
	}
	<-done
	noWorktrees(t, git, tmp)
}
