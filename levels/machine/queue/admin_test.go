package queue_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// stands looks at a queue.
func (r *rig) stands(q *queue.Queue) queue.Info {
	r.Helper()
	info, err := q.Info(r.Context())
	if err != nil {
		r.Fatal(err)
	}
	return info
}

// put leaves a job of echo in a queue, with its input as id unless it is to be plain.
func (r *rig) put(q *queue.Queue, in string, opts ...queue.Option) *queue.Job[string] {
	r.Helper()
	j, err := echo.Enqueue(r.Context(), q, in, opts...)
	if err != nil {
		r.Fatal(err)
	}
	return j
}

// failing is a worker whose jobs of echo fail, all at once with their last try.
func (r *rig) failing(q *queue.Queue, c queue.WorkerConfig) *queue.Worker {
	w := r.worker(q, c)
	queue.Handle(w, echo, func(_ context.Context, in string) (string, error) {
		return "", queue.Fatal(errors.New("no " + in))
	})
	return w
}

// kill makes dead letters of what is ready.
func (r *rig) kill(q *queue.Queue) {
	r.Helper()
	if err := r.failing(q, queue.WorkerConfig{Burst: true}).Run(r.Context()); err != nil {
		r.Fatal(err)
	}
}

// ids are those of jobs, in their order.
func ids(jobs []queue.JobInfo) []string {
	var list []string
	for _, j := range jobs {
		list = append(list, j.ID)
	}
	return list
}

func TestInfoCountsJobsWhereTheyAre(t *testing.T) {
	all(t, func(r *rig) {
		r.leaves(append(results, deadLetters...)...)
		r.leaves("ready", "due")
		q := r.open(queue.Config{})
		r.put(q, "dies")
		r.kill(q)

		w := r.worker(q, queue.WorkerConfig{Concurrency: 1})
		handler, jobs := r.hold()
		queue.Handle(w, echo, handler)
		stop := r.work(w)
		kept := r.put(q, "kept", queue.ID("kept"), queue.KeepFor(time.Hour))
		get(r, "the job to keep", jobs).release <- ""
		if _, err := kept.Wait(r.Context()); err != nil {
			r.Fatal(err)
		}
		r.put(q, "runs")
		running := get(r, "the job that runs", jobs)
		r.put(q, "plain")
		r.put(q, "tracked", queue.Track())
		r.put(q, "deferred", queue.In(time.Hour))

		got := r.stands(q)
		want := queue.ShardInfo{Name: r.Name, At: got.At, Oldest: got.Oldest, Ready: 2, Running: 1, Deferred: 1, Dead: 1, Kept: 1, Workers: 1}
		want.Counters = queue.Counters{Done: 1, Dead: 1}
		if got.ShardInfo != want || got.At.IsZero() {
			r.Errorf("got  %+v\nwant %+v", got.ShardInfo, want)
		}
		if got.Shards != nil {
			r.Errorf("one shard is told one by one: %+v", got.Shards)
		}
		running.release <- ""
		for range 2 {
			get(r, "a job that waited", jobs).release <- ""
		}
		stop()
		got = r.stands(q)
		if got.Ready != 0 || got.Running != 0 || got.Workers != 0 || got.Counters.Done != 4 {
			r.Errorf("at the end: %+v", got.ShardInfo)
		}
	})
}

// What lies under a lease that has run out is nobody's yet, and no worker's.
func TestInfoOfDeadWorkers(t *testing.T) {
	each(t, func(r *rig) {
		r.leaves("ready")
		q := r.open(queue.Config{})
		r.put(q, "runs")
		w := r.worker(q, queue.WorkerConfig{Lease: 2 * time.Second}) // and so beats soon
		handler, jobs := r.hold()
		queue.Handle(w, echo, handler)
		stop := r.work(w)
		job := get(r, "the job", jobs)
		lanes := r.rdb.ZRange(r.Context(), r.key("lease"), 0, -1).Val()
		if len(lanes) != 1 {
			r.Fatalf("lanes: %q", lanes)
		}
		other := "dead" // a worker that died in the moment when it was handed a job
		r.rdb.ZAdd(r.Context(), r.key("lease"), redis.Z{Score: float64(r.stands(q).At.UnixMilli() - 1), Member: other})
		r.rdb.RPush(r.Context(), r.key("hand:"+other), "pid 5 0 0 0 0 - echo\n\"in hand\"")
		if got := r.stands(q); got.Running+got.Ready != 2 || got.Workers != 1 {
			r.Errorf("got %+v", got.ShardInfo)
		}
		job.release <- ""
		r.eventually("the hand is emptied", func() bool { return r.rdb.Exists(r.Context(), r.key("hand:"+other)).Val() == 0 })
		get(r, "the job in hand", jobs).release <- ""
		stop()
	})
}

