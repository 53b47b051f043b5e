package queue_test

import (
	"context"
	"crypto/rand"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
	"github.com/fourlevels/fourlevels/levels/machine/store"
	"github.com/fourlevels/fourlevels/levels/machine/store/storetest"
)

func TestMain(m *testing.M) {
	if inBubble() {
		os.Exit(m.Run())
	}
	storetest.Main(m)
}

// A rig is a queue of its own, for one test.
type rig struct {
	*testing.T
	URL  string        // of Redis
	Name string        // of the queue; names that begin with it are the test's too
	rdb  *redis.Client // to look at what is there; nil on mem://

	ctx  context.Context
	left []string // keys that may stay
	user string   // of Redis, from the page; see pagesUser
}

// Context is the test's, with a limit: nothing waits for ever.
func (r *rig) Context() context.Context { return r.ctx }

// each runs a test on the stores, each time on a new queue. In the end no key
// of the queue and no goroutine may be left.
func each(t *testing.T, test func(*rig)) {
	for _, s := range storetest.Stores {
		t.Run(s.Name, func(t *testing.T) { on(t, s.URL, test) })
	}
}

// all is each, and on mem:// too. There the test has one queue, for whoever
// opens another opens another store.
func all(t *testing.T, test func(*rig)) {
	each(t, test)
	t.Run("mem", func(t *testing.T) { on(t, "mem://", test) })
}

// on runs a test on the store at a URL.
func on(t *testing.T, url string, test func(*rig)) {
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { noneLeft(t, before) })
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	r := &rig{T: t, URL: url, Name: rand.Text(), ctx: ctx}
	r.leaves("stat", "cron", "sent", "watch", "abort", "late")
	if url != "mem://" {
		options, err := queue.Options(url)
		if err != nil {
			t.Fatal(err)
		}
		r.rdb = redis.NewClient(options)
		t.Cleanup(r.sweep)
		if best := storetest.Best(); best.URL == url && best.Name != store.Embedded {
			r.URL = r.suiteUser()
		}
	}
	test(r)
}

// noneLeft checks that no goroutine is left. A client whose server is away keeps
// one for up to a second after its end, which tries to reach it.
func noneLeft(t *testing.T, before goleak.Option) {
	t.Helper()
	err := goleak.Find(before)
	for range 3 {
		if err != nil {
			err = goleak.Find(before) // takes its time if there is one
		}
	}
	if err != nil {
		t.Error(err)
	}
}

// sweep checks which keys are left, and removes them. Those that are notes for a
// while must expire.
func (r *rig) sweep() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	defer r.rdb.Close()
	var wrong []string
	for _, key := range r.keys() {
		_, name, _ := strings.Cut(key, "}:")
		name, _, _ = strings.Cut(name, ":")
		switch expires := slices.Contains([]string{"sent", "watch", "abort", "reply"}, name); {
		case expires && r.rdb.PTTL(ctx, key).Val() < 0:
			wrong = append(wrong, key+" (for ever)")
		case !slices.Contains(r.left, name):
			wrong = append(wrong, key)
		}
		r.rdb.Del(ctx, key)
	}
	if len(wrong) > 0 {
		r.Errorf("keys are left: %q", wrong)
	}
}

// leaves names keys that the test leaves behind.
func (r *rig) leaves(names ...string) { r.left = append(r.left, names...) }

// What tests leave that keep results, and that have dead letters.
var (
	results     = []string{"done", "exp", "kept"}
	deadLetters = []string{"dead", "job", "state"}
)

// keys returns the names of the queue's keys.
func (r *rig) keys() []string {
	all, err := r.rdb.Keys(context.Background(), "levels"+queue.Version+":{"+r.Name+"*").Result()
	if err != nil {
		r.Error(err)
	}
	return all
}

func (r *rig) key(name string) string { return "levels" + queue.Version + ":{" + r.Name + "}:" + name }
