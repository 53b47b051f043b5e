package queue_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/machine/store/storetest"
	"github.com/fourlevels/fourlevels/levels/process/child"
)

// The tests of this file hold docs/queue.md to what it says: its programs are
// built and run, and its user of Redis may do what a queue does.

func readPage(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "queue.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Blocks of the page: programs stand under the name of their file.
var (
	anyGo    = regexp.MustCompile("(?ms)^```go\n(.*?)^```$")
	program  = regexp.MustCompile("(?ms)^`([a-z/]+\\.go)`\n\n```go\n(package .*?)^```$")
	output   = regexp.MustCompile("(?ms)^```text\n(called: .*?)^```$")
	setUser  = regexp.MustCompile("(?ms)^```sh\nredis-cli (ACL SETUSER .*?)^```$")
	inScript = regexp.MustCompile(`redis\.call\('([A-Z]+)'`)
)

// fragments has what is on the page and no program compiled in a function of its own.
const fragments = `package fragments

import (
	"context"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)
`

func TestPagesProgramsRun(t *testing.T) {
	page := readPage(t)
	dir := t.TempDir()
	bin := filepath.Join(dir, "bin")
	writePrograms(t, page, dir)
	goRun(t, dir, "vet", "./...")
	goRun(t, dir, "build", "-o", bin+string(filepath.Separator), "./worker", "./producer")
	on(t, storetest.Best().URL, func(r *rig) {
		r.Name = "words"
		r.leaves(results...)
		env := append(os.Environ(), "REDIS_URL="+r.pagesUser(page))
		cmd := exec.Command(filepath.Join(bin, "worker"))
		cmd.Env = env
		worker, err := child.StartTethered(cmd)
		if err != nil {
			r.Fatal(err)
		}
		r.Cleanup(func() { worker.Stop(10 * time.Second) })

		var stderr bytes.Buffer
		cmd = exec.CommandContext(r.Context(), filepath.Join(bin, "producer"))
		cmd.Env, cmd.Stderr = env, &stderr
		got, err := cmd.Output()
		if err != nil {
			r.Fatalf("the producer: %v: %s; the worker says: %s", err, &stderr, worker.Stderr())
		}
		if want := output.FindStringSubmatch(page); want == nil || string(got) != want[1] {
			r.Errorf("the producer prints %q, the page %q", got, want)
		}
		worker.Terminate()
		if err := worker.Stop(10 * time.Second); err != nil {
			r.Errorf("a signal ends the worker with an error: %v", worker.Obituary())
		}
		r.noDenials()
	})
}

// writePrograms writes what Go there is on the page into a module of its own, which
// uses this checkout.
func writePrograms(t *testing.T, page, dir string) {
	t.Helper()
	rest := page
	for _, p := range program.FindAllStringSubmatch(page, -1) {
		write(t, filepath.Join(dir, filepath.FromSlash(p[1])), p[2])
		rest = strings.Replace(rest, p[0], "", 1)
	}
	text := fragments
	for i, f := range anyGo.FindAllStringSubmatch(rest, -1) {
		text += fmt.Sprintf("\nfunc fragment%d(ctx context.Context, q *queue.Queue, w *queue.Worker) error {\n%s\nreturn nil\n}\n", i, f[1])
	}
	write(t, filepath.Join(dir, "fragments", "fragments.go"), text)

	root, err := filepath.Abs(filepath.Join("..", "..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	_, requires, _ := strings.Cut(string(mod), "\n") // with the versions of this module, whose files are there
	requires = regexp.MustCompile(`(?m)^tool .*$`).ReplaceAllString(requires, "")
	const module = "github.com/fourlevels/fourlevels"
	write(t, filepath.Join(dir, "go.mod"), "module example.com/words\n"+requires+
		"\nrequire "+module+" v0.0.0\nreplace "+module+" => "+strconv.Quote(root)+"\n")
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "go.sum"), string(sum))
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// goRun runs the go command, without a network.
func goRun(t *testing.T, dir string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}
