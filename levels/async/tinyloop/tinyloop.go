// Package tinyloop is an event loop on one screen, for teaching: callbacks run one after
// another, and the waiting is done elsewhere. Package loop is a real one, with sockets of
// its own; this one needs nothing of the system, and runs everywhere.
package tinyloop

import "time"

// A Loop calls callbacks, one at a time: what they share needs no lock. Its methods are
// for its callbacks alone.
type Loop struct {
	due     chan func() // callbacks whose wait is over
	pending int         // callbacks that are still to come
}

// Run calls first, and then each callback when it is due. It returns when no callback is
// waited for any more.
func Run(first func(*Loop)) {
	l := &Loop{due: make(chan func())}
	first(l)
	for l.pending > 0 {
		then := <-l.due
		l.pending--
		then()
	}
}

// After calls then in d from now. It is what "await sleep(d)" becomes.
func (l *Loop) After(d time.Duration, then func()) {
	l.pending++
	time.AfterFunc(d, func() { l.due <- then })
}

// Execute has work done in a goroutine of its own, and calls then on the loop when it is
// done. It is asyncio's run_in_executor.
func (l *Loop) Execute(work, then func()) {
	l.pending++
	go func() { // Run waits for it
		work()
		l.due <- then
	}()
}
