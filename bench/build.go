package bench

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// A Binary is the benchmarks of a tree, built once: nothing is compiled while
// something is measured. It is its own workers, so it is all of a version.
type Binary struct {
	Path   string
	Commit string // with "-dirty" if the tree had changed since; "unknown" outside of git
	Hash   string // SHA-256 of the file, in hexadecimal
}

// short is the hash as far as people compare it.
func (b *Binary) short() string { return b.Hash[:min(16, len(b.Hash))] }

// Build builds the benchmarks of the tree at root, into a folder of its own below
// tmp. With a ref it builds what git has by that name instead, in a worktree that is
// gone when Build returns, also if ctx has ended.
//
// Paths and versions are left out of the binary: the same source gives the same
// hash, wherever it stands and whatever its commit is called.
func Build(ctx context.Context, root, ref, tmp string) (*Binary, error) {
	dir, err := os.MkdirTemp(tmp, "build-")
	if err != nil {
		return nil, Environment(err)
	}
	commit := ""
	if ref == "" {
		commit = commitOf(root)
	} else {
		tree := filepath.Join(dir, "tree")
		if commit, err = checkOut(ctx, root, ref, tree); err != nil {
			return nil, interrupted(ctx, err)
		}
		defer dropTree(ctx, root, tree)
		root = tree
	}
	b := &Binary{Path: filepath.Join(dir, "bench.test"), Commit: commit}
	cmd := exec.CommandContext(ctx, "go", "test", "-c", "-trimpath", "-buildvcs=false", "-o", b.Path, "./bench")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOTMPDIR="+dir) // an interrupted go test leaves its temporary files behind
	if out, err := output(cmd); err != nil {
		return nil, interrupted(ctx, Environment(fmt.Errorf("build the benchmarks in %s: %w: %s", root, err, out)))
	}
	if b.Hash, err = hashOf(b.Path); err != nil {
		return nil, Environment(err)
	}
	return b, nil
}

// checkOut puts what a ref names into a new folder, and returns its commit.
func checkOut(ctx context.Context, root, ref, tree string) (commit string, err error) {
	git := func(args ...string) (string, error) {
		return output(exec.CommandContext(ctx, "git", append([]string{"-C", root}, args...)...))
	}
	full, err := git("rev-parse", "--verify", "--quiet", "--end-of-options", ref+"^{commit}")
	if errors.Is(err, exec.ErrNotFound) {
		return "", Environment(errors.New("git is not on PATH: it is needed to build another version"))
	} else if err != nil {
		return "", fmt.Errorf("%.80q is no commit of %s: git rev-parse does not know it", ref, root)
	}
	if out, err := git("worktree", "add", "--detach", tree, full); err != nil {
		dropTree(ctx, root, tree) // what an interrupt left
		return "", Environment(fmt.Errorf("check out %.80q: %w: %s", ref, err, out))
	}
	return full[:min(10, len(full))], nil
}

// dropTree removes a worktree, and git's note of it.
func dropTree(ctx context.Context, root, tree string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	os.RemoveAll(tree)
	output(exec.CommandContext(ctx, "git", "-C", root, "worktree", "prune")) // if it fails, git does so by itself later
}

// output runs a program and returns what it said, in one line or more. The end of
// its context interrupts it, with all that it started.
func output(cmd *exec.Cmd) (string, error) {
	cmd.WaitDelay = 10 * time.Second
	interruptible(cmd)
	out, err := cmd.CombinedOutput()
	return string(bytes.TrimSpace(out)), err
}

func hashOf(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// commitOf names the commit of the tree, with "-dirty" if something has changed since;
// "unknown" if git cannot tell. Results are no part of what is measured.
func commitOf(root string) string {
	git := func(args ...string) (string, error) {
		out, err := exec.Command("git", append([]string{"-C", root}, args...)...).Output()
		return strings.TrimSpace(string(out)), err
	}
	commit, err := git("rev-parse", "--short=10", "HEAD")
	if err != nil {
		return "unknown"
	}
	if changed, err := git("status", "--porcelain", "--", ".", ":(exclude)results"); err != nil || changed != "" {
		commit += "-dirty"
	}
	return commit
}
