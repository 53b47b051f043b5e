// Package ring carries two streams of bytes, one each way, through memory that
// a process shares with a child of its own.
//
// A pipe costs a system call per Read and per Write, and copies through the
// kernel. A ring costs a copy in and a copy out, and a system call only when
// somebody sleeps. The price is a thread: whoever waits in a Read or a Write
// keeps a thread of the operating system, where a pipe would park a goroutine.
//
// Each direction is Lamport's queue for one producer and one consumer ("Proving
// the correctness of multiprocess programs", 1977): a position that only the
// writer moves, one that only the reader moves, and no lock. Whoever has
// nothing to do sleeps on a futex (Franke, Russell, Kirkwood: "Fuss, futexes
// and furwocks", 2002).
//
// Nothing that lies in the shared memory is trusted: a peer that scribbles over
// it gets garbage through, or [ErrCorrupt], but no panic and no access outside
// of the ring. What it can do is to keep the other side busy until that side
// hangs up.
//
// It works on Linux only; elsewhere [New] and [Open] fail.
package ring

import "errors"

// ErrCorrupt is the error of a Read or a Write that finds positions that no
// peer would leave which keeps to the protocol. The ring is hung up with it.
var ErrCorrupt = errors.New("ring: corrupt")
