//go:build linux || darwin

package loop_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/async/loop"
	"github.com/fourlevels/fourlevels/levels/process"
)

const role = "LOOP_TEST_URL" // set in a child: what it fetches with few files to open, or "panic"

func TestMain(m *testing.M) {
	process.Main(&levels.Serial{Funcs: workerFuncs()}) // see BenchmarkTogether
	switch url := os.Getenv(role); url {
	case "":
		goleak.VerifyTestMain(m)
	case "panic":
		panics()
	default:
		if err := withFewFiles(url); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println("fine")
	}
}

// A panic ends the program, and says where it began.
func TestPanic(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), role+"=panic")
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 2 {
		t.Errorf("the child ends with %v", err)
	}
	for _, want := range []string{"panic: a mistake", "loop_test.panics"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the child does not say %q: %s", want, out)
		}
	}
}

func panics() {
	l, err := loop.New(loop.Config{Async: map[string]loop.Func{"later": func(c *loop.Call) {
		c.After(0, func() { panic("a mistake") })
	}}})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	l.Run(context.Background(), []levels.Task{{Func: "later"}})
}

// With fewer descriptors than fetches, these take turns. Without any, they fail with
// an error that says so.
func TestFewFiles(t *testing.T) {
	url, conns := serve(t, answerAll)
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), role+"="+url)
	if out, err := cmd.CombinedOutput(); err != nil || string(out) != "fine\n" {
		t.Fatalf("the child says %q, %v", out, err)
	}
	if n := conns.Load(); n == 0 || n > 3*40 {
		t.Errorf("%d connections, want few that are kept", n)
	}
}

func withFewFiles(url string) error {
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 40, Max: 40}); err != nil {
		return err
	}
	l, err := loop.New(loop.Config{Async: map[string]loop.Func{"get": loop.Get(nil)}})
	if err != nil {
		return err
	}
	if err := errors.Join(turns(l, url), l.Close()); err != nil { // Close gives all of them back
		return err
	}
	return noFiles(url)
}

// turns fetches from two hosts, so that each needs descriptors of idle connections to
// the other.
func turns(l *loop.Level, url string) error {
	for _, url := range []string{url, strings.Replace(url, "127.0.0.1", "localhost", 1), url} {
		urls := make([]string, 500)
		for i := range urls {
			urls[i] = fmt.Sprintf("%s/%d", url, i)
		}
		for i, r := range get(l, context.Background(), urls...) {
			if err := check(r, fmt.Sprintf("/%d", i), ""); err != nil {
				return fmt.Errorf("%s: %w", urls[i], err)
			}
		}
	}
	if conns, _ := l.Open(); conns == 0 || conns > 40 {
		return fmt.Errorf("%d connections are open", conns)
	}
	return nil
}

func noFiles(url string) error {
	l, err := loop.New(loop.Config{Async: map[string]loop.Func{"get": loop.Get(nil)}})
	if err != nil {
		return fmt.Errorf("no room for a second loop: %w", err)
	}
	defer l.Close()
	for err == nil {
		var f *os.File
		if f, err = os.Open(os.DevNull); err == nil {
			defer f.Close()
		}
	}
	for range 2 {
		for _, r := range get(l, context.Background(), url, url) {
			if err := check(r, "", "no file descriptor is free"); err != nil {
				return err
			}
		}
	}
	if _, err := loop.New(loop.Config{}); err == nil {
		return fmt.Errorf("a loop without a descriptor")
	}
	return nil
}
