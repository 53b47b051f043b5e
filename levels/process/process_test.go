package process_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/internal/wire"
	"github.com/fourlevels/fourlevels/levels/leveltest"
	"github.com/fourlevels/fourlevels/levels/process"
)

const role = "PROCESS_TEST_ROLE"

// TestMain lets the test binary be its own worker, and play bad ones.
func TestMain(m *testing.M) {
	process.Main(&levels.Serial{Funcs: funcs()})
	if play := os.Getenv(role); play != "" {
		impostor(play)
		return
	}
	os.Setenv("GORACE", "atexit_sleep_ms=0") // or every worker built with -race takes a second to leave
	goleak.VerifyTestMain(m)
}

// impostor does what a worker should not do.
func impostor(play string) {
	switch play {
	case "garbage":
		fmt.Println("Usage: something [else]")
	case "endless line":
		for {
			if _, err := os.Stdout.WriteString(strings.Repeat("x", 1<<10)); err != nil {
				os.Exit(1)
			}
		}
	case "exits":
		fmt.Fprintln(os.Stderr, "cannot find my feet")
		os.Exit(4)
	case "older":
		fmt.Println("fourlevels worker, protocol 0")
		time.Sleep(time.Minute)
	case "silent":
		time.Sleep(time.Minute)
	case "hangs up":
		os.Stdout.Close()
		time.Sleep(time.Minute)
	case "bad frames":
		fmt.Printf("fourlevels worker, protocol %d\n", wire.Version)
		fmt.Println("and then something else")
		time.Sleep(time.Minute)
	default:
		moreRoles[play]()
	}
}

// funcs are those of the suite, and more that misbehave.
func funcs() levels.Funcs {
	fs := leveltest.Funcs()
	maps.Copy(fs, levels.Funcs{
		"panic": func(context.Context, []byte) ([]byte, error) { panic("boom") },
		"print": func(_ context.Context, input []byte) ([]byte, error) {
			fmt.Println("a line for somebody to read")
			return input, nil
		},
		"chatter": func(_ context.Context, input []byte) ([]byte, error) {
			os.Stderr.WriteString(strings.Repeat("chatter ", 10<<17))
			return input, nil
		},
		"pid": func(context.Context, []byte) ([]byte, error) { return []byte(strconv.Itoa(os.Getpid())), nil },
		"main": func(context.Context, []byte) ([]byte, error) {
			return []byte(os.Getenv("FOURLEVELS_PROCESS_WORKER")), nil
		},
	})
	maps.Copy(fs, moreFuncs)
	return fs
}

func TestConformance(t *testing.T) {
	for _, transport := range process.Transports {
		t.Run(transport, func(t *testing.T) {
			suite := leveltest.Suite{Isolated: true, Inline: true, Open: func(testing.TB) levels.Level {
				return process.New(process.Config{Processes: 2, Transport: transport})
			}}
			if transport != "spawn" {
				suite.Run(t)
				return
			}
			for _, p := range leveltest.Promises() {
				if slices.Contains([]string{"order", "tiny", "overlap", "unchanged", "cancelled", "deadline"}, p.Name) {
					continue // they ask for hundreds of processes
				}
				for name, how := range suite.Check(t, p.Name) {
					t.Errorf("%s: %v", name, how)
				}
			}
		})
	}
}

// open returns a level of one process. In the end no goroutine may be left.
func open(t *testing.T, c process.Config) levels.Level {
	t.Helper()
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })
	c.Processes = 1
	l := process.New(c)
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return l
}

func run(ctx context.Context, l levels.Level, names ...string) []levels.Result {
	tasks := make([]levels.Task, len(names))
	for i, name := range names {
		tasks[i] = levels.Task{Func: name, Input: []byte("x")}
	}
	return l.Run(ctx, tasks)
}

// A worker that never was one fails the task that would have started it, says
// why in a line, and leaves nothing behind.
func TestImpostors(t *testing.T) {
	for play, want := range map[string]string{
		"garbage":      `start worker: this is no worker: it says "Usage: something [else]"`,
		"endless line": `start worker: this is no worker: it says "xxxx`,
		"exits":        "start worker: it left without a hello: process ",
		"older":        fmt.Sprintf(`start worker: the worker speaks protocol "0", this program %d: build both from the same version`, wire.Version),
		"silent":       "within 50ms",
		"hangs up":     "start worker: it left without a hello: process ",
	} {
		t.Run(play, func(t *testing.T) {
			c := process.Config{Command: []string{os.Args[0]}, Env: append(os.Environ(), role+"="+play)}
			if play == "silent" {
				c.Start = 50 * time.Millisecond
			}
			l := open(t, c)
			for _, r := range run(t.Context(), l, "echo", "echo") {
				if r.Err == nil || errors.Is(r.Err, levels.ErrLost) || !strings.Contains(r.Err.Error(), want) || strings.Contains(r.Err.Error(), "\n") {
					t.Errorf("err = %v, want one line with %q", r.Err, want)
				}
			}
			if text := run(t.Context(), l, "echo")[0].Err.Error(); play == "exits" && !strings.HasSuffix(text, "exit status 4: cannot find my feet") {
				t.Errorf("err = %v, want the last words", text)
			}
		})
	}
}

