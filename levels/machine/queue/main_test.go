package queue_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
	"github.com/fourlevels/fourlevels/levels/machine/store"
)

const role = "QUEUE_TEST_ROLE"

// stores are what the queues of these tests lie in: the embedded store, and a
// private server. Where no server is installed, both are embedded.
var stores [2]*store.Store

// TestMain lets the test binary play the embedded store.
func TestMain(m *testing.M) {
	os.Setenv("GORACE", "atexit_sleep_ms=0") // or the store, built with -race, takes a second to leave
	if os.Getenv(role) == "" {
		os.Exit(run(m))
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() { io.Copy(io.Discard, os.Stdin); cancel() }()
	if err := store.ServeEmbedded(ctx, os.Stdout); err != nil {
		panic(err)
	}
}

func run(m *testing.M) (code int) {
	for i := range stores {
		s, err := store.Open(context.Background(), store.Config{
			Embedded: []string{os.Args[0]},
			Only:     i == 0,
			Env:      append(os.Environ(), role+"=embedded"),
		})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer s.Close()
		stores[i] = s
	}
	return m.Run()
}

// A rig is a queue of its own, for one test.
type rig struct {
	*testing.T
	queue.Config
	rdb *redis.Client // to look at what is there
}

// each runs a test on both stores, each time on a new queue. In the end no key
// of the queue and no goroutine may be left.
func each(t *testing.T, test func(*rig)) {
	for i, name := range []string{"embedded", "private"} {
		t.Run(name, func(t *testing.T) {
			t.Logf("the store is %s", stores[i].Name)
			before := goleak.IgnoreCurrent()
			t.Cleanup(func() { goleak.VerifyNone(t, before) })
			options, err := queue.Options(stores[i].URL)
			if err != nil {
				t.Fatal(err)
			}
			r := &rig{t, queue.Config{Redis: stores[i].URL, Name: rand.Text()}, redis.NewClient(options)}
			t.Cleanup(func() {
				if keys := r.keys(); len(keys) > 0 {
					t.Errorf("keys are left: %q", keys)
				}
				r.rdb.Close()
			})
			test(r)
		})
	}
}

// keys returns the names of the queue's keys.
func (r *rig) keys() (own []string) {
	all, err := r.rdb.Keys(context.Background(), "*").Result()
	if err != nil {
		r.Error(err)
	}
	for _, key := range all {
		if strings.Contains(key, "{"+r.Name+"}") {
			own = append(own, key)
		}
	}
	return own
}

func (r *rig) key(name string) string { return "levels" + queue.Version + ":{" + r.Name + "}:" + name }

// through is the same queue, at the end of a link.
func (r *rig) through(k *link) queue.Config {
	c := r.Config
	c.Redis = k.URL
	return c
}

func (r *rig) link() *link { return newLink(r.T, r.Redis) }

// script returns what a call of the script looks like on its way to Redis.
func (r *rig) script(name string) string {
	s := queue.Scripts()[name]
	if err := s.Load(r.Context(), r.rdb).Err(); err != nil {
		r.Fatal(err)
	}
	return s.Hash()
}

func (r *rig) client(c queue.Config) *queue.Client {
	r.Helper()
	client, err := queue.NewClient(r.Context(), c)
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { client.Close() })
	return client
}

// work starts a worker and returns once it is connected. The function stops it
// and waits for it, and may be called again.
func (r *rig) work(w queue.Worker) (stop func()) {
	r.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	ready, ended := make(chan struct{}), make(chan error, 1)
	w.Ready = func() { close(ready) }
	stopped := make(chan struct{})
	go func() { defer close(stopped); ended <- w.Run(ctx) }() // stop waits for it
	stop = func() {
		cancel()
		<-stopped
		select {
		case err := <-ended:
			if err != nil {
				r.Errorf("worker: %v", err)
			}
		default:
		}
	}
	r.Cleanup(stop)
	select {
	case <-ready:
	case <-stopped:
		stop()
		r.FailNow()
	}
	return stop
}

// An answer is what a call yields for a job.
type answer struct {
	output string
	err    error
}

// call runs jobs in a goroutine of its own. Its channel gets what became of
// them, if each had one result.
func (r *rig) call(ctx context.Context, c *queue.Client, payloads ...string) <-chan called {
	done := make(chan called, 1)
	go func() { // the caller receives
		bytes := make([][]byte, len(payloads))
		for i, p := range payloads {
			bytes[i] = []byte(p)
		}
		got := called{answers: make([]answer, len(payloads))}
		seen := map[int]bool{}
		got.err = c.Call(ctx, bytes, func(i int, output []byte, err error) {
			if seen[i] {
				r.Errorf("job %d has two results", i)
			}
			seen[i] = true
			got.answers[i] = answer{string(output), err}
		})
		if got.err == nil && len(seen) != len(payloads) {
			r.Errorf("%d jobs have %d results", len(payloads), len(seen))
		}
		done <- got
	}()
	return done
}

type called struct {
	answers []answer
	err     error
}

func (c called) String() string { return fmt.Sprintf("%v, error %v", c.answers, c.err) }

func (a answer) String() string { return fmt.Sprintf("%q (error %v)", a.output, a.err) }

// want waits for the call of one job and checks its result.
func (r *rig) want(done <-chan called, output string) {
	r.Helper()
	select {
	case got := <-done:
		if got.err != nil || got.answers[0] != (answer{output, nil}) {
			r.Errorf("got %+v, want %q", got, output)
		}
	case <-time.After(20 * time.Second):
		r.Fatalf("no result within 20 s, want %q", output)
	}
}

// eventually waits until ok. It is for what Redis does not tell.
func (r *rig) eventually(what string, ok func() bool) {
	r.Helper()
	stop := time.After(20 * time.Second)
	for !ok() {
		select {
		case <-stop:
			r.Fatalf("%s: not within 20 s", what)
		case <-time.After(time.Millisecond):
		}
	}
}

// expire waits until the lease of the queue's only job has run out, and wakes
// a worker to notice.
func (r *rig) expire() {
	r.Helper()
	r.eventually("the lease runs out", func() bool {
		now := r.rdb.Time(r.Context()).Val().UnixMilli()
		leases := r.rdb.ZRangeWithScores(r.Context(), r.key("lease"), 0, -1).Val()
		return len(leases) == 1 && int64(leases[0].Score) <= now
	})
	r.rdb.RPush(r.Context(), r.key("wake"), "1")
}
