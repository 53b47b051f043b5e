package queue_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
	"github.com/fourlevels/fourlevels/levels/machine/store/storetest"
)

const (
	poisonJobs  = 10_000
	poisonEvery = 20 // of the jobs one is poison: 500
	poisonTries = 5
)

// BenchmarkPoison has 10,000 jobs done with 500 poisoned ones among them, and without, in turn:
// how fast the good ones are done beside the bad, in percent of how fast all are without. The jobs
// do nothing, so every try of a bad one shows; they are tried again after the usual pauses
// (backoff=default), or so soon that many of their tries fall into the time that is measured: if
// all did, 9,500 of 12,000 tries would be good ones, which is 79 %.
func BenchmarkPoison(b *testing.B) {
	for _, pause := range []struct {
		name      string
		base, top time.Duration
	}{{"default", time.Second, 10 * time.Minute}, {"1ms", time.Millisecond, 2 * time.Millisecond}} {
		b.Run(fmt.Sprintf("backoff=%s/store=%s", pause.name, storetest.Best().Name), func(b *testing.B) {
			var ratios []float64
			task := queue.NewTask[int, int]("job", queue.MaxTries(poisonTries), queue.Backoff(pause.base, pause.top))
			for b.Loop() {
				before := runPoison(b, task, false)
				poisoned := runPoison(b, task, true) + runPoison(b, task, true)
				after := runPoison(b, task, false) // before and after: the machine is not always as fast
				ratios = append(ratios, 100*poisoned/(before+after))
			}
			slices.Sort(ratios)
			b.ReportMetric(ratios[len(ratios)/2], "healthy-%")
			b.ReportMetric(ratios[0], "least-%")
			b.ReportMetric(0, "ns/op") // that of four runs would mislead
		})
	}
}

// runPoison has the jobs done on a queue of their own, and returns how many good ones a second
// were. It checks that each of these ran once, and that each bad one is dead after its tries.
func runPoison(b *testing.B, task queue.Task[int, int], poison bool) (perSecond float64) {
	b.Helper()
	ctx := b.Context()
	q, err := queue.Open(ctx, storetest.Best().URL, queue.Config{Name: "poison-" + rand.Text()})
	if err != nil {
		b.Fatal(err)
	}
	defer q.Close()
	bad := func(n int) bool { return poison && n%poisonEvery == 7 }
	var mu sync.Mutex
	runs, done := make([]int, poisonJobs), make(chan struct{})
	want := poisonJobs
	if poison {
		want -= poisonJobs / poisonEvery
	}
	good := want
	w := queue.NewWorker(q, queue.WorkerConfig{Concurrency: 100, Logger: slog.New(slog.DiscardHandler)})
	queue.Handle(w, task, func(_ context.Context, n int) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		runs[n]++
		if bad(n) {
			return 0, errors.New("poison")
		}
		if want--; want == 0 {
			close(done)
		}
		return n, nil
	})
	if _, err := task.EnqueueMany(ctx, q, upTo(poisonJobs)); err != nil {
		b.Fatal(err)
	}
	work, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	began := time.Now()
	go func() { ended <- w.Run(work); close(ended) }()
	defer func() { stop(); <-ended }() // waits for it, too, if the benchmark gives up
	allDone(b, done, ended)
	perSecond = float64(good) / time.Since(began).Seconds()
	info := poisonIsDead(b, q, poisonJobs-good)
	stop()
	if err := <-ended; err != nil {
		b.Fatal(err)
	}
	for n, times := range runs {
		if bad(n) && times != poisonTries || !bad(n) && times != 1 {
			b.Fatalf("job %d ran %d times: bad is %t", n, times, bad(n))
		}
	}
	if dead, err := q.DropAll(ctx); dead != poisonJobs-good || err != nil || info.Counters.Dead != dead {
		b.Fatalf("%d dead letters, %v; %d were counted", dead, err, info.Counters.Dead)
	}
	return perSecond
}

// allDone waits until the good jobs are, as long as there is a worker.
func allDone(b *testing.B, done <-chan struct{}, ended <-chan error) {
	b.Helper()
	select {
	case <-done:
	case err := <-ended:
		b.Fatalf("the worker gave up: %v", err)
	case <-time.After(2 * time.Minute):
		b.Fatal("good jobs are not done after two minutes")
	}
}

// poisonIsDead waits until so many jobs are.
func poisonIsDead(b *testing.B, q *queue.Queue, want int) queue.Info {
	b.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		info, err := q.Info(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		if info.Counters.Dead >= want {
			return info
		}
		if time.Now().After(deadline) {
			b.Fatalf("%d of %d bad jobs are dead after two minutes", info.Counters.Dead, want)
		}
	}
}
