package levels

import (
	"context"
	"fmt"
	"runtime/debug"
)

// A PanicError is what a panic becomes under [Recover].
type PanicError struct {
	Value any    // what was passed to panic
	Stack []byte // of the goroutine that panicked, as debug.Stack prints it
}

// Error gives the value only; the stack is for logs.
func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Unwrap returns the value if it was an error, so that errors.Is sees it.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// Recover returns the same functions, of which each turns a panic into the
// error of its own task, a [*PanicError]. The machines that the levels command
// starts use it: one bad request should not stop a server. Its threads and
// goroutines do not, for a panic there ends the program, and that is one of the
// things to learn about them; whoever wants it otherwise writes
//
//	async.New(async.Config{Funcs: levels.Recover(funcs)})
//
// It costs a deferred call a task. What cannot be recovered (a fatal error of
// the runtime, os.Exit, running out of memory) ends the process all the same.
func Recover(funcs Funcs) Funcs {
	safe := make(Funcs, len(funcs))
	for name, f := range funcs {
		safe[name] = func(ctx context.Context, input []byte) (output []byte, err error) {
			defer func() {
				if v := recover(); v != nil {
					output, err = nil, &PanicError{v, debug.Stack()}
				}
			}()
			return f(ctx, input)
		}
	}
	return safe
}
