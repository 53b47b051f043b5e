package usage

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"golang.org/x/sys/unix"
)

// The test binary is its own child: with the name of a role as its first
// argument it plays that, says so with a line on stdout, and stays until its
// stdin ends.
func TestMain(m *testing.M) {
	play, ok := roles[os.Args[min(1, len(os.Args)-1)]]
	if !ok {
		goleak.VerifyTestMain(m)
	}
	if err := play(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	io.Copy(io.Discard, os.Stdin)
}

var roles = map[string]func() error{"idle": idle, "burn": burn, "touch": touch, "nest": nest, "reap": reap}

func idle() error {
	fmt.Println("idle")
	return nil
}

const (
	burnt   = 60 * time.Millisecond
	touched = 64 << 20
)

// burn uses a known amount of CPU time.
func burn() error {
	used := func() time.Duration {
		var u unix.Rusage
		unix.Getrusage(unix.RUSAGE_SELF, &u)
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	for used() < burnt {
	}
	fmt.Println(used().Nanoseconds())
	return nil
}

// touch holds a known amount of memory and gives it back.
func touch() error {
	memory, err := unix.Mmap(-1, 0, touched, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return err
	}
	for i := 0; i < len(memory); i += os.Getpagesize() {
		memory[i] = 1
	}
	if err := unix.Munmap(memory); err != nil {
		return err
	}
	fmt.Println("touched")
	return nil
}

// nest has a child that burns, and keeps it.
func nest() error {
	_, line, err := spawn("burn")
	fmt.Println(line)
	return err
}

// reap has a child that burns, and waits for it to exit when told to.
func reap() error {
	c, line, err := spawn("burn")
	if err != nil {
		return err
	}
	fmt.Println(line)
	if _, err := bufio.NewReaderSize(os.Stdin, 16).ReadString('\n'); err != nil {
		return err
	}
	err = c.end()
	fmt.Println(c.used().Nanoseconds())
	return err
}

// A child plays a role in another process.
type child struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// spawn starts a child and answers the first line it says.
func spawn(role string) (*child, string, error) {
	cmd := exec.Command("/proc/self/exe", role)
	cmd.Stderr = os.Stderr
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0") // not a second for each exit
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err1 != nil || err2 != nil {
		return nil, "", fmt.Errorf("pipes to a child: %w, %w", err1, err2)
	}
	if err := cmd.Start(); err != nil {
		return nil, "", err
	}
	c := &child{cmd, in, bufio.NewReader(out)}
	line, err := c.out.ReadString('\n')
	return c, strings.TrimSpace(line), err
}

// end lets the child exit and waits for it.
func (c *child) end() error {
	c.in.Close()
	return c.cmd.Wait()
}

func (c *child) used() time.Duration {
	return c.cmd.ProcessState.UserTime() + c.cmd.ProcessState.SystemTime()
}
