// Package desk is the work at which the demo kill kills workers: jobs that each charge a
// customer once, or so one hopes.
//
// A job begins, works for a while, charges at the desk, works for as long again, and is
// done. The desk is a hash in Redis: it stands for whatever feels what a job does, such as
// a bank. A worker that is killed leaves its job half done, and what follows depends on
// the [Way] by which it took the job.
//
// It is in a package of its own because it speaks to Redis by itself: the queue that loses
// jobs must be shown, and package queue is none.
package desk

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/fourlevels/fourlevels/bench/live"

	"github.com/redis/go-redis/v9"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// A Way is how a worker takes jobs, and charges.
type Way string

const (
	// Pop takes a job off a list, and then does it. While it does, the job is in its
	// memory and nowhere else.
	Pop Way = "pop"

	// Lease is package queue: the job stays in Redis until its worker says that it is
	// done, and goes to another when the worker's lease has run out.
	Lease Way = "lease"

	// Once is Lease, and the desk keeps the ids of those it has served: it charges for a
	// job once, however often it is asked.
	Once Way = "once"
)

// Ways are all of them, the careless first.
var Ways = []string{string(Pop), string(Lease), string(Once)}

// Config says which jobs.
type Config struct {
	Redis string        // its URL
	Name  string        // of the jobs: other names are other jobs
	Way   Way           // "" means Pop
	Lease time.Duration // of a worker; 0 means a second
}

// A Job is one charge.
type Job struct {
	N     int           // the customer
	Takes time.Duration // half before the charge, and half after
}

// charge is what package queue knows the jobs as. They outlive any number of workers.
var charge = queue.NewTask[Job, struct{}]("charge", queue.MaxTries(1000))

// A Desk is a connection to the jobs, for who leaves them and for who does them.
type Desk struct {
	config Config
	rdb    *redis.Client
	queue  *queue.Queue // nil for Pop
}

// Open connects to the Redis. The caller must Close the desk.
func Open(ctx context.Context, c Config) (*Desk, error) {
	c.Way, c.Lease = cmp.Or(c.Way, Pop), cmp.Or(c.Lease, time.Second)
	options, err := queue.Options(c.Redis)
	if err != nil {
		return nil, err
	}
	d := &Desk{config: c, rdb: redis.NewClient(options)}
	if err = d.rdb.Ping(ctx).Err(); err == nil && c.Way != Pop {
		d.queue, err = queue.Open(ctx, c.Redis, queue.Config{Name: c.Name})
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the desk: %w", err), d.Close())
	}
	return d, nil
}

// Close ends the connection.
func (d *Desk) Close() error {
	if d.queue != nil {
		return errors.Join(d.queue.Close(), d.rdb.Close())
	}
	return d.rdb.Close()
}

// key is that of a hash or a list of these jobs.
func (d *Desk) key(what string) string { return "levels-desk:{" + d.config.Name + "}:" + what }

// keep is how long Redis keeps what is known of jobs that nobody touches: who leaves them may
// be killed before Drop.
const keep = time.Hour

// note adds 1 to the number of a customer in a hash, which it returns.
func (d *Desk) note(ctx context.Context, what, customer string) (int64, error) {
	var number *redis.IntCmd
	_, err := d.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		number = p.HIncrBy(ctx, d.key(what), customer, 1)
		p.Expire(ctx, d.key(what), keep)
		return nil
	})
	return number.Val(), err
}

// Put leaves jobs for the workers.
func (d *Desk) Put(ctx context.Context, jobs []Job) error {
	if d.config.Way == Pop {
		entries := make([]any, len(jobs))
		for i, j := range jobs {
			entries[i], _ = json.Marshal(j) // numbers only: it cannot fail
		}
		_, err := d.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
			p.RPush(ctx, d.key("ready"), entries...)
			p.Expire(ctx, d.key("ready"), keep)
			return nil
		})
		return err
	}
	ids := make([]string, len(jobs))
	for i, j := range jobs {
		ids[i] = strconv.Itoa(j.N)
	}
	verdicts, err := charge.EnqueueMany(ctx, d.queue, jobs, queue.IDs(ids...))
	for _, v := range verdicts {
		err = cmp.Or(err, v.Err)
	}
	return err
}

// Watch is told that a job begins, and whether for the first time; it returns what is
// called when it ends.
type Watch func(job int, again bool) (end func())

// Work does one job after the other until ctx ends.
func (d *Desk) Work(ctx context.Context, watch Watch) error {
	if d.config.Way == Pop {
		return d.pop(ctx, watch)
	}
	w := queue.NewWorker(d.queue, queue.WorkerConfig{
		Concurrency: 1, Lease: d.config.Lease, Grace: d.config.Lease,
		Logger: slog.New(slog.DiscardHandler), // who watches sees what goes wrong
	})
	queue.Handle(w, charge, func(ctx context.Context, j Job) (struct{}, error) { return struct{}{}, d.do(ctx, j, watch) })
	return w.Run(ctx)
}

// pop is the queue that everybody writes first: take a job, do it, take the next. It is
// right as long as nobody dies.
func (d *Desk) pop(ctx context.Context, watch Watch) error {
	for ctx.Err() == nil {
		entry, err := d.rdb.BLPop(ctx, time.Second, d.key("ready")).Result()
		if errors.Is(err, redis.Nil) { // a second has passed
			continue
		}
		var j Job
		if err == nil {
			err = json.Unmarshal([]byte(entry[1]), &j)
		}
		if err == nil {
			err = d.do(ctx, j, watch)
		}
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("pop a job: %w", err)
		}
	}
	return nil
}

// do does a job.
func (d *Desk) do(ctx context.Context, j Job, watch Watch) error {
	customer := strconv.Itoa(j.N)
	tries, err := d.note(ctx, "begun", customer)
	if err != nil {
		return err
	}
	defer watch(j.N, tries > 1)()
	if err := live.Pause(ctx, j.Takes/2); err != nil {
		return err
	}
	if err := d.charge(ctx, customer); err != nil {
		return err
	}
	if err := live.Pause(ctx, j.Takes-j.Takes/2); err != nil {
		return err
	}
	_, err = d.note(ctx, "done", customer)
	return err
}

// charge is the effect that the job has on the world.
func (d *Desk) charge(ctx context.Context, customer string) error {
	if d.config.Way != Once {
		_, err := d.note(ctx, "charged", customer)
		return err
	}
	if err := d.rdb.HSetNX(ctx, d.key("charged"), customer, 1).Err(); err != nil {
		return err
	}
	return d.rdb.Expire(ctx, d.key("charged"), keep).Err()
}
