package queue_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

const canary = "CANARY-7f3a"

// oneLine checks that an error has one line, and no password in it.
func oneLine(t *testing.T, what string, err error, want string) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error", what)
	} else if text := err.Error(); strings.Contains(text, canary) || strings.Contains(text, "\n") || !strings.Contains(text, want) {
		t.Errorf("%s: %q, want one line with %q and without a password", what, text, want)
	}
}

func TestPasswordsStayOutOfErrors(t *testing.T) {
	for _, url := range []string{
		"redis://user:" + canary + "@127.0.0.1:badport",
		"redis://user:" + canary + "@127.0.0.1:6379/db",
		"redis://user:" + canary + "@127.0.0.1:1",
		"redis://:" + canary + "@127.0.0.1:1",
		"redis://" + canary + "@127.0.0.1:1",
		"rediss://:" + canary + "@127.0.0.1:1",
		"redis://:" + canary + "%zz@127.0.0.1:1",
		"redis://:" + canary + "/x@127.0.0.1:1",
		"redis://:" + canary + "#x@127.0.0.1:1",
		"redis://:" + canary + "@127.0.0.1:1?read_timeout=x",
		"redis://:" + canary + "@127.0.0.1:1?nonsense=1",
		"redis://:" + canary,
		"redis://user:" + canary + "@ho st",
		"http://user:" + canary + "@host",
		"user:" + canary + "@host:6379",
		":" + canary + "@host:6379",
		"unix://user:" + canary + "@",
		"unix://user:" + canary + "@/no/such/socket",
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		_, err := queue.Open(ctx, url, queue.Config{})
		cancel()
		oneLine(t, strings.ReplaceAll(url, canary, "***"), err, "")
	}
}

func TestWrongPassword(t *testing.T) {
	each(t, func(r *rig) {
		_, host, _ := strings.Cut(r.URL, "@")
		_, err := queue.Open(r.Context(), "redis://:"+canary+"@"+host, queue.Config{})
		oneLine(r.T, "a wrong password", err, "WRONGPASS")
		_, err = queue.Open(r.Context(), "redis://"+host, queue.Config{})
		oneLine(r.T, "no password", err, "NOAUTH")
		if !errors.Is(err, queue.ErrRefused) {
			r.Errorf("err = %v, want %v", err, queue.ErrRefused)
		}
	})
}

func TestRedact(t *testing.T) {
	for url, want := range map[string]string{
		"redis://host:6379/1":         "redis://host:6379/1",
		"redis://user:pw@host:6379/1": "redis://***@host:6379/1",
		"redis://:p@w@host":           "redis://***@host",
		"redis://:pw#x@host":          "redis://***@host",
		"redis://:pw":                 "redis://…",
		"user:pw@host:6379":           "***@host:6379",
		"localhost:6379":              "localhost:6379",
	} {
		if got := queue.Redact(url); got != want {
			t.Errorf("Redact(%q) = %q, want %q", url, got, want)
		}
	}
}

// Where nobody answers there is one clear error, within the five seconds that
// are promised. The limit here is wider, for machines that are busy.
func TestAbsent(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	begun := time.Now()
	open := func(where string) <-chan result[*queue.Queue] {
		return in(func() (*queue.Queue, error) {
			return queue.Open(t.Context(), "redis://:"+canary+"@"+where, queue.Config{})
		})
	}
	nobodyListens, nobodyAnswers := open("127.0.0.1:1"), open(l.Addr().String())
	oneLine(t, "nobody listens", (<-nobodyListens).err, "Redis at 127.0.0.1:1:")
	oneLine(t, "nobody answers", (<-nobodyAnswers).err, "Redis at "+l.Addr().String())
	if d := time.Since(begun); d > 9*time.Second {
		t.Errorf("Open takes %v", d)
	}
}

// A Redis that goes away: jobs are not enqueued, callers know within seconds, and
// sooner if their ctx ends.
func TestGone(t *testing.T) {
	on(t, "mem://", func(r *rig) {
		m := miniredis.NewMiniRedis()
		m.RequireAuth(canary)
		if err := m.Start(); err != nil {
			r.Fatal(err)
		}
		r.Cleanup(m.Close)
		where := m.Addr()
		q := r.openAt("redis://:"+canary+"@"+where, queue.Config{})
		m.SetError("LOADING it is not there yet") // an answer that passes by itself: it is asked again
		soon, cancel := context.WithTimeoutCause(r.Context(), 100*time.Millisecond, errEnough)
		defer cancel()
		begun := time.Now()
		_, err := echo.Enqueue(soon, q, "job")
		if d := time.Since(begun); !errors.Is(err, errEnough) || d > 3*time.Second {
			r.Errorf("Enqueue with little time: %v after %v, want %v", err, d, errEnough)
		}
		begun = time.Now()
		_, err = echo.Call(soon, q, "job")
		if d := time.Since(begun); !errors.Is(err, errEnough) || d > 4*time.Second { // it tries to take the job back
			r.Errorf("Call with no time: %v after %v, want %v", err, d, errEnough)
		}
		m.SetError("")
		m.Close()
		begun = time.Now()
		_, err = echo.Enqueue(r.Context(), q, "job")
		oneLine(r.T, "Enqueue", err, "Redis at "+where)
		if d := time.Since(begun); d > 9*time.Second {
			r.Errorf("Enqueue takes %v", d)
		}
	})
}

