package fleet

import (
	"context"
	"os/exec"
	"time"

	"github.com/fourlevels/fourlevels/levels/process/child"
)

// A Mortal is a worker that nobody replaces when it dies: it is there to be killed, and
// what happens then to be seen.
type Mortal struct{ process *child.Process }

// mortal starts a worker, and returns what it says of where it is.
func mortal(ctx context.Context, cmd *exec.Cmd, env []string) (m Mortal, where string, err error) {
	if cmd.Env = env; env == nil {
		cmd.Env = Env()
	}
	m.process, where, err = launch(ctx, cmd)
	return m, where, err
}

// Pid is its process id.
func (m Mortal) Pid() int { return m.process.Pid() }

// Kill is kill -9. It does not wait.
func (m Mortal) Kill() { m.process.Kill() }

// Died is closed when it is dead.
func (m Mortal) Died() <-chan struct{} { return m.process.Done() }

// Obituary says in one line how it died. It waits until it has.
func (m Mortal) Obituary() error { return m.process.Obituary() }

// end asks it to leave, kills it if it is not gone soon, and waits until it is.
func (m Mortal) end() { m.process.Stop(300 * time.Millisecond) }
