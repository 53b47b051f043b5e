// Package chaos breaks what the queue stands on while it works, and counts what becomes
// of the jobs: a real Redis that logs every change, workers in processes of their own, and
// between them cables that can be pulled.
//
// A round has two phases. In the first, jobs come at a steady rate, and faults strike:
// workers are killed, told to leave, or stopped for longer than their lease; Redis is
// killed; links break, or swallow all that is sent. In the second, all is made whole again,
// and every job must come to its end within a limit: a queue that is never wrong because
// it never ends anything has failed too.
//
// What is counted, and its names, are those of Jepsen's checker of queues: see [Counts].
// Jobs that ran twice are not wrong by themselves, for delivery is at least once, but each
// extra execution must be explained by a fault that met the one before it or held it up, by
// that one's own failure, or by a worker that left and gave it back. The queue's word for it, that a lease ran out, is not enough. And a kind of
// fault that never struck fails the run, as does a rare case that was never seen: it would
// have proven nothing.
//
// A producer that is told that nobody knows must have met a fault, too: one of ours. A Redis
// that dies by itself, as it does when its disk is full, is none, and ends the run.
//
// A Redis that is killed shows what a crash of its process costs. It does not show a power
// cut: what was written is in the kernel's page cache, and survives. That every change is
// synced to the disk is asked of the server, and not put to the test.
//
// Sources: Jepsen's total-queue checker (github.com/jepsen-io/jepsen, checker.clj); the two
// phases are those of TigerBeetle's simulator (github.com/tigerbeetle/tigerbeetle,
// vopr.zig); "sometimes" assertions are Antithesis' (antithesis.com/docs).
package chaos
