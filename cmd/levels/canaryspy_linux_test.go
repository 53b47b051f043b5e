package main

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// canary is a password. Wherever it shows up, others may read it.
const canary = "CANARY-7f3a"

// A spy runs programs in the checkout, with a folder for what they write, and looks for the canary in all that others
// could see of them: what they print, the files they leave, the arguments of the processes
// they start. The environment of a process is its user's alone, but each one that has the
// password there is one more that can tell it.
type spy struct {
	*testing.T
	dir  string
	told []string      // words in the command of those that need the password
	also func(pid int) // looks at each process, too; nil is nothing

	mu    sync.Mutex
	leaks map[string]bool // of processes
	knew  bool            // one that needs the password has been seen with it
}

func newSpy(t *testing.T, told ...string) *spy {
	s := &spy{T: t, dir: t.TempDir(), told: told, leaks: map[string]bool{}}
	if err := os.WriteFile(filepath.Join(s.dir, "page"), []byte("a corpus of one page"), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

// seen reports whether a process with the password has been seen, rightly or not.
func (s *spy) seen() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.knew || len(s.leaks) > 0
}

// said is what a program has printed.
type said struct{ stdout, stderr print }

// A print may be read while it is written.
type print struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *print) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *print) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// run runs a program to its end; meanwhile, unless it is nil, sees to it that there is one.
// It returns what was printed, and every leak.
func (s *spy) run(env []string, meanwhile func(*exec.Cmd, *said), command ...string) (*said, []string) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), 90*time.Second)
	defer cancel()
	out := &said{}
	cmd := exec.CommandContext(ctx, command[0], s.placed(command[1:])...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = filepath.Join("..", ".."), &out.stdout, &out.stderr
	cmd.Env = slices.Concat(os.Environ(), []string{"TMPDIR=" + s.dir, "GORACE=atexit_sleep_ms=0"}, env)
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		s.Error(err)
		return out, nil
	}
	stop := make(chan bool)
	var watching sync.WaitGroup // waited for below
	watching.Go(func() {
		for {
			s.watch(cmd.Process.Pid)
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	})
	if meanwhile != nil {
		meanwhile(cmd, out)
	}
	err := cmd.Wait()
	close(stop)
	watching.Wait()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		s.Errorf("%v: %v: %s", command, err, &out.stderr)
	}
	return out, s.all(out)
}

// placed writes the spy's folder for DIR.
func (s *spy) placed(args []string) (placed []string) {
	for _, arg := range args {
		placed = append(placed, strings.ReplaceAll(arg, "DIR", s.dir))
	}
	return placed
}

// all returns every leak: those of processes, and those of prints and files.
func (s *spy) all(out *said) (found []string) {
	for leak := range s.leaks {
		found = append(found, leak)
	}
	for what, text := range map[string]*print{"stdout": &out.stdout, "stderr": &out.stderr} {
		if line := lineWith([]byte(text.String())); line != "" {
			found = append(found, what+": "+line)
		}
	}
	err := filepath.WalkDir(s.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		if line := lineWith(text); line != "" {
			found = append(found, "file "+filepath.Base(path)+": "+line)
		}
		return err
	})
	if err != nil {
		s.Error(err)
	}
	return found
}

// lineWith is the line with the canary in it, cut.
func lineWith(text []byte) string {
	for line := range bytes.Lines(text) {
		if at := bytes.Index(line, []byte(canary)); at >= 0 {
			return strconv.Quote(string(line[max(0, at-60):min(len(line), at+40)]))
		}
	}
	return ""
}

// watch looks at the processes that the program has started, once.
func (s *spy) watch(program int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.also != nil {
		s.also(program)
	}
	for _, pid := range offspring(program) {
		if s.also != nil {
			s.also(pid)
		}
		folder := filepath.Join("/proc", strconv.Itoa(pid))
		args, _ := os.ReadFile(filepath.Join(folder, "cmdline")) // it may be gone
		env, _ := os.ReadFile(filepath.Join(folder, "environ"))
		command := strings.TrimSpace(strings.ReplaceAll(string(args), "\x00", " "))
		if inParent(pid, args) {
			continue
		}
		if strings.Contains(command, canary) {
			s.leaks["argument: "+command] = true
		}
		if !bytes.Contains(env, []byte(canary)) || command == "" {
			continue
		}
		may := func(word string) bool { return strings.Contains(command, word) }
		if slices.ContainsFunc(s.told, may) {
			s.knew = true
		} else {
			s.leaks["environment: "+command] = true
		}
	}
}

// inParent reports whether a process is between fork and exec: it still has its parent's
// arguments and environment.
func inParent(pid int, args []byte) bool {
	stat, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	_, fields, _ := bytes.Cut(stat, []byte(") "))
	words := bytes.Fields(fields)
	if len(words) < 2 {
		return true // it is gone
	}
	parents, _ := os.ReadFile(filepath.Join("/proc", string(words[1]), "cmdline"))
	return bytes.Equal(args, parents)
}

// offspring are the children of a process, and theirs.
func offspring(pid int) (all []int) {
	files, _ := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*/children")
	for _, file := range files {
		text, _ := os.ReadFile(file)
		for _, child := range strings.Fields(string(text)) {
			if n, err := strconv.Atoi(child); err == nil {
				all = append(append(all, n), offspring(n)...)
			}
		}
	}
	return all
}

// The spy finds each kind of leak, and leaves alone who may know.
func TestSpyFindsLeaks(t *testing.T) {
	const wait = "unset URL; while [ ! -e DIR/stop ]; do sleep 0.01; done"
	for what, script := range map[string]string{
		"stdout":      "echo the password is " + canary,
		"stderr":      "echo the password is " + canary + " >&2",
		"file":        "mkdir DIR/sub; echo x " + canary + " >DIR/sub/x",
		"argument":    "sh -c '" + wait + "' sh redis://:" + canary + "@host; true",
		"environment": "URL=redis://:" + canary + "@host sh -c '" + wait + "'; true",
		"":            "URL=redis://:" + canary + "@host sh -c '" + wait + "' worker queue; true",
	} {
		t.Run(what, func(t *testing.T) {
			s := newSpy(t, "worker queue")
			var meanwhile func(*exec.Cmd, *said)
			if strings.Contains(script, wait) {
				meanwhile = func(*exec.Cmd, *said) {
					eventually(t, s.seen)
					if err := os.WriteFile(filepath.Join(s.dir, "stop"), nil, 0o600); err != nil {
						t.Error(err)
					}
				}
			}
			_, leaks := s.run(nil, meanwhile, "sh", "-c", script)
			if what == "" && (len(leaks) > 0 || !s.knew) {
				t.Errorf("one that may know is a leak: %q", leaks)
			} else if what != "" && (len(leaks) != 1 || !strings.HasPrefix(leaks[0], what)) {
				t.Errorf("found %q, want a leak of %s", leaks, what)
			}
		})
	}
}

// eventually waits until ok.
func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not within a minute")
		}
	}
}