// A nudge is no job, and the oldest job is one that has not been aborted.
func TestInfoLooksPastWhatIsNoJob(t *testing.T) {
	all(t, func(r *rig) {
		r.leaves("ready", "due", "job", "state")
		q := r.open(queue.Config{})
		deferred := r.put(q, "deferred", queue.In(time.Hour)) // which nudges
		if got := r.stands(q); got.Ready != 0 || got.Oldest != 0 || got.Deferred != 1 {
			r.Errorf("only a deferred job: %+v", got.ShardInfo)
		}
		if _, err := deferred.Abort(r.Context()); err != nil {
			r.Fatal(err)
		}
		aborted := r.put(q, "aborted", queue.ID("aborted"))
		if ok, err := aborted.Abort(r.Context()); !ok || err != nil {
			r.Fatal(ok, err)
		}
		if got := r.stands(q); got.Oldest != 0 || got.Counters.Aborted != 2 {
			r.Errorf("only aborted jobs: %+v", got.ShardInfo)
		}
		for _, opt := range []queue.Option{queue.Track(), queue.MaxTries(1)} {
			r.put(q, "waits", opt)
			r.eventually("it ages", func() bool { return r.stands(q).Oldest > 0 })
		}
		first := r.stands(q)
		r.eventually("it ages on", func() bool {
			now := r.stands(q)
			return now.Oldest > first.Oldest && now.At.Sub(first.At) == now.Oldest-first.Oldest
		})
		r.kill(q)
		if got := r.stands(q); got.Ready != 0 || got.Oldest != 0 || got.Dead != 2 {
			r.Errorf("at the end: %+v", got.ShardInfo)
		}
		if n, err := q.DropAll(r.Context()); n != 2 || err != nil {
			r.Errorf("dropped %d, %v", n, err)
		}
	})
}

func TestInfoSumsShards(t *testing.T) {
	all(t, func(r *rig) {
		r.leaves("ready")
		q := r.open(queue.Config{Shards: 3})
		for i := range 30 {
			r.put(q, "x", queue.ID(fmt.Sprint("id", i)))
		}
		r.kill(q)
		for i := range 6 {
			r.put(q, fmt.Sprint(i))
		}
		got := r.stands(q)
		if got.Ready != 6 || got.Dead != 30 || got.Counters.Dead != 30 || got.Name != r.Name || len(got.Shards) != 3 {
			r.Errorf("got %+v", got)
		}
		for i, s := range got.Shards {
			if s.Name != fmt.Sprint(r.Name, "/", i) || s.Ready != 2 || s.Dead == 0 || s.Dead == 30 {
				r.Errorf("shard %d: %+v", i, s)
			}
		}
		letters, err := q.DeadLetters(r.Context(), 7)
		if err != nil || len(letters) != 7 {
			r.Fatalf("%d letters, %v", len(letters), err)
		}
		if n, err := q.Requeue(r.Context(), append(ids(letters), "nobody")...); n != 7 || err != nil {
			r.Errorf("requeued %d, %v", n, err)
		}
		if n, err := q.DropAll(r.Context()); n != 23 || err != nil {
			r.Errorf("dropped %d, %v", n, err)
		}
		w := r.worker(q, queue.WorkerConfig{})
		queue.Handle(w, echo, func(_ context.Context, in string) (string, error) { return in, nil })
		stop := r.work(w)
		r.eventually("all is done", func() bool { return r.stands(q).Counters.Done == 13 })
		if got := r.stands(q); got.Workers != 1 {
			r.Errorf("one worker serves three shards, but %d are told", got.Workers)
		}
		stop()
	})
}

