// Package simulation tells what becomes of jobs when everything fails, a thousand times as
// fast as it happens. Its world is one loop of events on one goroutine, with a clock, a network and
// chance of its own; so a seed tells the same story on any machine, and a failure that
// was seen once can be seen again (FoundationDB and TigerBeetle are tested like this).
//
// In it are the queue's parts as machines of states: a [Store], which is Redis with the
// scripts of ../lua, workers, which decide as ../lane.go and its neighbours do, and clients,
// which do as ../post.go and ../inbox.go. What ties the store to the product is a test that
// puts random calls to it and to the scripts, on every Redis there is, and wants equal
// answers. The workers and clients are ties of the reader's eye only; the tests of
// the queue itself, with real ones, are beside this.
//
// A story has two phases. In the first, jobs are enqueued while requests, answers and
// connections are lost, workers and producers are killed, stopped and cut off, Redis is
// restarted and its clock set. In the second all is well, and all must come to an end.
// Then a ledger, which saw everything, counts: see [Counts]. A kind of fault
// that never happened in all stories fails the run as well: see [Sometimes].
//
// It is left out: bytes and their limits, jobs that expire, a worker's second lane and its
// weights, and a Redis that loses what it had acknowledged.
package simulation
