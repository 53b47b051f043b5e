package levels

import "context"

// On returns a Func that runs the named function on another level, and waits for it. So a
// task of one level can hand a part of its work to another: one that fetches, on
// goroutines, has pages counted by a pool of processes. It is what asyncio calls
// run_in_executor. While it waits, it holds what a task of its own level holds: a
// goroutine, a thread, a process.
//
// The other level must not be the one that the Func runs on, nor wait for it: there
// both might wait for a worker that only the other can give back.
func On(l Level, name string) Func {
	return func(ctx context.Context, input []byte) ([]byte, error) {
		r := l.Run(ctx, []Task{{Func: name, Input: input}})[0]
		return r.Output, r.Err
	}
}
