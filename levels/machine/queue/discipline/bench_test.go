package discipline_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/machine/store"
	"github.com/fourlevels/fourlevels/levels/machine/store/storetest"
)

// BenchmarkDrain claims and finishes jobs of a queue in which many wait.
func BenchmarkDrain(b *testing.B) {
	cells(b, func(b *testing.B, l *load, backlog, batch int) {
		for b.Loop() {
			if l.enqueued-l.ended < max(backlog/2, batch) {
				b.StopTimer()
				l.enqueue(backlog - (l.enqueued - l.ended))
				b.StartTimer()
			}
			l.work(batch)
		}
	})
}

// BenchmarkEndToEnd claims and finishes jobs while another client enqueues as
// many, in batches of the same size: so as many wait all the time. It tells too
// what that costs Redis, which has one processor for all its clients.
func BenchmarkEndToEnd(b *testing.B) {
	cells(b, func(b *testing.B, l *load, _, batch int) {
		orders := make(chan int, 4)
		var enqueuing sync.WaitGroup
		enqueuing.Go(func() {
			for from := range orders {
				l.fixture.enqueue(from, from+batch)
			}
		})
		defer enqueuing.Wait()
		defer close(orders)
		before, tells := l.cpu()
		for b.Loop() {
			orders <- l.enqueued
			l.enqueued += batch
			l.work(batch)
		}
		if after, _ := l.cpu(); tells {
			b.ReportMetric((after-before)*1e6/float64(b.N*batch), "redis-µs/job")
		}
	})
}

// cells measures f in every store, for every backlog, batch and discipline.
func cells(b *testing.B, f func(b *testing.B, l *load, backlog, batch int)) {
	for _, s := range storetest.Stores {
		for _, backlog := range []int{1000, 50000} {
			for _, batch := range []int{1, 10, 100} {
				for _, d := range disciplines {
					b.Run(fmt.Sprintf("impl=%s/store=%s/backlog=%d/batch=%d", d.name, s.Name, backlog, batch), func(b *testing.B) {
						l := &load{fixture: open(b, s, d.open, forever)}
						l.enqueue(backlog)
						size := l.size()
						f(b, l, backlog, batch)
						b.ReportMetric(float64(b.N*batch)/b.Elapsed().Seconds(), "jobs/s")
						b.ReportMetric(0, "ns/op") // that of a batch would mislead
						if s.Name != store.Embedded {
							b.ReportMetric(size/float64(backlog), "redis-B/job")
						}
						l.check()
					})
				}
			}
		}
	}
}

// BenchmarkPickup enqueues one job at a time, for a worker that waits, and looks
// how long it takes until that has claimed it.
func BenchmarkPickup(b *testing.B) {
	for _, s := range storetest.Stores {
		for _, d := range disciplines {
			b.Run("impl="+d.name+"/store="+s.Name, func(b *testing.B) {
				l := &load{fixture: open(b, s, d.open, forever)}
				l.pickups(b)
				l.check()
			})
		}
	}
}

func (l *load) pickups(b *testing.B) {
	claimed := make(chan error)
	ctx, cancel := context.WithCancel(b.Context())
	var working sync.WaitGroup
	working.Go(func() {
		for ctx.Err() == nil {
			jobs, err := l.Claim(ctx, "w", 1, time.Second)
			if len(jobs) == 0 && err == nil {
				continue
			}
			select {
			case claimed <- err:
			case <-ctx.Done():
				return
			}
			l.Finish(b.Context(), "w", do(jobs)...) // if that fails, the results tell
		}
	})
	defer working.Wait()
	defer cancel()
	for b.Loop() {
		l.enqueue(1)
		l.ended++
		if err := <-claimed; err != nil {
			b.Fatal(err)
		}
	}
}

// A load is a queue and how much it has to do.
type load struct {
	*fixture
	enqueued, ended int
}

func (l *load) enqueue(n int) {
	l.fixture.enqueue(l.enqueued, l.enqueued+n)
	l.enqueued += n
}

// work is one turn of a worker. There must be jobs enough.
func (l *load) work(batch int) {
	jobs := l.claim("w", batch)
	if len(jobs) != batch {
		l.Fatalf("claim %d jobs: %d", batch, len(jobs))
	}
	l.finish("w", do(jobs), batch)
	l.ended += batch
}

// check checks, after the measurement, that all that ended has its output.
func (l *load) check() { l.checkResults(0, l.ended) }

// cpu tells how many seconds of processor time Redis has used, if it tells.
func (f *fixture) cpu() (seconds float64, tells bool) {
	for line := range strings.Lines(f.rdb.Info(f.Context(), "cpu").Val()) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		if key == "used_cpu_user" || key == "used_cpu_sys" {
			n, err := strconv.ParseFloat(value, 64)
			seconds, tells = seconds+n, err == nil
		}
	}
	return seconds, tells
}

// size tells how many bytes all keys take.
func (f *fixture) size() (bytes float64) {
	for _, key := range f.rdb.Keys(f.Context(), "*").Val() {
		bytes += float64(f.rdb.MemoryUsage(f.Context(), key, 0).Val())
	}
	return bytes
}
