package queue_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
	"github.com/fourlevels/fourlevels/levels/machine/store/storetest"
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
	for _, s := range storetest.Stores {
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
