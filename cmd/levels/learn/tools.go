package learn

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/fourlevels/fourlevels/levels/process/child"
	"github.com/fourlevels/fourlevels/levels/scratch"
)

// Tools are what lessons are built and graded with. Whoever makes them must Close them.
type Tools struct {
	Root   string // of the module of exercises
	NoRace string // why the race detector is not to be had; "" if it is

	dir      *scratch.Folder // for binaries
	building atomic.Bool
}

// NewTools looks what is installed.
func NewTools(ctx context.Context, root string) (*Tools, error) {
	if _, err := exec.LookPath("go"); err != nil {
		return nil, errors.New("the go command is not on PATH, and grading builds what you write")
	}
	dir, err := scratch.New("learn")
	if err != nil {
		return nil, err
	}
	t := &Tools{Root: root, dir: dir}
	t.NoRace, err = t.noRace(ctx)
	if err != nil {
		t.Close()
		return nil, err
	}
	return t, nil
}

// Close removes what was built.
func (t *Tools) Close() error { return t.dir.Close() }

// noRace says why there is no race detector: but on macOS it takes a C compiler.
func (t *Tools) noRace(ctx context.Context) (string, error) {
	if runtime.GOOS == "darwin" {
		return "", nil
	}
	out, err := t.command(ctx, "env", "CGO_ENABLED", "CC")
	if err != nil {
		return "", fmt.Errorf("go env: %w: %s", err, out)
	}
	enabled, cc, _ := strings.Cut(strings.TrimSpace(out), "\n")
	compiler, _, _ := strings.Cut(strings.TrimSpace(cc), " ")
	switch _, err := exec.LookPath(compiler); {
	case strings.TrimSpace(enabled) != "1":
		return "CGO_ENABLED=0", nil
	case err != nil:
		return "no C compiler", nil
	}
	return "", nil
}

// A source is what a lesson is graded with: the student's file, or another in its place,
// which leaves that one alone.
type source struct {
	Lesson
	instead string // of the student's file; "" is none
}

// flags are those of the go command.
func (s source) flags(t *Tools) ([]string, error) {
	if s.instead == "" {
		return nil, nil
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{s.File: s.instead}})
	if err != nil {
		return nil, err
	}
	path := filepath.Join(t.dir.Path, s.ID+"-"+filepath.Base(s.instead)+".json")
	return []string{"-overlay", path}, os.WriteFile(path, overlay, 0o600)
}

// build makes the test binary. If it cannot, said is what the compiler says.
func (t *Tools) build(ctx context.Context, s source, race bool) (binary, said string, err error) {
	flags, err := s.flags(t)
	if err != nil {
		return "", "", err
	}
	binary = s.ID
	if s.instead != "" {
		binary += "-" + strings.TrimSuffix(filepath.Base(s.instead), ".go")
	}
	if race {
		binary += "-race"
		flags = append(flags, "-race")
	}
	binary = filepath.Join(t.dir.Path, binary+".test.exe")
	args := append([]string{"test", "-c", "-vet=off", "-o", binary}, append(flags, "./"+s.ID)...)
	said, err = t.command(ctx, args...)
	return binary, said, err
}

// vet is what go vet has to say of the lesson: a line for each finding.
func (t *Tools) vet(ctx context.Context, s source) (findings []string, err error) {
	flags, err := s.flags(t)
	if err != nil {
		return nil, err
	}
	said, err := t.command(ctx, append([]string{"vet"}, append(flags, "./"+s.ID)...)...)
	for line := range strings.Lines(said) {
		line = strings.TrimPrefix(strings.TrimSpace(line), "vet: ")
		if place, what, ok := strings.Cut(line, ": "); ok && strings.Contains(place, ".go:") {
			if !filepath.IsAbs(place) {
				place = filepath.Join(t.Root, place)
			}
			findings = append(findings, short(place)+": "+what)
		}
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil && len(findings) == 0 { // it could not look
		findings = append(findings, last(said))
	}
	return findings, nil
}

// command runs the go command in the module of exercises. When ctx ends it is asked to
// leave, and then takes its compilers with it.
func (t *Tools) command(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = t.Root
	cmd.Env = append(os.Environ(), "GOWORK=off")
	cmd.Cancel = func() error {
		if err := cmd.Process.Signal(os.Interrupt); err != nil { // there is none on Windows
			return cmd.Process.Kill()
		}
		return nil
	}
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return string(out), err
}

// run runs a test binary as go test does, and returns all that it said. It is killed when
// ctx ends, and on Linux also when this process dies.
func (t *Tools) run(ctx context.Context, s source, binary string) (said string, passed bool, err error) {
	cmd := exec.Command(binary, "-test.v", "-test.timeout=1m", "-test.paniconexit0")
	cmd.Dir = s.Dir
	cmd.Env = append(child.Environ(), "GORACE=atexit_sleep_ms=0") // or the race detector sleeps for a second at the end
	var outs, errs head
	cmd.Stderr = &errs
	cmd.WaitDelay = time.Second
	c, err := child.StartTethered(cmd)
	if err != nil {
		return "", false, err
	}
	stop := context.AfterFunc(ctx, c.Kill)
	defer stop()
	io.Copy(&outs, c.Stdout) // until the program ends, in whichever way
	<-c.Done()
	err = c.Stop(time.Second)
	if ctx.Err() != nil {
		return "", false, context.Cause(ctx)
	}
	return outs.String() + errs.String(), err == nil, nil
}

// A head keeps the first MiB of what a program says: some say the same for ever.
type head struct{ strings.Builder }

func (h *head) Write(b []byte) (int, error) {
	const most = 1 << 20
	h.Builder.Write(b[:max(0, min(len(b), most-h.Len()))])
	return len(b), nil
}
