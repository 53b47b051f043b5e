package stubborngrandchild

import (
	"context"
	"os/exec"
	"time"
)

// fixed no longer waits for the output, soon after the child is gone.
func fixed(ctx context.Context, command func(context.Context) *exec.Cmd) ([]byte, error) {
	cmd := command(ctx)
	cmd.WaitDelay = 5 * time.Millisecond
	return cmd.Output()
}
