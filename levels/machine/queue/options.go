package queue

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// An Option says how to treat a task's jobs, in [NewTask], or one job.
type Option func(*options)

type options struct {
	id      string
	ids     []string
	in      time.Duration
	at      time.Time
	expires time.Duration
	track   bool

	keep      time.Duration
	timeout   time.Duration
	maxTries  int
	base, top time.Duration // of the back-off
}

// ID gives a job an id of its own: at most 128 bytes of UTF-8 without spaces.
// It is unique for as long as the job waits, runs, is a dead letter, or has its
// result kept (see [KeepFor]).
func ID(id string) Option { return func(o *options) { o.id, o.ids = id, []string{id} } }

// IDs gives each job of [Task.EnqueueMany] an id of its own.
func IDs(ids ...string) Option { return func(o *options) { o.ids = ids } }

// Track gives a job a record, so that [Job.Status], [Job.Info] and [Job.Abort]
// know it. A job with an id, or deferred, has one anyway. It costs about four
// times the time of a plain job in Redis.
func Track() Option { return func(o *options) { o.track = true } }

// In defers a job. By Redis' clock, so nobody's else matters.
func In(d time.Duration) Option { return func(o *options) { o.in = d } }

// At defers a job until Redis' clock shows t.
func At(t time.Time) Option { return func(o *options) { o.at = t } }

// Expires drops a job that has not begun, or not begun again, after d: it ends
// with [ErrExpired].
func Expires(d time.Duration) Option { return func(o *options) { o.expires = d } }

// KeepFor keeps the outcome of a job for at least d after its end, for
// [Job.Wait]; and its id is taken for that long. The default is not to keep it:
// kept results are memory.
func KeepFor(d time.Duration) Option { return func(o *options) { o.keep = d } }

// Timeout ends the ctx of a try after d. The default is five minutes; negative
// means none. A handler that returns a result all the same has done the job.
func Timeout(d time.Duration) Option { return func(o *options) { o.timeout = d } }

// MaxTries is how often a job may begin before it is given up, tries whose
// worker died included. The default is 5.
func MaxTries(n int) Option { return func(o *options) { o.maxTries = n } }

// Backoff sets the pause before a job is tried again: a random time up to base,
// doubled with each try, but not above top ("full jitter": a crowd of jobs that
// failed together does not come back together). The defaults are a second and
// ten minutes. It belongs to [NewTask]: workers use it, not producers.
//
// Source: Marc Brooker, Exponential Backoff And Jitter, AWS Architecture Blog, 2015.
func Backoff(base, top time.Duration) Option {
	return func(o *options) { o.base, o.top = base, top }
}

// check finds what cannot be meant. Jobs is how many the options are for.
func (o *options) check(jobs int) error {
	const longest = 10 * 365 * 24 * time.Hour
	for _, d := range []struct {
		name  string
		value time.Duration
	}{{"In", o.in}, {"Expires", o.expires}, {"KeepFor", o.keep}, {"Backoff", o.base}, {"Backoff", o.top}} {
		if d.value < 0 || d.value > longest {
			return fmt.Errorf("%s(%v): must be from 0 to ten years", d.name, d.value)
		}
	}
	switch {
	case o.maxTries < 0 || o.maxTries > 1_000_000:
		return fmt.Errorf("MaxTries(%d): must be from 1 to 1000000", o.maxTries)
	case o.in > 0 && !o.at.IsZero():
		return errors.New("In and At are both given: one of them is to be left out")
	case o.ids != nil && len(o.ids) != jobs:
		return fmt.Errorf("%d ids are given for %d jobs", len(o.ids), jobs)
	}
	for _, id := range o.ids {
		if err := checkName("id", id, maxName); err != nil {
			return err
		}
		if strings.HasPrefix(id, plainID) {
			return fmt.Errorf("id %q begins with %q, as the queue's own do", id, plainID)
		}
	}
	return nil
}

// message makes a message of job number i, without its payload.
func (o *options) message(name string, i int) message {
	m := message{
		name:     name,
		max:      5,
		timeout:  (5 * time.Minute).Milliseconds(),
		keep:     ceil(o.keep),
		expires:  ceil(o.expires),
		at:       -ceil(o.in),
		recorded: o.track || o.ids != nil || o.in > 0 || !o.at.IsZero(),
	}
	if o.ids != nil {
		m.id = o.ids[i]
	}
	if o.maxTries > 0 {
		m.max = o.maxTries
	}
	if o.timeout != 0 {
		m.timeout = max(ceil(o.timeout), 0)
	}
	if !o.at.IsZero() {
		m.at = max(o.at.UnixMilli(), 1)
	}
	return m
}

// ceil is d in ms, and at least one unless it is none.
func ceil(d time.Duration) int64 {
	return int64((d + time.Millisecond - 1) / time.Millisecond)
}
