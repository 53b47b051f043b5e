// Package peers measures this suite's parts against what others use for the
// same: ratios, from one run on one machine. It is a module of its own, so that
// nobody who uses the suite gets the peers with it.
//
// # What is measured
//
// The queue, against asynq and against bare commands of Redis: throughput from
// end to end, enqueueing alone, draining alone, the latency of a lone job and of
// a lone call, what a job costs on the wire and in Redis' memory, and what
// shards cost.
//
// The pool of processes, over each of its transports: the smallest tasks that
// are run at half of peak efficiency, against net/rpc over pipes and Python's
// two pools; the latency of a lone task, against a bare pipe and a bare futex;
// what it takes to open a pool, get an answer, and close it, against an empty
// program; what becomes of tasks while workers are killed, and how soon the pool
// is whole again; whether anything stays when the whole program is killed; and
// what a thousand pools leave behind. The last three read /proc, so only Linux
// has them. Where there is no python3, its pools are left out, and the table says
// so.
//
// Threads and goroutines as pools inside one process: the smallest tasks again,
// against ants, pond, tunny, workerpool, errgroup with a limit, and conc's pool and
// iterators; and against a pool of POSIX threads in C and ForkJoinPool in Java, which
// are left out where there is no cc or no java, and then the table says so. C and
// Java have less to do for a task, see poolMETG.
//
// Fetches in flight, by async with net/http's client and by the event loop, against fasthttp's client on
// the same origin, which is a process of its own: ten thousand that wait at once,
// against the ideal; the memory that one takes while it waits, against one that
// has a thread locked to it; and how many there are in a second if nothing waits.
// Memory is read from /proc, so only Linux has that figure.
//
// # The peers
//
//	github.com/hibiken/asynq         queue over Redis
//	net/rpc                          processes over pipes
//	multiprocessing, concurrent      Python's pools of processes
//	github.com/panjf2000/ants        pool of goroutines: Submit for each task
//	github.com/alitto/pond           pool of goroutines: a group with results
//	github.com/Jeffail/tunny         pool of goroutines: Process blocks, for each task
//	github.com/gammazero/workerpool  pool of goroutines: Submit for each task
//	golang.org/x/sync/errgroup       a goroutine for each task, SetLimit
//	github.com/sourcegraph/conc      pool.Pool, iter.Mapper, iter.Iterator
//	pthreads                         a pool in C, of our own, that claims slices
//	ForkJoinPool                     Java's: a parallel stream, and invokeAll
//	github.com/valyala/fasthttp      client of HTTP/1.1
//
// # How
//
// Each figure is a contest. In each round every contestant has one turn, on the
// same redis-server, which is emptied before; the order moves on by one with
// each round. So what disturbs the machine for a while disturbs all alike. A
// ratio is that of two turns of one round; shown are the median, the least and
// the greatest of the rounds. Contestants that are much slower get fewer jobs,
// so that turns take about equally long.
//
// Every turn is checked: each job ran exactly once, and kept results are read
// back, about five hundred of a turn (all of them with -quick), and are the
// right ones. A turn lasts until the result of the last job can be read.
//
// The peer gets what is best for it: the same options of the client of Redis as
// ours, eight producers, an empty queue looked at every millisecond, no
// logging, and the best of up to three concurrencies counts. More connections, more
// producers, or several servers in place of one were tried, and made no
// difference beyond the noise. Its jobs are numbers as text, while ours go
// through a codec.
//
// Pools that stand are opened before anything is timed, and all of Go's run the same
// function, found by its name. Who fetches has a new process and a new origin in
// each turn; its connections are open before anything is timed, and that hardly one is
// opened later is checked, and so is each page, by length and checksum.
//
// # What is not
//
// Producers, workers and Redis share one machine, and producers and workers one
// process. Loopback is no network: a real one makes round trips dearer, which is
// in favour of whoever has fewer of them. An origin shares the processors with who
// fetches from it, so the work that it does blurs the difference of clients. Jobs do nothing: with work to do, all
// queues become alike.
//
//	go test -run '^$' -bench . -benchtime 1x            # all figures, and a table at the end
//	go test -run '^$' -bench Latency -benchtime 1x -rounds 3
//	go test -run '^$' -bench Process -benchtime 1x      # of the pool of processes alone
//	go test -run '^$' -bench 'Pool|Fetch' -benchtime 1x # of pools in one process, and of fetches
//	go test -run '^$' -bench . -benchtime 1x -quick     # only whether all of it works
package peers
