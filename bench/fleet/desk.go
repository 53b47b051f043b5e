package fleet

import (
	"context"
	"errors"
	"os"
	"os/exec"

	"github.com/fourlevels/fourlevels/bench/fleet/desk"
	"github.com/fourlevels/fourlevels/bench/live"
)

// desk is the life of a worker of the demo kill: it does jobs one by one, and shows them
// to the collector that its environment names, if any.
func (w Worker) desk(ctx context.Context) (err error) {
	if err := Choose("way", w.Way, desk.Ways); err != nil {
		return ArgumentError{err}
	}
	d, err := desk.Open(ctx, desk.Config{Redis: w.redis(), Name: w.Queue, Way: desk.Way(w.Way), Lease: w.Lease})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	watch := func(int, bool) (end func()) { return func() {} }
	if told := os.Getenv(live.Environment); told != "" {
		reporter, err := live.Dial(ctx, told)
		if err != nil {
			return err
		}
		defer reporter.Close()
		watch = shown(reporter)
	}
	w.announce(w.Queue)
	return d.Work(ctx, watch)
}

// shown shows each job as a span of the one lane that the worker has.
func shown(s live.Sink) desk.Watch {
	return func(job int, again bool) (end func()) {
		span := live.Span{Lane: "1", Task: job, State: live.Running, T0: max(1, int64(s.Now()))}
		if again {
			span.State = live.Again
		}
		s.Span(span)
		return func() {
			span.T1 = max(span.T0+1, int64(s.Now()))
			s.Span(span)
		}
	}
}

// A Clerk is a worker of the role desk.
type Clerk struct{ Mortal }

// StartClerk starts a worker for the jobs of a name, and waits until it takes some.
func StartClerk(ctx context.Context, c Config, jobs desk.Config) (*Clerk, error) {
	if c.Env == nil {
		c.Env = Env()
	}
	args := append(c.Worker[1:len(c.Worker):len(c.Worker)],
		"desk", "--way", string(jobs.Way), "--queue", jobs.Name, "--lease", jobs.Lease.String(), "--leash")
	env := append(c.Env[:len(c.Env):len(c.Env)], "REDIS_URL="+jobs.Redis)
	m, _, err := mortal(ctx, exec.Command(c.Worker[0], args...), env)
	if err != nil {
		return nil, err
	}
	return &Clerk{m}, nil
}

// Close asks the worker to leave, and waits until it has.
func (c *Clerk) Close() { c.end() }
