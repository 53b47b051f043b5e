package child_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fourlevels/fourlevels/levels/process/child"
)

const role = "CHILD_TEST_ROLE"

// TestMain lets the test binary play the children.
func TestMain(m *testing.M) {
	os.Setenv("GORACE", "atexit_sleep_ms=0")
	switch os.Getenv(role) {
	case "":
		goleak.VerifyTestMain(m)
	case "good": // leaves when its leash is let go
		fmt.Println("ready")
		io.Copy(io.Discard, os.Stdin)
	case "stubborn": // cares neither for its leash nor for SIGTERM
		signal.Ignore(syscall.SIGTERM)
		fmt.Println("ready")
		time.Sleep(time.Minute)
	case "chatty": // dies with last words
		fmt.Fprint(os.Stderr, strings.Repeat("x", 10<<20), "the last words\n")
		os.Exit(3)
	case "parent": // starts a child as the test does, and tells who it is
		start := child.Start
		play := "good"
		if len(os.Args) > 1 && os.Args[1] == "tethered" {
			start, play = child.StartTethered, "stubborn"
		}
		p, err := start(command(play))
		if err != nil {
			panic(err)
		}
		fmt.Println(p.Pid())
		time.Sleep(time.Minute)
	}
}

func command(play string, args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), role+"="+play)
	return cmd
}

func start(t *testing.T, play string, args ...string) (p *child.Process, firstLine string) {
	t.Helper()
	p, err := child.Start(command(play, args...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Stop(time.Second) })
	firstLine, _ = bufio.NewReader(p.Stdout).ReadString('\n')
	return p, strings.TrimSpace(firstLine)
}

func TestStopLetsGoOfTheLeash(t *testing.T) {
	p, _ := start(t, "good")
	if err := p.Stop(10 * time.Second); err != nil {
		t.Errorf("a child that leaves by itself: %v", err)
	}
	if err := p.Stop(time.Second); err != nil {
		t.Errorf("stopped again: %v", err)
	}
}

func TestStopKillsInTheEnd(t *testing.T) {
	p, _ := start(t, "stubborn")
	if err := p.Stop(20 * time.Millisecond); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("err = %v, want killed", err)
	}
}

func TestObituaryHasTheLastWords(t *testing.T) {
	p, _ := start(t, "chatty")
	text := p.Obituary().Error()
	if !strings.Contains(text, "exit status 3") || !strings.HasSuffix(text, "the last words") || len(text) > 300 || len(p.Stderr()) > 4<<10 {
		t.Errorf("%d bytes, ending in %q", len(text), text[max(0, len(text)-60):])
	}
}

func TestStartOfNothing(t *testing.T) {
	if _, err := child.Start(exec.Command("./no such program")); err == nil {
		t.Error("a program that is not there was started")
	}
}

// Whoever exits can end the tethered ones first, and those alone.
func TestKillTethered(t *testing.T) {
	leashed, _ := start(t, "stubborn")
	var all []*child.Process
	for range 2 {
		p, err := child.StartTethered(command("stubborn"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { p.Stop(20 * time.Millisecond) })
		all = append(all, p)
	}
	child.KillTethered()
	for _, p := range all {
		select {
		case <-p.Done():
		case <-time.After(10 * time.Second):
			t.Errorf("tethered child %d is alive", p.Pid())
		}
	}
	if leashed.Ended() {
		t.Error("a child that is not tethered was killed")
	}
	leashed.Kill()
}

// However the parent dies, its children go too.
func TestChildrenDieWithTheirParent(t *testing.T) {
	kinds := []string{"leashed"}
	if _, err := os.Stat("/proc/self/stat"); err == nil {
		kinds = append(kinds, "tethered") // Linux only, as documented
	}
	for _, kind := range kinds {
		parent, pid := start(t, "parent", kind)
		parent.Kill()
		deadline := time.Now().Add(10 * time.Second)
		for alive(pid) && time.Now().Before(deadline) {
			time.Sleep(time.Millisecond)
		}
		if alive(pid) {
			t.Errorf("%s child %s is alive after its parent", kind, pid)
		}
	}
}

// alive reports whether the process runs. A zombie, which waits for whoever
// adopted it, does not.
func alive(pid string) bool {
	if stat, err := os.ReadFile("/proc/" + pid + "/stat"); err == nil {
		return !strings.Contains(string(stat), ") Z ")
	}
	n, _ := strconv.Atoi(pid)
	p, err := os.FindProcess(n)
	return err == nil && p.Signal(syscall.Signal(0)) == nil
}