func TestBadFrames(t *testing.T) {
	l := open(t, process.Config{Command: []string{os.Args[0]}, Env: append(os.Environ(), role+"=bad frames")})
	r := run(t.Context(), l, "echo")[0]
	if !errors.Is(r.Err, levels.ErrLost) || !strings.Contains(r.Err.Error(), "over the limit") {
		t.Errorf("err = %v, want %v, and why", r.Err, levels.ErrLost)
	}
}

func TestNoSuchProgram(t *testing.T) {
	l := open(t, process.Config{Command: []string{"./no such program"}})
	for _, r := range run(t.Context(), l, "echo", "echo") {
		if r.Err == nil || errors.Is(r.Err, levels.ErrLost) || !strings.HasPrefix(r.Err.Error(), "start worker: ") || !strings.Contains(r.Err.Error(), "no such program") {
			t.Errorf("err = %v, want one that names the program", r.Err)
		}
	}
}

// Of a batch the worker's death takes the tasks it had in hand, and no other.
func TestDeath(t *testing.T) {
	l := open(t, process.Config{})
	for name, want := range map[string]string{"panic": "exit status 2: panic: boom", "exit": "exit status 3"} {
		results := run(t.Context(), l, "echo", name, "echo")
		if r := results[0]; r.Err != nil || string(r.Output) != "x" { // the first slice of three is a single task
			t.Errorf("%s: result 0: %q, %v", name, r.Output, r.Err)
		}
		if r := results[2]; !errors.Is(r.Err, levels.ErrLost) && string(r.Output) != "x" { // the next may hold both others
			t.Errorf("%s: result 2: %q, %v", name, r.Output, r.Err)
		}
		if err := results[1].Err; !errors.Is(err, levels.ErrLost) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %v and %q", name, err, levels.ErrLost, want)
		}
	}
}

// What a task prints gets into neither frames nor results.
func TestPrinting(t *testing.T) {
	l := open(t, process.Config{})
	for i, r := range run(t.Context(), l, "print", "chatter", "print", "echo") {
		if r.Err != nil || string(r.Output) != "x" {
			t.Errorf("result %d: %q, %v", i, r.Output, r.Err)
		}
	}
	r := run(t.Context(), l, "exit")[0] // and the obituary has what was printed last
	if !errors.Is(r.Err, levels.ErrLost) || !strings.HasSuffix(r.Err.Error(), "a line for somebody to read") || len(r.Err.Error()) > 5<<10 {
		t.Errorf("err = %.200v", r.Err)
	}
}

// A worker of the zero Config is a worker by its environment, which must not
// make workers of its own children.
func TestWorkersAreNotMarkedForEver(t *testing.T) {
	l := open(t, process.Config{})
	if r := run(t.Context(), l, "main")[0]; r.Err != nil || len(r.Output) > 0 {
		t.Errorf("within a worker the mark is %q, %v", r.Output, r.Err)
	}
}

func TestZeroConfig(t *testing.T) {
	l := process.New(process.Config{})
	defer l.Close()
	for i, r := range run(t.Context(), l, "echo", "echo", "echo", "echo") {
		if r.Err != nil || string(r.Output) != "x" {
			t.Errorf("result %d: %q, %v", i, r.Output, r.Err)
		}
	}
}

func TestCloseOfTheIdle(t *testing.T) {
	for name, names := range map[string][]string{"never started": nil, "idle": {"echo"}} {
		t.Run(name, func(t *testing.T) {
			l := open(t, process.Config{})
			run(t.Context(), l, names...)
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

var errEnough = errors.New("the caller has had enough")

// A worker is killed with its task when ctx ends, even if it is about to start.
func TestCancelledStart(t *testing.T) {
	l := open(t, process.Config{Command: []string{os.Args[0]}, Env: append(os.Environ(), role+"=silent")})
	ctx, cancel := context.WithTimeoutCause(t.Context(), 20*time.Millisecond, errEnough)
	defer cancel()
	if r := run(ctx, l, "echo")[0]; !errors.Is(r.Err, errEnough) {
		t.Errorf("err = %v, want %v", r.Err, errEnough)
	}
}

// kill ends the only process, and waits until the level must know.
func kill(t *testing.T, pid string) {
	t.Helper()
	n, err := strconv.Atoi(pid)
	if err != nil {
		t.Fatal(err)
	}
	p, err := os.FindProcess(n)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	for waiting := true; waiting; time.Sleep(time.Millisecond) {
		var stacks strings.Builder
		pprof.Lookup("goroutine").WriteTo(&stacks, 1)
		waiting = strings.Contains(stacks.String(), "child.(*Process).live")
	}
}

// A worker that died while it had nothing to do has lost nothing: the next
// task gets a new one.
func TestDeathOfTheIdle(t *testing.T) {
	l := open(t, process.Config{})
	pid := run(t.Context(), l, "pid")[0]
	if pid.Err != nil {
		t.Fatal(pid.Err)
	}
	kill(t, string(pid.Output))
	if r := run(t.Context(), l, "echo")[0]; r.Err != nil {
		t.Errorf("err = %v", r.Err)
	}
}
