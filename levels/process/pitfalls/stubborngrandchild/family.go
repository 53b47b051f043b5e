package stubborngrandchild

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/fourlevels/fourlevels/levels/pitfall"
)

const (
	limit = 15 * time.Millisecond  // the time-out that is asked for
	life  = 200 * time.Millisecond // of the grandchild, if nobody ends it
)

// A family is a child and a grandchild. The child starts the grandchild, which inherits
// its standard output, and hangs. Both live on a leash, which is their standard input.
type family struct {
	leash, holds *os.File // the end that is held here, and theirs
	births, tell *os.File // here the grandchild says, on its standard error, that it lives
}

func newFamily() (f family, err error) {
	if f.holds, f.leash, err = os.Pipe(); err == nil {
		if f.births, f.tell, err = os.Pipe(); err != nil {
			f.leash.Close()
			f.holds.Close()
		}
	}
	return f, err
}

// command is the child, which is killed when ctx ends.
func (f family) command(ctx context.Context) *exec.Cmd {
	child := pitfall.Helper(id, "child")
	cmd := exec.CommandContext(ctx, child.Path, child.Args[1:]...)
	cmd.Env, cmd.Stdin, cmd.Stderr = child.Env, f.holds, f.tell
	return cmd
}

// born waits until the grandchild lives.
func (f family) born() error {
	_, err := io.ReadFull(f.births, make([]byte, 1))
	return err
}

// end lets go of the leash, and waits until child and grandchild are gone.
func (f family) end() error {
	f.leash.Close()
	f.holds.Close()
	f.tell.Close()
	_, err := io.Copy(io.Discard, f.births) // which ends when the last process that could write is gone
	return errors.Join(err, f.births.Close())
}

// child starts the grandchild, writes a part of its answer, and hangs.
func child([]string) error {
	grandchild := pitfall.Helper(id, "grandchild")
	grandchild.Stdin, grandchild.Stdout, grandchild.Stderr = os.Stdin, os.Stdout, os.Stderr
	fmt.Print(part)
	return grandchild.Run()
}

// grandchild holds on to the standard output for a while.
func grandchild([]string) error {
	go func() { // ends with the process
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	fmt.Fprint(os.Stderr, "!")
	time.Sleep(life)
	return nil
}

const part = "half an answer"
