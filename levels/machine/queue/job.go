package queue

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Job is one that was enqueued. It is a name only: it holds nothing open, and
// any program that knows the queue and the id can make it again, see [Find].
type Job[Out any] struct {
	ID string

	q     *Queue
	plain bool // it has no record, and got none as far as is known here
	kept  bool // its outcome
}

func newJob[Out any](q *Queue, m *message) *Job[Out] {
	return &Job[Out]{ID: m.id, q: q, plain: !m.recorded, kept: m.keep > 0}
}

// Find returns a handle for a job that was enqueued elsewhere, or long ago. It
// does not ask Redis.
func Find[Out any](q *Queue, id string) *Job[Out] {
	return &Job[Out]{ID: id, q: q, plain: strings.HasPrefix(id, plainID), kept: true}
}

// Wait blocks until the job has ended, and returns what it returned. It finds
// the result of an ended job only while that is kept (see [KeepFor]): after
// that it returns [ErrNotFound], if the job has a record, or else waits for
// nothing until ctx ends. Many may wait for one job. A Redis whose memory is full
// refuses to note who waits: then only what has ended is found.
func (j *Job[Out]) Wait(ctx context.Context) (out Out, err error) {
	if j.plain && !j.kept {
		return out, fmt.Errorf("wait for job %s: %w", j.ID, ErrNotKept)
	}
	outcome, err := j.q.wait(ctx, j.ID, !j.plain)
	if err == nil {
		out, err = decode[Out](j.q, outcome)
	}
	if err != nil {
		err = fmt.Errorf("job %s: %w", j.ID, err)
	}
	return out, err
}

// A Status is where a job stands.
type Status string

const (
	Queued   Status = "queued"
	Deferred Status = "deferred" // until its time, or before another try
	Running  Status = "running"
	Done     Status = "done" // it ended, and its result is kept: see Job.Wait
	Dead     Status = "dead" // it was given up, and lies with the dead letters
	Unknown  Status = "unknown"
)

// Status tells where the job stands. Unknown means that it has ended and its
// result is not kept, or never was; or that it is plain (see [Track]).
func (j *Job[Out]) Status(ctx context.Context) (Status, error) {
	info, err := j.Info(ctx)
	if err != nil {
		return Unknown, err
	}
	return info.Status, nil
}

// Info tells what is known of the job.
func (j *Job[Out]) Info(ctx context.Context) (JobInfo, error) {
	infos, err := j.q.shardOf(j.ID).look(ctx, "", []string{j.ID})
	if err != nil {
		return JobInfo{ID: j.ID, Status: Unknown}, fmt.Errorf("job %s: %w", j.ID, err)
	}
	return infos[0], nil
}

// Abort ends the job: if it waits, at once; if it runs, its worker's next
// heartbeat, half a second away at most, ends its ctx. It reports whether there
// was something to end. The job's outcome is then [ErrAborted], unless it comes
// to an end of its own before. A Redis whose memory is full refuses to note the
// abort of a job that runs.
func (j *Job[Out]) Abort(ctx context.Context) (bool, error) {
	if j.plain {
		return false, fmt.Errorf("abort job %s: %w", j.ID, ErrNotTracked)
	}
	letters, err := j.q.shardOf(j.ID).abort(ctx, []string{j.ID})
	if err != nil {
		return false, fmt.Errorf("abort job %s: %w", j.ID, err)
	}
	return letters == "a" || letters == "r", nil
}

// JobInfo is what is known of a job. What is not known is zero.
type JobInfo struct {
	ID       string
	Status   Status
	Task     string    // its name
	Tries    int       // how often it has begun
	MaxTries int       // how often it may
	Enqueued time.Time // by Redis' clock
	Due      time.Time // if it is deferred
	Died     time.Time // if it is dead
	Error    string    // of the last try
	Payload  []byte

	outcome string // if it is done
}

// readLook reads what the script look answers for one job.
func readLook(id string, answer []string) (info JobInfo) {
	info = JobInfo{ID: id, Status: Unknown}
	if len(answer) == 2 && answer[0] == "o" {
		info.Status, info.outcome = Done, answer[1]
		if _, err := readOutcome(info.outcome); err != nil {
			info.Error = err.Error()
		}
		return info
	}
	if len(answer) != 4 || answer[0] == "" {
		return info
	}
	var m message
	m.readEnvelope(answer[1]) // what can be read
	info.Task, info.MaxTries, info.Payload = m.name, m.max, m.payload
	info.Enqueued, info.Due, info.Died = clockTime(m.enqueued), scoreTime(answer[2]), scoreTime(answer[3])
	info.Status = cmp.Or(map[byte]Status{'q': Queued, 'd': Deferred, 'r': Running, 'x': Dead}[answer[0][0]], Unknown)
	tries, text, _ := strings.Cut(answer[0][1:], " ")
	info.Tries, _ = strconv.Atoi(tries)
	info.Error = text
	return info
}

func clockTime(ms int64) time.Time {
	if ms <= 0 || ms > latest {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

func scoreTime(score string) time.Time {
	ms, err := strconv.ParseFloat(score, 64)
	if err != nil || !(ms <= latest) { // it may be NaN
		return time.Time{}
	}
	return clockTime(int64(ms))
}
