package peers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

// asynqRig is asynq as a rig. It has no call that enqueues many: version 0.26
// is asked for one at a time.
type asynqRig struct {
	load      load
	tally     *tally
	names     []string // ids of the jobs, by number
	client    *asynq.Client
	inspector *asynq.Inspector // looks at results
	server    *asynq.Server
	rdb       []*redis.Client
}

// lane is the queue that asynq uses if no other is named.
const lane = "default"

// newAsynq makes the client and the server, each with its own connections. The
// server looks at an empty queue every so often.
func newAsynq(near, far *redis.Options, concurrency int, check time.Duration, l load, t *tally) *asynqRig {
	a := &asynqRig{load: l, tally: t, names: make([]string, l.jobs)}
	if l.ids {
		a.names = names(l.jobs)
	}
	producer, worker, observer := redis.NewClient(near), redis.NewClient(far), redis.NewClient(options())
	a.rdb = []*redis.Client{producer, worker, observer}
	a.client, a.inspector = asynq.NewClientFromRedisClient(producer), asynq.NewInspectorFromRedisClient(observer)
	a.server = asynq.NewServerFromRedisClient(worker, asynq.Config{Concurrency: concurrency, TaskCheckInterval: check, Logger: silence{}, LogLevel: asynq.FatalLevel})
	return a
}

// fastAsynq is asynq as throughput wants it.
func fastAsynq(concurrency int, l load, t *tally) *asynqRig {
	return newAsynq(options(), options(), concurrency, time.Millisecond, l, t)
}

type silence struct{}

func (silence) Debug(...any) {}
func (silence) Info(...any)  {}
func (silence) Warn(...any)  {}
func (silence) Error(...any) {}
func (silence) Fatal(...any) {}

func (a *asynqRig) produce(ctx context.Context, from, to int) error {
	for n := from; n < to; n++ {
		opts := []asynq.Option{asynq.Retention(kept)}
		if a.load.ids {
			opts = append(opts, asynq.TaskID(a.names[n]))
		}
		info, err := a.client.EnqueueContext(ctx, asynq.NewTask("number", []byte(pad(n, a.load.size))), opts...)
		if err != nil {
			return err
		}
		a.names[n] = info.ID
	}
	return nil
}

func (a *asynqRig) start(context.Context) error {
	return a.server.Start(asynq.HandlerFunc(func(_ context.Context, t *asynq.Task) error {
		n := unpad(string(t.Payload()))
		a.tally.ran(n, t.ResultWriter().TaskID)
		_, err := t.ResultWriter().Write([]byte(pad(answer(n), a.load.size)))
		return err
	}))
}

// stop waits until all that ran is marked as completed.
func (a *asynqRig) stop(ctx context.Context) error {
	defer a.server.Shutdown()
	return until(ctx, "asynq to complete its tasks", func() (bool, error) {
		info, err := a.inspector.GetQueueInfo(lane)
		return err == nil && info.Pending+info.Active == 0, err
	})
}

func (a *asynqRig) ended(_ context.Context, last string) (bool, error) {
	info, err := a.inspector.GetTaskInfo(lane, last)
	return err == nil && info.State == asynq.TaskStateCompleted, err
}

func (a *asynqRig) verify(ctx context.Context) error {
	for _, n := range a.load.sample() {
		if err := until(ctx, "a result", func() (bool, error) { return a.ended(ctx, a.names[n]) }); err != nil {
			return fmt.Errorf("result of job %d: %w", n, err)
		}
		info, err := a.inspector.GetTaskInfo(lane, a.names[n])
		if err != nil {
			return fmt.Errorf("result of job %d: %w", n, err)
		}
		if want := pad(answer(n), a.load.size); string(info.Result) != want {
			return fmt.Errorf("result of job %d is %q, want %q", n, info.Result, want)
		}
	}
	return nil
}

func (a *asynqRig) queued(_ context.Context, jobs int) error {
	info, err := a.inspector.GetQueueInfo(lane)
	if err == nil && info.Pending != jobs {
		err = fmt.Errorf("%d of %d jobs wait", info.Pending, jobs)
	}
	return err
}

func (a *asynqRig) close() error {
	var errs []error
	for _, rdb := range a.rdb {
		errs = append(errs, rdb.Close())
	}
	return errors.Join(errs...)
}