func TestInfoTellsOfTheStore(t *testing.T) {
	for _, s := range stores {
		t.Run(s.Name, func(t *testing.T) {
			on(t, s.URL, func(r *rig) {
				got := r.stands(r.open(queue.Config{})).Store
				if strings.HasPrefix(s.Name, "miniredis") {
					if got != (queue.StoreInfo{}) {
						r.Errorf("the embedded store knows %+v", got)
					}
					return
				}
				if got.Version != s.Name || got.Eviction != "noeviction" || got.AOF || got.Memory < 1000 || got.MaxMemory != 0 {
					r.Errorf("%s is %+v", s.Name, got)
				}
				// Somebody who may not ask does without.
				const user, password = "stranger", "CANARY"
				r.rdb.Do(r.Context(), "acl", "setuser", user, "on", ">"+password, "~*", "&*", "+@all", "-info")
				r.Cleanup(func() { r.rdb.Do(context.Background(), "acl", "deluser", user) })
				_, host, _ := strings.Cut(s.URL, "@")
				if got := r.stands(r.openAt("redis://"+user+":"+password+"@"+host, queue.Config{})).Store; got != (queue.StoreInfo{}) {
					r.Errorf("a stranger learns %+v", got)
				}
			})
		})
	}
}

func TestDeadLettersAreListed(t *testing.T) {
	all(t, func(r *rig) {
		q := r.open(queue.Config{})
		for _, id := range []string{"first", "second"} {
			r.put(q, id, queue.ID(id), queue.MaxTries(3))
			before := r.stands(q).At
			r.kill(q)
			letters, err := q.DeadLetters(r.Context(), 1)
			if err != nil || len(letters) != 1 {
				r.Fatal(letters, err)
			}
			got := letters[0]
			want := queue.JobInfo{ID: id, Status: queue.Dead, Task: "echo", Tries: 1, MaxTries: 3, Error: "no " + id, Enqueued: got.Enqueued, Died: got.Died}
			if fmt.Sprint(got) != fmt.Sprint(want) || got.Enqueued.IsZero() || got.Died.Before(before) {
				r.Errorf("got  %+v\nwant %+v", got, want)
			}
			r.eventually("the clock moves", func() bool { return r.stands(q).At.After(got.Died) })
		}
		for n, want := range map[int][]string{-1: nil, 0: nil, 1: {"second"}, 2: {"second", "first"}, 5000: {"second", "first"}} {
			letters, err := q.DeadLetters(r.Context(), n)
			if err != nil || !slices.Equal(ids(letters), want) {
				r.Errorf("%d letters: %q, %v, want %q", n, ids(letters), err, want)
			}
		}
		if n, err := q.Drop(r.Context(), "first", "first", "third", "second"); n != 2 || err != nil {
			r.Errorf("dropped %d, %v", n, err)
		}
		if n, err := q.Drop(r.Context()); n != 0 || err != nil {
			r.Errorf("dropped %d of nothing, %v", n, err)
		}
	})
}

// There may be more than a script handles at once.
func TestManyDeadLetters(t *testing.T) {
	all(t, func(r *rig) {
		r.leaves("ready", "job", "state")
		const many = 603
		q := r.open(queue.Config{})
		if _, err := echo.EnqueueMany(r.Context(), q, make([]string, many)); err != nil {
			r.Fatal(err)
		}
		r.kill(q)
		letters, err := q.DeadLetters(r.Context(), many+1)
		if err != nil {
			r.Fatal(err)
		}
		names := ids(letters)
		slices.Sort(names)
		if len(slices.Compact(names)) != many {
			r.Errorf("%d letters, want %d", len(letters), many)
		}
		if !slices.IsSortedFunc(letters, func(a, b queue.JobInfo) int { return b.Died.Compare(a.Died) }) {
			r.Error("they are not in order")
		}
		if n, err := q.Requeue(r.Context(), names[:many-1]...); n != many-1 || err != nil {
			r.Errorf("requeued %d, %v", n, err)
		}
		if n, err := q.DropAll(r.Context()); n != 1 || err != nil {
			r.Errorf("dropped %d, %v", n, err)
		}
	})
}

