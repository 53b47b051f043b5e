// Package queue is a job queue and RPC library on Redis: programs leave jobs,
// workers on any machine take them, and whoever left a job can wait for what it
// returns. It is this suite's counterpart of arq, the queue that the talk ended with.
//
// A [Task] is declared once, where all programs see it. A [Worker] says how to do
// it ([Handle]), any other program asks for it ([Task.Call], [Task.Enqueue]).
// How to run it all is told in docs/queue.md.
//
// # The model
//
// A queue is a list of entries in Redis, or several lists, its shards. All that
// happens to a job is done by scripts, which Redis runs one after the other:
// nobody sees half a step. Each may be sent again if no answer came.
//
//   - A plain job is nothing but its entry. It gets a record, which holds its state,
//     its tries and its last error, at its first trouble; a job with an [ID],
//     [Track], [In] or [At] has one from the beginning.
//   - A lane is what a worker has of a shard: a lease, and the jobs that lie under
//     it. A worker takes as many as it has free places, and tells how they ended
//     along with its next claim: while it is busy, one round trip serves many jobs.
//   - The lease is a date by Redis' clock, and the worker puts it off while it lives.
//     When it has passed, any other worker returns the lane's jobs to the queue.
//     So there is no scheduler: workers see to what is due as they go.
//   - The fence: a lane that lost its lease has fallen, for good. What its worker
//     still tells is refused, so a job has one outcome however often it ran.
//   - An idle worker parks: it waits inside Redis until an entry comes, and claims in
//     the same round trip. Nobody polls for jobs.
//
// # What it promises
//
//   - A job whose Enqueue returned nil runs at least once, unless it is aborted or
//     expires before. It runs again if its worker died or it failed, while it has
//     tries left.
//   - A job has one outcome: a result, a [DeadError], [ErrAborted] or [ErrExpired].
//   - What Redis has acknowledged is not lost while Redis keeps its disk. A dead
//     worker, a dead producer or a cut connection loses no job.
//   - A job is enqueued once, however often the library had to send it. If it
//     cannot find out whether it was, it says so: [ErrUnknown].
//   - Clocks of machines may differ: only Redis' counts. If that one is set ahead by ten
//     minutes while a call to enqueue is being repeated, its plain jobs may be
//     enqueued twice; a job with an [ID] is not, while it is there or its result is kept.
//   - Queues, payloads, results and dead letters are bounded: see [Config]. Past a
//     bound there is an error, but the oldest dead letter makes room for the newest.
//
// # What it does not
//
//   - Exactly once. A worker that was stopped for longer than its lease, but is not
//     dead, runs jobs that another runs too. Handlers must bear it: a job's ID is a
//     key under which to note what was done.
//   - Order. Jobs begin in about the order of their coming, and end as they will.
//   - Priorities, chains of jobs, rate limits. For the first, give a worker several
//     queues with weights: [Worker.Also].
//   - More than one Redis. A fail-over to a replica can lose what was acknowledged.
//     Slots of a cluster must not be moved while a queue in them is in use.
//   - To stop a handler. All it can do is end its ctx: [Worker.Run] returns when all
//     handlers have.
//   - Results for everybody. They go to who waits in [Task.Call], and are kept if
//     [KeepFor] says so.
//
// # For those who know arq
//
// The defaults on the left are those of arq 0.26.
//
//	arq                              here
//	-------------------------------------------------------------------------------
//	create_pool(RedisSettings)       Open(ctx, url, Config{})
//	async def f(ctx, x), func(f)     NewTask[In, Out]("f"), and Handle(w, f, …)
//	enqueue_job('f', x)              f.Enqueue(ctx, q, x); f.EnqueueMany for many
//	_job_id='a'; None if known       ID("a"); the job and ErrDuplicate if known
//	_defer_by, _defer_until          In, At
//	_expires=1 day                   Expires; never, and ten minutes for a Call
//	_queue_name                      Config.Name, or q.Named(name)
//	job.result(timeout)              f.Call(ctx, q, x), or job.Wait(ctx)
//	job.status(), job.info()         job.Status, job.Info; with an ID or Track
//	job.abort(), allow_abort_jobs    job.Abort; with an ID or Track
//	Job(id, redis)                   Find[Out](q, id)
//	Retry(defer=5)                   Retry(err, 5*time.Second)
//	any other exception: it failed   any other error: tried again, after a back-off
//	-                                Fatal(err): not tried again
//	-                                dead letters: q.DeadLetters, q.Requeue, q.Drop
//	ctx['job_try'], ctx['job_id']    AttemptOf(ctx).Try, .ID
//	cron(f, hour=9, minute=0)        Cron(w, "0 9 * * *", f, in)
//	max_jobs=10                      WorkerConfig.Concurrency; 10
//	max_tries=5                      MaxTries; 5
//	job_timeout=300                  Timeout; five minutes
//	keep_result=3600                 KeepFor; not at all
//	poll_delay=0.5                   nobody polls
//	a dead worker's job: 310 s       WorkerConfig.Lease; 10 s
//	job_completion_wait=0            WorkerConfig.Grace; 8 s
//	a stop burns a try               a stop gives the job back as it was
//	on_startup, on_shutdown          WorkerConfig.Startup, Shutdown
//	on_job_start, on_job_end         WorkerConfig.Before, After; Worker.Use
//	burst                            WorkerConfig.Burst
//	pickle                           Config.Codec; JSON
//
// Source: arq's documentation, https://arq-docs.helpmanual.io, and its
// arq/worker.py, https://github.com/python-arq/arq.
package queue
