package queue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
)

// A Task is a kind of job: its name, the types that go in and come out, and how
// to treat its jobs. Declare it once, where all programs see it:
//
//	var Resize = queue.NewTask[Image, Thumbnail]("image.resize", queue.Timeout(5*time.Second))
//
// Workers say how to do it (see [Handle]), any other program asks for it.
type Task[In, Out any] struct {
	name    string
	options options
}

// NewTask declares a task. Its name is how programs find it: at most 128 bytes
// of UTF-8 without spaces; NewTask panics if it is none. The options hold for
// all its jobs, unless a job is given its own.
func NewTask[In, Out any](name string, opts ...Option) Task[In, Out] {
	if err := checkName("name of the task", name, maxName); err != nil {
		panic("queue.NewTask: " + err.Error())
	}
	t := Task[In, Out]{name: name}
	for _, o := range opts {
		o(&t.options)
	}
	return t
}

const maxName = 128 // bytes of an id, or of the name of a task

// Name is the task's.
func (t Task[In, Out]) Name() string { return t.name }

// Call leaves a job in the queue and waits for what it returns: a remote
// procedure call. When ctx ends first, Call returns its cause, and the job is
// aborted as far as Redis can be told. A job that fails for good is a
// [DeadError]. A plain call may wait for a worker for ten minutes, unless [Expires]
// says otherwise.
func (t Task[In, Out]) Call(ctx context.Context, q *Queue, in In, opts ...Option) (out Out, err error) {
	messages, err := t.messages(q, []In{in}, opts)
	if err != nil {
		return out, t.named(err)
	}
	messages[0].hurry()
	failed := q.call(ctx, messages, func(_ int, o outcome) {
		if err = o.err; err == nil {
			out, err = decode[Out](q, o.text)
		}
	})
	return out, t.named(cmp.Or(failed, err))
}

// Enqueue leaves a job in the queue and returns without waiting for it. If its
// id is known already, it returns that job together with [ErrDuplicate].
func (t Task[In, Out]) Enqueue(ctx context.Context, q *Queue, in In, opts ...Option) (*Job[Out], error) {
	messages, err := t.messages(q, []In{in}, opts)
	if err != nil {
		return nil, t.named(err)
	}
	errs := q.enqueue(ctx, messages)
	return newJob[Out](q, &messages[0]), t.named(errs[0])
}

// A Verdict is what became of one of many jobs: nil, [ErrDuplicate], [ErrFull],
// or whatever else kept it out.
type Verdict[Out any] struct {
	Job Job[Out]
	Err error
}

// EnqueueMany leaves jobs in the queue in one round trip, and returns a verdict
// for each. [IDs] gives them ids. Its error says that none was enqueued, or that
// it is unknown which.
func (t Task[In, Out]) EnqueueMany(ctx context.Context, q *Queue, ins []In, opts ...Option) ([]Verdict[Out], error) {
	messages, err := t.messages(q, ins, opts)
	if err != nil {
		return nil, t.named(err)
	}
	verdicts := make([]Verdict[Out], len(ins))
	failed := error(nil)
	for i, err := range q.enqueue(ctx, messages) {
		verdicts[i] = Verdict[Out]{*newJob[Out](q, &messages[i]), err}
		if err != nil && !errors.Is(err, ErrDuplicate) && !errors.Is(err, ErrFull) {
			failed = err
		}
	}
	return verdicts, t.named(failed)
}

// messages makes the messages of jobs.
func (t Task[In, Out]) messages(q *Queue, ins []In, opts []Option) ([]message, error) {
	return q.messages(t.name, t.options, opts, len(ins), func(i int) ([]byte, error) {
		return q.config.Codec.Marshal(ins[i])
	})
}

// messages makes n messages of a task, with a payload for each.
func (q *Queue) messages(task string, o options, opts []Option, n int, payload func(i int) ([]byte, error)) ([]message, error) {
	for _, opt := range opts {
		opt(&o)
	}
	if err := o.check(n); err != nil {
		return nil, err
	}
	if n > q.config.MaxBatch {
		return nil, fmt.Errorf("%w: %d jobs at once, at most %d may be (Config.MaxBatch)", ErrTooLarge, n, q.config.MaxBatch)
	}
	messages := make([]message, n)
	for i := range messages {
		p, err := payload(i)
		if err != nil {
			return nil, fmt.Errorf("encode job %d: %w", i, err)
		}
		if len(p) > q.config.MaxPayload {
			return nil, fmt.Errorf("%w: payload %d has %d bytes, at most %d may be (Config.MaxPayload)", ErrTooLarge, i, len(p), q.config.MaxPayload)
		}
		messages[i] = o.message(task, i)
		messages[i].payload = p
	}
	return messages, nil
}

func (t Task[In, Out]) named(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("task %s: %w", t.name, err)
}

// decode reads the outcome of a job.
func decode[Out any](q *Queue, outcome string) (out Out, err error) {
	output, err := readOutcome(outcome)
	if err == nil {
		if err = q.config.Codec.Unmarshal(output, &out); err != nil {
			err = fmt.Errorf("decode the result: %w", err)
		}
	}
	return out, err
}

// callLife is how long a call may wait for a worker, if nothing else is said. A
// note that it was aborted lives as long.
const callLife = 10 * time.Minute

// CallMany is [Task.Call] for many jobs of the task of a name, on the level of
// bytes. It hands each result to yield as it comes, with the payload's number: once
// for each, in any order, from the calling goroutine. It returns when all have
// come, or, when ctx ends, its cause.
func (q *Queue) CallMany(ctx context.Context, task string, payloads [][]byte, yield func(i int, output []byte, err error), opts ...Option) error {
	if err := checkName("name of the task", task, maxName); err != nil {
		return err
	}
	messages, err := q.messages(task, options{}, opts, len(payloads), func(i int) ([]byte, error) { return payloads[i], nil })
	if err != nil {
		return err
	}
	for i := range messages {
		messages[i].hurry()
	}
	return q.call(ctx, messages, func(i int, o outcome) {
		if o.err != nil {
			yield(i, nil, o.err)
			return
		}
		output, err := readOutcome(o.text)
		yield(i, output, err)
	})
}

// hurry lets a call expire: a note that it was aborted lives as long.
func (m *message) hurry() {
	if m.expires == 0 && !m.recorded {
		m.expires = callLife.Milliseconds()
	}
}