func TestRequeuedJobsRunWithAllTheirTries(t *testing.T) {
	all(t, func(r *rig) {
		r.leaves(results...)
		q := r.open(queue.Config{})
		j := r.put(q, "again", queue.ID("again"), queue.MaxTries(2), queue.KeepFor(time.Hour))
		r.kill(q)
		if info, err := j.Info(r.Context()); err != nil || info.Status != queue.Dead || string(info.Payload) != `"again"` {
			r.Fatalf("%+v, %v", info, err)
		}
		if n, err := q.Requeue(r.Context(), "again"); n != 1 || err != nil {
			r.Fatal(n, err)
		}
		w := r.worker(q, queue.WorkerConfig{})
		queue.Handle(w, echo, func(ctx context.Context, in string) (string, error) {
			return fmt.Sprint("try ", queue.AttemptOf(ctx).Try), nil
		})
		stop := r.work(w)
		if got, err := j.Wait(r.Context()); got != "try 1" || err != nil {
			r.Errorf("%q, %v", got, err)
		}
		stop()
	})
}

// What dies again at once does not keep RequeueAll from its end.
func TestRequeueAllEnds(t *testing.T) {
	all(t, func(r *rig) {
		const jobs = 520
		q := r.open(queue.Config{})
		if _, err := echo.EnqueueMany(r.Context(), q, make([]string, jobs), queue.MaxTries(1)); err != nil {
			r.Fatal(err)
		}
		r.kill(q)
		stop := r.work(r.failing(q, queue.WorkerConfig{Concurrency: 100}))
		if n, err := q.RequeueAll(r.Context()); n != jobs || err != nil {
			r.Errorf("requeued %d, %v", n, err)
		}
		r.eventually("all are dead again", func() bool {
			got := r.stands(q)
			return got.Dead == jobs && got.Counters.Dead == 2*jobs
		})
		stop()
		if n, err := q.DropAll(r.Context()); n != jobs || err != nil {
			r.Errorf("dropped %d, %v", n, err)
		}
		if n, err := q.RequeueAll(r.Context()); n != 0 || err != nil {
			r.Errorf("requeued %d, %v", n, err)
		}
	})
}

func TestPause(t *testing.T) {
	for _, shards := range []int{1, 2} {
		all(t, func(r *rig) {
			q := r.open(queue.Config{Shards: shards})
			if err := q.Pause(r.Context()); err != nil {
				r.Fatal(err)
			}
			j := r.put(q, "waits", queue.Track(), queue.KeepFor(time.Hour))
			r.leaves(results...)
			w := r.worker(q, queue.WorkerConfig{})
			queue.Handle(w, echo, func(_ context.Context, in string) (string, error) { return in, nil })
			stop := r.work(w)
			// Whoever has a lease has asked for jobs.
			r.eventually("the worker asks", func() bool { return r.stands(q).Workers == 1 })
			if got := r.stands(q); !got.Paused || got.Ready != 1 || got.Running != 0 {
				r.Errorf("paused: %+v", got.ShardInfo)
			}
			if err := q.Resume(r.Context()); err != nil {
				r.Fatal(err)
			}
			if got, err := j.Wait(r.Context()); got != "waits" || err != nil {
				r.Errorf("%q, %v", got, err)
			}
			if got := r.stands(q); got.Paused {
				r.Errorf("resumed: %+v", got.ShardInfo)
			}
			stop()
		})
	}
}

// Without Redis everything says so, and nothing is done.
func TestAdminWithoutRedis(t *testing.T) {
	each(t, func(r *rig) {
		q := r.open(queue.Config{})
		ctx, cancel := context.WithCancel(r.Context())
		cancel()
		r.Name += "/never" // no key of it may be there
		_, failedInfo := q.Info(ctx)
		_, failedList := q.DeadLetters(ctx, 1)
		_, failedRequeue := q.RequeueAll(ctx)
		_, failedDrop := q.Drop(ctx, "id")
		for what, err := range map[string]error{
			"info": failedInfo, "list": failedList, "requeue": failedRequeue, "drop": failedDrop,
			"pause": q.Pause(ctx), "resume": q.Resume(ctx),
		} {
			if err == nil || !strings.HasPrefix(err.Error(), "queue "+q.Name()+": ") {
				r.Errorf("%s: %v", what, err)
			}
		}
	})
}
