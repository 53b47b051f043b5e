package discipline_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/machine/queue/discipline"
	"github.com/fourlevels/fourlevels/levels/machine/store/storetest"
)

// forever is a lease that no test outlasts.
const forever = time.Hour

// What comes first is first, whether it came alone or with others, and no claim
// gets more than it asks for.
func TestOrder(t *testing.T) {
	each(t, forever, func(f *fixture) {
		const last = 2*discipline.MaxBatch + 150
		f.enqueue(0, 2*discipline.MaxBatch+99) // cut in three
		for n := 2*discipline.MaxBatch + 99; n < last; n++ {
			f.enqueue(n, n+1)
		}
		next := 0
		for _, c := range []struct{ ask, want int }{
			{-1, 1}, {0, 1}, {1, 1}, {97, 97},
			{discipline.MaxBatch + 1, discipline.MaxBatch}, {1 << 30, discipline.MaxBatch}, {1 << 30, 50}, {1, 0},
		} {
			jobs := f.claim("w", c.ask)
			if len(jobs) != c.want {
				f.Fatalf("claim %d: %d jobs, want %d", c.ask, len(jobs), c.want)
			}
			for _, j := range jobs {
				if j.Job != job(next) {
					f.Fatalf("job %d is %+v", next, j)
				}
				next++
			}
			f.finish("w", do(jobs), len(jobs))
		}
		f.checkResults(0, last)
	})
}

// Whatever bytes there are come back as they were.
func TestBytes(t *testing.T) {
	each(t, forever, func(f *fixture) {
		texts := []string{"", "a b", "1\n2\r\n", "\x00\xff{}*", strings.Repeat("long ", 1<<17)}
		var ids []string
		for _, text := range texts {
			id := "id " + text[:min(len(text), 10)]
			ids = append(ids, id)
			if err := f.Enqueue(f.Context(), discipline.Job{ID: id, Payload: text}); err != nil {
				f.Fatal(err)
			}
		}
		f.finish("w", do(f.claim("w", len(texts))), len(texts))
		outputs, err := f.Results(f.Context(), ids...)
		for i, text := range texts {
			if outputs[ids[i]] != "done "+text {
				f.Errorf("result of %.20q: %.20q, %v", text, outputs[ids[i]], err)
			}
		}
	})
}

// A job ends once, however often that is told.
func TestFinishOnce(t *testing.T) {
	each(t, forever, func(f *fixture) {
		const last = 3 * discipline.MaxBatch
		f.enqueue(0, last)
		var done []discipline.Done
		for len(done) < last {
			done = append(done, do(f.claim("w", 100))...)
		}
		f.finish("w", nil, 0)
		f.checkResults(0, 0)
		f.finish("w", []discipline.Done{done[0], done[0]}, 1)
		other := done[0]
		other.Output = "another"
		f.finish("w", []discipline.Done{other, done[1], other}, 1)
		f.checkResults(0, 2)
		f.finish("w", done, last-2) // cut in three
		f.finish("w", done, 0)
		f.checkResults(0, last)
		if jobs := f.claim("w", 1); len(jobs) > 0 {
			f.Errorf("jobs are left: %v", jobs)
		}
		f.checkNothingIsLeft()
	})
}

// checkNothingIsLeft checks that no job has left anything but its result.
func (f *fixture) checkNothingIsLeft() {
	f.Helper()
	for _, key := range f.rdb.Keys(f.Context(), "*").Val() {
		var n int64
		switch f.rdb.Type(f.Context(), key).Val() {
		case "list": // one entry may be there to wake somebody
			n = f.rdb.LLen(f.Context(), key).Val() - 1
		case "zset":
			n = f.rdb.ZCard(f.Context(), key).Val()
		case "stream":
			n = f.rdb.XLen(f.Context(), key).Val()
		case "hash":
			if !strings.HasSuffix(key, ":result") {
				n = f.rdb.HLen(f.Context(), key).Val()
			}
		}
		if n > 0 {
			f.Errorf("%d entries are left in %s", n, key)
		}
	}
}

// The jobs of a claim need not end together, nor in its order.
func TestFinishSome(t *testing.T) {
	each(t, forever, func(f *fixture) {
		f.enqueue(0, 20)
		first, second := do(f.claim("a", 10)), do(f.claim("b", 10))
		for i := len(first) - 1; i >= 0; i-- {
			f.finish("a", first[i:i+1], 1)
			f.finish("a", first[i:], 0)
		}
		f.checkResults(0, 10)
		f.finish("b", second, 10)
		f.checkResults(0, 20)
	})
}

// What Redis did not answer is an error, and not an empty queue.
func TestErrors(t *testing.T) {
	each(t, forever, func(f *fixture) {
		f.enqueue(0, 1)
		done := do(f.claim("w", 1))
		ctx, cancel := context.WithCancel(f.Context())
		cancel()
		_, claim := f.Claim(ctx, "w", 1, time.Second)
		_, finish := f.Finish(ctx, "w", done...)
		_, results := f.Results(ctx, "0")
		for name, err := range map[string]error{"enqueue": f.Enqueue(ctx, job(1)), "claim": claim, "finish": finish, "results": results, "drop": f.Drop(ctx)} {
			if !errors.Is(err, context.Canceled) {
				f.Errorf("%s: %v", name, err)
			}
		}
	})
}

// Queues of other names are others, and so are those of the same name that are of
// another discipline: also when one is dropped.
func TestNames(t *testing.T) {
	for _, s := range storetest.Stores {
		t.Run("store="+s.Name, func(t *testing.T) {
			f := open(t, s, disciplines[0].open, forever)
			var queues []discipline.Discipline
			for _, name := range []string{"*", "", "a", "a?"} {
				for _, d := range disciplines {
					q, err := d.open(t.Context(), f.rdb, discipline.Config{Name: name})
					if err != nil {
						t.Fatal(err)
					}
					queues = append(queues, q)
				}
			}
			for n, q := range queues {
				f.Discipline = q
				f.enqueue(0, n)
			}
			for n, q := range queues {
				f.Discipline = q
				if jobs := f.claim("w", 100); len(jobs) != n {
					t.Errorf("queue %d has %d jobs, want %d", n, len(jobs), n)
				}
				if err := q.Drop(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
}
