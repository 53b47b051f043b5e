// Package child starts processes that do not outlive this one, and ends them
// without leaving any behind.
package child

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A Process is a child of this one.
//
// Its leash is its standard input: a child reads it, and leaves when it ends.
// That happens when the parent closes it, and also when the parent dies in any
// way, for then the kernel closes it. The child is in a process group of its
// own, so that Ctrl-C at a terminal reaches the parent alone, which then
// decides.
//
// Exactly one goroutine waits for the process; signals go through its handle,
// which knows when it is gone, never through a bare process id.
type Process struct {
	Stdin  *os.File // to the child; closing it asks the child to leave
	Stdout *os.File // from the child; Stop closes it

	cmd    *exec.Cmd
	stderr tail
	done   chan struct{} // closed when the process has been waited for
	err    error         // how it ended; to be read after done is closed
}

// Start starts a child. Of cmd it sets Stdin, Stdout, SysProcAttr and, unless
// there is one, Stderr, of which it keeps the last 4 KiB for error messages.
// Whoever starts a child must Stop it.
func Start(cmd *exec.Cmd) (*Process, error) { return start(cmd, false) }

// StartTethered starts a child that does not care for its standard input, such
// as a server that is not ours. On Linux the kernel kills it when this process
// dies; elsewhere only [Process.Stop] and [KillTethered] end it.
func StartTethered(cmd *exec.Cmd) (*Process, error) { return start(cmd, true) }

// tethered has the tethered children that have not ended.
var tethered sync.Map

// KillTethered kills all tethered children. It is for a process that is about to exit
// though whoever started them has not stopped them.
func KillTethered() {
	tethered.Range(func(p, _ any) bool {
		p.(*Process).Kill()
		return true
	})
}

func start(cmd *exec.Cmd, tether bool) (*Process, error) {
	in, stdin, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	stdout, out, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, in.Close(), stdin.Close())
	}
	p := &Process{Stdin: stdin, Stdout: stdout, cmd: cmd, done: make(chan struct{})}
	cmd.Stdin, cmd.Stdout = in, out
	if cmd.Stderr == nil {
		cmd.Stderr = &p.stderr
		cmd.WaitDelay = 200 * time.Millisecond // a grandchild may hold stderr open for longer
	}
	cmd.SysProcAttr = attributes(tether)
	started := make(chan error)
	go p.live(started, tether) // ends with the process; Stop waits for it
	err = <-started
	in.Close()
	out.Close()
	if err != nil {
		return nil, errors.Join(err, stdin.Close(), stdout.Close())
	}
	return p, nil
}

// live starts the process and waits for it. The kernel ties a tether to the
// thread that started the child, not to the process: so that thread must live
// as long as the child does.
func (p *Process) live(started chan<- error, tether bool) {
	if tether {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
	}
	err := p.cmd.Start()
	if tether && err == nil {
		tethered.Store(p, nil)
		defer tethered.Delete(p)
	}
	started <- err
	if err == nil {
		if p.err = p.cmd.Wait(); errors.Is(p.err, exec.ErrWaitDelay) {
			p.err = nil // the child itself has left with exit code 0
		}
		close(p.done)
	}
}

// Pid is the child's process id, for messages and measurements.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Ended reports whether the process has ended.
func (p *Process) Ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// Kill ends the process at once. It does not wait.
func (p *Process) Kill() { p.cmd.Process.Kill() }

// End is Kill, and reports whether the process had not ended yet.
func (p *Process) End() bool { return p.cmd.Process.Kill() == nil }

// Terminate asks the process to leave, by SIGTERM where there are signals. It
// does not wait.
func (p *Process) Terminate() { p.cmd.Process.Signal(syscall.SIGTERM) }

// Stop ends the process and waits until it is gone: it closes the leash, after
// the grace sends SIGTERM, and after as long again SIGKILL. It returns nil if
// the child left with exit code 0. It may be called again.
func (p *Process) Stop(grace time.Duration) error {
	p.Stdin.Close()
	for _, harder := range []func(){p.Terminate, p.Kill} {
		select {
		case <-p.done:
		case <-time.After(grace):
			harder()
		}
	}
	<-p.done
	p.Stdout.Close()
	return p.err
}

// Obituary says in one line how the process ended, with what it died of if it
// wrote that to stderr. It waits until the process has ended.
func (p *Process) Obituary() error {
	<-p.done
	how := p.cmd.ProcessState.String()
	if cause := p.stderr.cause(); cause != "" {
		return fmt.Errorf("process %d: %s: %s", p.Pid(), how, cause)
	}
	return fmt.Errorf("process %d: %s", p.Pid(), how)
}

// Stderr is the last that the process wrote to its standard error, up to 4 KiB.
func (p *Process) Stderr() string { return p.stderr.String() }

// A tail keeps the last 4 KiB that are written to it, and the last line that says what
// a Go program dies of: the stacks behind it may be longer than that.
type tail struct {
	mu    sync.Mutex // guards all
	buf   []byte
	line  []byte // that is not over yet: its beginning
	fatal string
}

func (t *tail) Write(b []byte) (int, error) {
	const most = 4 << 10
	t.mu.Lock()
	defer t.mu.Unlock()
	t.look(b)
	t.buf = append(t.buf, b[max(0, len(b)-most):]...)
	if extra := len(t.buf) - most; extra > 0 {
		t.buf = append(t.buf[:0], t.buf[extra:]...)
	}
	return len(b), nil
}

// look looks for the line that a panic or the runtime begins its last words with. Of
// several the last counts: a panic that was recovered may have been printed before.
func (t *tail) look(b []byte) {
	for piece := range bytes.Lines(b) {
		t.line = append(t.line, piece[:min(len(piece), 200-len(t.line))]...)
		if piece[len(piece)-1] != '\n' {
			return
		}
		if line := strings.TrimSpace(string(t.line)); isFatal(line) {
			t.fatal = line
		}
		t.line = t.line[:0]
	}
}

func isFatal(line string) bool {
	return strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ")
}

// cause is the line of the last words that says most: that of a panic, or else the last.
func (t *tail) cause() string {
	words := t.String()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.fatal != "" {
		return t.fatal
	}
	words = words[strings.LastIndexByte(words, '\n')+1:]
	return words[max(0, len(words)-200):]
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.buf))
}
