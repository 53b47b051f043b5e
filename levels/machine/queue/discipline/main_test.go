package discipline_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
	"github.com/fourlevels/fourlevels/levels/machine/queue/discipline"
	"github.com/fourlevels/fourlevels/levels/machine/store"
	"github.com/fourlevels/fourlevels/levels/machine/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// disciplines are what is tested and measured.
var disciplines = []struct {
	name string
	open opener
}{
	{"queue-list", func(_ context.Context, rdb *redis.Client, c discipline.Config) (discipline.Discipline, error) {
		return discipline.NewList(rdb, c), nil
	}},
	{"queue-stream", func(ctx context.Context, rdb *redis.Client, c discipline.Config) (discipline.Discipline, error) {
		return discipline.NewStream(ctx, rdb, c)
	}},
	{"queue-zset", func(_ context.Context, rdb *redis.Client, c discipline.Config) (discipline.Discipline, error) {
		return discipline.NewZSet(rdb, c), nil
	}},
}

type opener func(context.Context, *redis.Client, discipline.Config) (discipline.Discipline, error)

// A fixture is an empty queue, which is dropped in the end: then nothing may be left.
type fixture struct {
	discipline.Discipline
	testing.TB
	rdb   *redis.Client
	again func() discipline.Discipline // opens the same queue
}

func open(tb testing.TB, s *store.Store, o opener, lease time.Duration) *fixture {
	tb.Helper()
	before := goleak.IgnoreCurrent()
	options, err := queue.Options(s.URL)
	if err != nil {
		tb.Fatal(err)
	}
	f := &fixture{TB: tb, rdb: redis.NewClient(options)}
	name := rand.Text()
	f.again = func() discipline.Discipline {
		q, err := o(tb.Context(), f.rdb, discipline.Config{Name: name, Lease: lease})
		if err != nil {
			tb.Fatal(err)
		}
		return q
	}
	f.Discipline = f.again()
	tb.Cleanup(func() {
		if err := f.Drop(context.Background()); err != nil {
			tb.Error(err)
		}
		if keys := f.rdb.Keys(context.Background(), "*").Val(); len(keys) > 0 {
			tb.Errorf("keys are left: %q", keys)
		}
		f.rdb.Close()
		goleak.VerifyNone(tb, before)
	})
	return f
}

// each runs f on an empty queue of every discipline in every store.
func each(t *testing.T, lease time.Duration, f func(f *fixture)) {
	for _, s := range storetest.Stores {
		for _, d := range disciplines {
			t.Run("impl="+d.name+"/store="+s.Name, func(t *testing.T) { f(open(t, s, d.open, lease)) })
		}
	}
}

// job makes the nth job.
func job(n int) discipline.Job {
	return discipline.Job{ID: fmt.Sprint(n), Payload: fmt.Sprintf("%064d", n)}
}

// output is what comes of the nth job.
func output(n int) string { return "done " + job(n).Payload }

func (f *fixture) enqueue(from, to int) {
	f.Helper()
	var jobs []discipline.Job
	for n := from; n < to; n++ {
		jobs = append(jobs, job(n))
	}
	if err := f.Enqueue(f.Context(), jobs...); err != nil {
		f.Error(err)
	}
}

// claim claims without a wait.
func (f *fixture) claim(worker string, n int) []discipline.Claimed {
	f.Helper()
	jobs, err := f.Claim(f.Context(), worker, n, 0)
	if err != nil {
		f.Fatal(err)
	}
	return jobs
}

// do is a worker's work.
func do(jobs []discipline.Claimed) []discipline.Done {
	done := make([]discipline.Done, len(jobs))
	for i, j := range jobs {
		done[i] = discipline.Done{Claimed: j, Output: "done " + j.Payload}
	}
	return done
}

func (f *fixture) finish(worker string, done []discipline.Done, want int) {
	f.Helper()
	if accepted, err := f.Finish(f.Context(), worker, done...); err != nil || accepted != want {
		f.Fatalf("finish %d jobs: %d accepted, %v, want %d", len(done), accepted, err, want)
	}
}

// checkResults checks that these jobs have their outputs, and the next has none.
func (f *fixture) checkResults(from, to int) {
	f.Helper()
	var ids []string
	for n := from; n <= to; n++ {
		ids = append(ids, job(n).ID)
	}
	outputs, err := f.Results(f.Context(), ids...)
	if err != nil || len(outputs) != to-from {
		f.Fatalf("results: %d, %v, want %d", len(outputs), err, to-from)
	}
	for n := from; n < to; n++ {
		if got := outputs[job(n).ID]; got != output(n) {
			f.Fatalf("result of job %d: %q, want %q", n, got, output(n))
		}
	}
}
