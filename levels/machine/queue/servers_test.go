package queue_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

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
		socket := filepath.Join(r.TempDir(), "redis.sock")
		s := serve(r.T, "unixsocket "+socket, "unixsocketperm 600")
		if s == nil {
			return
		}
		r.works(r.openAt("unix://:"+s.Options().Password+"@"+socket+"?db=1", queue.Config{}))
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
		s := serve(r.T, "cluster-enabled yes", "cluster-announce-ip 127.0.0.1")
		if s == nil {
			return
		}
		if err := s.Do(r.Context(), "cluster", "addslotsrange", 0, 16383).Err(); err != nil {
			r.Fatal(err)
		}
		r.eventually("the cluster is up", func() bool {
			return strings.Contains(s.ClusterInfo(r.Context()).Val(), "cluster_state:ok")
		})
		client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{s.Options().Addr}, Password: s.Options().Password})
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
		_, err := queue.Open(r.Context(), s.URL(), queue.Config{})
		oneLine(r.T, "a node of a cluster by its URL", err, "queue.New")
	})
}

// Who opens a Redis that cannot hold a queue is told, and who opens one that may
// lose it is warned.
func TestUnfitServers(t *testing.T) {
	if s := serve(t, "replicaof 127.0.0.1 1"); s != nil {
		_, err := queue.Open(t.Context(), s.URL(), queue.Config{})
		oneLine(t, "a replica", err, "127.0.0.1:1")
	}
	s := serve(t, "maxmemory 100mb", "maxmemory-policy allkeys-lru")
	if s == nil {
		return
	}
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(before)
	for range 2 {
		q, err := queue.Open(t.Context(), s.URL(), queue.Config{})
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
