package queue_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"sync"
	"time"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// A worker and a caller in one program. In two programs both would open
// redis://…, and only the declaration of the task would be shared.
func Example() {
	ctx, stop := context.WithCancel(context.Background())
	q, err := queue.Open(ctx, "mem://", queue.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer q.Close()

	double := queue.NewTask[int, int]("double")

	w := queue.NewWorker(q, queue.WorkerConfig{})
	queue.Handle(w, double, func(ctx context.Context, n int) (int, error) { return 2 * n, nil })
	var working sync.WaitGroup
	working.Go(func() { w.Run(ctx) })

	n, err := double.Call(ctx, q, 21)
	fmt.Println(n, err)

	stop()
	working.Wait()
	// Output: 42 <nil>
}

// A job with an id has a record, so it can be looked at, and its result is kept
// for a minute, so it can be fetched later.
func ExampleTask_Enqueue() {
	ctx := context.Background()
	q, err := queue.Open(ctx, "mem://", queue.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer q.Close()

	greet := queue.NewTask[string, string]("greet", queue.KeepFor(time.Minute))
	job, err := greet.Enqueue(ctx, q, "Basel", queue.ID("greet-1"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(job.Status(ctx))

	w := queue.NewWorker(q, queue.WorkerConfig{Burst: true}) // returns when no job is left
	queue.Handle(w, greet, func(ctx context.Context, name string) (string, error) { return "hello " + name, nil })
	if err := w.Run(ctx); err != nil {
		log.Fatal(err)
	}

	fmt.Println(job.Wait(ctx))
	fmt.Println(job.Status(ctx))
	// Output:
	// queued <nil>
	// hello Basel <nil>
	// done <nil>
}

// Many jobs go in one round trip, and each has a verdict of its own.
func ExampleTask_EnqueueMany() {
	ctx := context.Background()
	q, err := queue.Open(ctx, "mem://", queue.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer q.Close()

	resize := queue.NewTask[string, struct{}]("resize")
	files := []string{"a.png", "b.png", "a.png"}
	verdicts, err := resize.EnqueueMany(ctx, q, files, queue.IDs(files...))
	if err != nil {
		log.Fatal(err) // none was enqueued, or it is unknown which
	}
	for _, v := range verdicts {
		fmt.Println(v.Job.ID, v.Err)
	}
	// Output:
	// a.png <nil>
	// b.png <nil>
	// a.png a job with this id is known already
}

// Any error has a job tried again, after a back-off. Retry sets the pause, Fatal
// gives up.
func ExampleRetry() {
	ctx, stop := context.WithCancel(context.Background())
	q, err := queue.Open(ctx, "mem://", queue.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer q.Close()

	fetch := queue.NewTask[string, string]("fetch", queue.MaxTries(5))
	w := queue.NewWorker(q, queue.WorkerConfig{Logger: slog.New(slog.DiscardHandler)})
	queue.Handle(w, fetch, func(ctx context.Context, url string) (string, error) {
		switch try := queue.AttemptOf(ctx).Try; {
		case url == "":
			return "", queue.Fatal(errors.New("no URL"))
		case try < 3:
			return "", queue.Retry(errors.New("busy"), 10*time.Millisecond)
		default:
			return fmt.Sprint("fetched at try ", try), nil
		}
	})
	var working sync.WaitGroup
	working.Go(func() { w.Run(ctx) })

	fmt.Println(fetch.Call(ctx, q, "http://example.com"))
	_, err = fetch.Call(ctx, q, "")
	fmt.Println(errors.Is(err, queue.ErrDead), err)

	stop()
	working.Wait()
	// Output:
	// fetched at try 3 <nil>
	// true task fetch: job is dead: no URL
}

// Every worker may have the entry: each night enqueues one job.
func ExampleCron() {
	ctx := context.Background()
	q, err := queue.Open(ctx, "redis://127.0.0.1:6379", queue.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer q.Close()

	report := queue.NewTask[string, struct{}]("report")
	w := queue.NewWorker(q, queue.WorkerConfig{})
	queue.Handle(w, report, func(ctx context.Context, to string) (struct{}, error) {
		log.Print("a report for ", to)
		return struct{}{}, nil
	})
	if err := queue.Cron(w, "TZ=Europe/Zurich 30 3 * * *", report, "ops"); err != nil {
		log.Fatal(err)
	}
	if err := w.Run(ctx); err != nil {
		log.Fatal(err)
	}
}

// A middleware sees every try of every task.
func ExampleWorker_Use() {
	ctx := context.Background()
	q, err := queue.Open(ctx, "mem://", queue.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer q.Close()

	double := queue.NewTask[int, int]("double")
	if _, err := double.Enqueue(ctx, q, 21); err != nil {
		log.Fatal(err)
	}

	w := queue.NewWorker(q, queue.WorkerConfig{Burst: true})
	queue.Handle(w, double, func(ctx context.Context, n int) (int, error) { return 2 * n, nil })
	w.Use(func(next queue.Handler) queue.Handler {
		return func(ctx context.Context, a *queue.Attempt) ([]byte, error) {
			output, err := next(ctx, a)
			fmt.Printf("%s(%s) = %s, try %d of %d\n", a.Task, a.Payload, output, a.Try, a.MaxTries)
			return output, err
		}
	})
	if err := w.Run(ctx); err != nil {
		log.Fatal(err)
	}
	// Output: double(21) = 42, try 1 of 5
}
