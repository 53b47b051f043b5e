// Package bench measures the levels: the same workloads at each of them, by
// `go test -bench`, in rounds.
//
// # What is measured
//
// BenchmarkThroughput hands over batches and reports tasks a second, the
// processor time of a task, and the peak memory: the last two over the whole
// process tree, for a level that works in other processes is not free. Where tasks
// compute it reports the efficiency too: the share of what as many processors as
// the level may use would do, each at the speed of one alone. (BenchmarkMETG counts all
// processors, whether the level may use them or not.)
// BenchmarkLatency hands over one task at a time, from a single caller, and
// reports the percentiles of the time until its result is there.
//
// BenchmarkLoad has many callers of one task each: first a closed loop, which finds
// the capacity, then open loops at a share of it (see package load).
// BenchmarkMETG looks for the smallest task that is worth it (see package metg).
// BenchmarkStartup starts a level from nothing and closes it. BenchmarkCost counts
// what a lone task allocates, sends and asks of Redis, and what memory it holds
// while it waits. Its counts are medians over many tasks, and the same in each of five
// runs of thread, async, process, machine/rpc and machine/queue, on a busy machine.
// Allocations of a queue's caller are near a tie, 92 or 93, so these may differ by one.
// Commands that a script sends to Redis count like others.
//
// BenchmarkPitfall runs the broken and the fixed program of a pitfall, at no level. An
// operation is a whole run, and fails if its outcomes are not what the catalogue says. How
// many times longer a broken program takes is measured, not judged.
//
// # How
//
// Names are data: BenchmarkThroughput/level=thread/impl=crew/work=cpu/grain=50000/workers=2/inflight=2/batch=256.
// Grain is the size of a task in rounds or bytes, never in time. Workers are
// the level's own, and inflight is how many tasks can be running at the same
// time: as many as there are processors where tasks compute; where they wait,
// 16 for levels that hold a thread or a process for each, and 256 for those
// that hold a goroutine.
//
// Every output is checked, outside the measured time. The checksum over the
// outputs is reported too: it must be the same at every level.
//
// [Runner.Run], which is behind `levels bench`, builds the test binary once. In each
// round it measures every cell once, in shuffled order, in a fresh process. So
// what disturbs the machine for a while disturbs all levels alike; a level that
// is always measured last would otherwise pay for the heat of the others. One cell
// in ten is measured twice in a row: what differs between such twins is noise. Before
// each sample the machine may become quiet, for a while, and what disturbed the sample
// stands beside it.
//
// The samples are written in Go's benchmark format as they come, sealed one by one;
// package samples reads them, and so does benchstat. The plan is written before them,
// so that [Runner.Resume] can go on with a run that was killed.
//
// # What is not
//
// Machines and the store are processes on this host, and loopback is no
// network. The origin that tasks fetch from runs beside the levels, on the same
// processors; what it uses is not counted. A lone caller's latency says nothing
// of the latency under load.
package bench
