package stubborngrandchild

import (
	"context"
	"os/exec"
)

// broken runs a command until it ends or ctx does, and returns what it has written.
func broken(ctx context.Context, command func(context.Context) *exec.Cmd) ([]byte, error) {
	cmd := command(ctx)
	return cmd.Output() // WRONG: the child is killed in time, but who else holds its output?
}