// works checks that a queue does what queues do.
func (r *rig) works(q *queue.Queue) {
	r.Helper()
	w := r.worker(q, queue.WorkerConfig{})
	queue.Handle(w, double, doubles)
	stop := r.work(w)
	for i := range 5 {
		if got, err := double.Call(r.Context(), q, i); got != 2*i || err != nil {
			r.Errorf("call: %d, %v", got, err)
		}
	}
	verdicts, err := double.EnqueueMany(r.Context(), q, upTo(20), queue.Track(), queue.KeepFor(time.Second), queue.In(50*time.Millisecond))
	if err != nil {
		r.Fatal(err)
	}
	for i, v := range verdicts {
		if got, err := v.Job.Wait(r.Context()); got != 2*i || err != nil {
			r.Errorf("job %d: %d, %v", i, got, err)
		}
	}
	stop()
}

func TestUnixSocket(t *testing.T) {
	on(t, "mem://", func(r *rig) {
		s := serve(r.T, "requirepass "+canary+"\nunixsocket redis.sock\nunixsocketperm 600")
		if s == nil {
			return
		}
		r.works(r.openAt("unix://:"+canary+"@"+filepath.Join(s.dir, "redis.sock")+"?db=1", queue.Config{}))
	})
}

// New takes the options of a client that is the caller's, and stays so.
func TestNew(t *testing.T) {
	each(t, func(r *rig) {
		r.leaves(results...)
		q, err := queue.New(r.Context(), r.rdb, queue.Config{Name: r.Name})
		if err != nil {
			r.Fatal(err)
		}
		r.works(q)
		if err := q.Close(); err != nil {
			r.Error(err)
		}
		if err := r.rdb.Ping(r.Context()).Err(); err != nil {
			r.Errorf("the client that was given: %v", err)
		}
		ring := redis.NewRing(&redis.RingOptions{Addrs: map[string]string{"a": "127.0.0.1:1"}})
		defer ring.Close()
		for _, client := range []redis.UniversalClient{nil, ring} {
			if _, err := queue.New(r.Context(), client, queue.Config{}); err == nil || !strings.Contains(err.Error(), "want *redis.Client") {
				r.Errorf("New of a %T: %v", client, err)
			}
		}
	})
}

// A queue lies in a cluster, a shard in each of its slots.
func TestCluster(t *testing.T) {
	on(t, "mem://", func(r *rig) {
		s := serve(r.T, "cluster-enabled yes\ncluster-announce-ip 127.0.0.1")
		if s == nil {
			return
		}
		if err := s.rdb.Do(r.Context(), "cluster", "addslotsrange", 0, 16383).Err(); err != nil {
			r.Fatal(err)
		}
		r.eventually("the cluster is up", func() bool {
			return strings.Contains(s.rdb.ClusterInfo(r.Context()).Val(), "cluster_state:ok")
		})
		client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{s.addr()}})
		defer client.Close()
		for _, shards := range []int{1, 5} {
			q, err := queue.New(r.Context(), client, queue.Config{Shards: shards, Name: fmt.Sprint("of-", shards)})
			if err != nil {
				r.Fatal(err)
			}
			r.works(q)
			if err := q.Close(); err != nil {
				r.Error(err)
			}
		}
		_, err := queue.Open(r.Context(), "redis://"+s.addr(), queue.Config{})
		oneLine(r.T, "a node of a cluster by its URL", err, "queue.New")
	})
}

// Who opens a Redis that cannot hold a queue is told, and who opens one that may
// lose it is warned.
func TestUnfitServers(t *testing.T) {
	if s := serve(t, "replicaof 127.0.0.1 1"); s != nil {
		_, err := queue.Open(t.Context(), "redis://"+s.addr(), queue.Config{})
		oneLine(t, "a replica", err, "127.0.0.1:1")
	}
	s := serve(t, "maxmemory 100mb\nmaxmemory-policy allkeys-lru")
	if s == nil {
		return
	}
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(before)
	for range 2 {
		q, err := queue.Open(t.Context(), "redis://"+s.addr(), queue.Config{})
		if err != nil {
			t.Fatal(err)
		}
		q.Close()
	}
	if text := log.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "noeviction") {
		t.Errorf("the log says %q, want one warning", text)
	}
}

// Every mem:// is a store of its own, and gone when it is closed.
func TestMemory(t *testing.T) {
	on(t, "mem://", func(r *rig) {
		one, two := r.open(queue.Config{}), r.open(queue.Config{})
		if _, err := echo.Enqueue(r.Context(), one, "job", queue.ID("job")); err != nil {
			r.Fatal(err)
		}
		if s, err := queue.Find[string](two, "job").Status(r.Context()); s != queue.Unknown || err != nil {
			r.Errorf("the other store knows the job: %s, %v", s, err)
		}
		r.works(two)
	})
}
