package queue_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// fullness tells which of the verdicts say that the queue is full.
func fullness[Out any](verdicts []queue.Verdict[Out]) string {
	var b strings.Builder
	for _, v := range verdicts {
		switch {
		case v.Err == nil:
			b.WriteByte('+')
		case errors.Is(v.Err, queue.ErrFull):
			b.WriteByte('f')
		case errors.Is(v.Err, queue.ErrDuplicate):
			b.WriteByte('d')
		default:
			b.WriteString(v.Err.Error())
		}
	}
	return b.String()
}

// A full queue turns jobs away, the last ones of a batch first, and takes more
// once it has room.
func TestMaxLength(t *testing.T) {
	each(t, func(r *rig) {
		q := r.open(queue.Config{MaxLength: 5})
		many := func(n int, want string, opts ...queue.Option) {
			r.Helper()
			verdicts, err := double.EnqueueMany(r.Context(), q, upTo(n), opts...)
			if got := fullness(verdicts); got != want || err != nil {
				r.Errorf("verdicts %s, %v, want %s", got, err, want)
			}
		}
		many(3, "+++")
		many(4, "++ff", queue.IDs("a", "b", "c", "d"))
		many(3, "ddf", queue.IDs("a", "b", "e"))
		many(3, "fff")
		many(2, "ff")
		many(2, "ff", queue.In(time.Hour))
		if _, err := double.Enqueue(r.Context(), q, 1); !errors.Is(err, queue.ErrFull) {
			r.Errorf("Enqueue: err = %v, want %v", err, queue.ErrFull)
		}
		if _, err := double.Call(r.Context(), q, 1); !errors.Is(err, queue.ErrFull) {
			r.Errorf("Call: err = %v, want %v", err, queue.ErrFull)
		}
		if n := r.waiting(); n != 5 {
			r.Errorf("%d jobs wait, want 5", n)
		}
		r.runAll()
		many(6, "+++++f", queue.Track())
		r.runAll()
	})
}

// Jobs that are deferred wait too.
func TestMaxLengthOfDeferred(t *testing.T) {
	each(t, func(r *rig) {
		q := r.open(queue.Config{MaxLength: 3})
		deferred, err := double.EnqueueMany(r.Context(), q, upTo(4), queue.In(time.Hour))
		if got := fullness(deferred); got != "+++f" || err != nil {
			r.Errorf("deferred: %s, %v, want three", got, err)
		}
		for name, opts := range map[string][]queue.Option{"plain": nil, "tracked": {queue.Track()}} {
			verdicts, err := double.EnqueueMany(r.Context(), q, upTo(2), opts...)
			if got := fullness(verdicts); got != "ff" || err != nil {
				r.Errorf("%s, while three are deferred: %s, %v, want none", name, got, err)
			}
		}
		for _, v := range deferred[:3] {
			v.Job.Abort(r.Context())
		}
		r.runAll()
	})
}

// What is too large is not sent, and nothing of its batch.
func TestMaxPayload(t *testing.T) {
	all(t, func(r *rig) {
		q := r.open(queue.Config{MaxPayload: 10})
		w := r.worker(q, queue.WorkerConfig{})
		queue.Handle(w, echo, func(_ context.Context, s string) (string, error) { return s, nil })
		ok, large := strings.Repeat("x", 8), strings.Repeat("x", 9) // and two quotes
		_, callErr := echo.Call(r.Context(), q, large)
		_, enqueueErr := echo.Enqueue(r.Context(), q, large)
		_, manyErr := echo.EnqueueMany(r.Context(), q, []string{ok, large, ok})
		rawErr := q.CallMany(r.Context(), "echo", [][]byte{[]byte(ok), make([]byte, 11)}, func(int, []byte, error) { r.Error("a result") })
		for what, err := range map[string]error{"Call": callErr, "Enqueue": enqueueErr, "EnqueueMany": manyErr, "CallMany": rawErr} {
			if !errors.Is(err, queue.ErrTooLarge) || !strings.Contains(err.Error(), "11 bytes, at most 10") {
				r.Errorf("%s: err = %v, want %v", what, err, queue.ErrTooLarge)
			}
		}
		r.work(w)
		if got, err := echo.Call(r.Context(), q, ok); got != ok || err != nil {
			r.Errorf("%q, %v", got, err)
		}
	})
}

// A megabyte is not too large, and neither are many.
func TestLargePayloads(t *testing.T) {
	all(t, func(r *rig) {
		q := r.open(queue.Config{})
		w := r.worker(q, queue.WorkerConfig{Concurrency: 20})
		w.HandleFunc("bytes", func(_ context.Context, a *queue.Attempt) ([]byte, error) { return a.Payload, nil })
		r.work(w)
		payloads := make([][]byte, 20)
		for i := range payloads {
			payloads[i] = []byte(strings.Repeat(string(rune('a'+i)), 1<<20))
		}
		n := 0
		err := q.CallMany(r.Context(), "bytes", payloads, func(i int, output []byte, err error) {
			if n++; string(output) != string(payloads[i]) || err != nil {
				r.Errorf("payload %d: %d bytes, %v", i, len(output), err)
			}
		})
		if n != len(payloads) || err != nil {
			r.Errorf("%d results, %v", n, err)
		}
	})
}

func TestMaxBatch(t *testing.T) {
	all(t, func(r *rig) {
		q := r.open(queue.Config{MaxBatch: 3})
		if _, err := double.EnqueueMany(r.Context(), q, upTo(4)); !errors.Is(err, queue.ErrTooLarge) || !strings.Contains(err.Error(), "4 jobs") {
			r.Errorf("EnqueueMany: err = %v, want %v", err, queue.ErrTooLarge)
		}
		ctx, cancel := context.WithTimeout(r.Context(), time.Second) // or the jobs would be waited for
		defer cancel()
		if err := q.CallMany(ctx, "double", make([][]byte, 4), func(int, []byte, error) {}); !errors.Is(err, queue.ErrTooLarge) {
			r.Errorf("CallMany: err = %v, want %v", err, queue.ErrTooLarge)
		}
		if verdicts, err := double.EnqueueMany(r.Context(), q, upTo(3)); fullness(verdicts) != "+++" || err != nil {
			r.Errorf("three: %s, %v", fullness(verdicts), err)
		}
		r.runAllOn(q)
	})
}

// Options that cannot be meant are refused, by whatever takes them.
func TestRefusedOptions(t *testing.T) {
	all(t, func(r *rig) {
		q := r.open(queue.Config{})
		const ages = 11 * 365 * 24 * time.Hour
		for want, opts := range map[string][]queue.Option{
			"In(-1s)":                {queue.In(-time.Second)},
			"In(96360h":              {queue.In(ages)},
			"Expires(-1ns)":          {queue.Expires(-1)},
			"KeepFor(-1s)":           {queue.KeepFor(-time.Second)},
			"KeepFor(96360h":         {queue.KeepFor(ages)},
			"Backoff(-1s)":           {queue.Backoff(-time.Second, 0)},
			"MaxTries(-1)":           {queue.MaxTries(-1)},
			"MaxTries(1000001)":      {queue.MaxTries(1_000_001)},
			"In and At":              {queue.In(time.Second), queue.At(time.Now())},
			"2 ids are given for 1 ": {queue.IDs("a", "b")},
			"0 ids are given for 1 ": {queue.IDs([]string{}...)},
		} {
			_, enqueueErr := double.Enqueue(r.Context(), q, 1, opts...)
			_, callErr := double.Call(r.Context(), q, 1, opts...)
			_, declaredErr := queue.NewTask[int, int]("double", opts...).Enqueue(r.Context(), q, 1)
			rawErr := q.CallMany(r.Context(), "double", [][]byte{nil}, func(int, []byte, error) { r.Error("a result") }, opts...)
			cronErr := queue.Cron(r.worker(q, queue.WorkerConfig{}), "@hourly", double, 1, opts...)
			for what, err := range map[string]error{"Enqueue": enqueueErr, "Call": callErr, "NewTask": declaredErr, "CallMany": rawErr, "Cron": cronErr} {
				if err == nil || !strings.Contains(err.Error(), want) {
					r.Errorf("%s: err = %v, want one with %q", what, err, want)
				}
			}
		}
		if _, err := double.EnqueueMany(r.Context(), q, upTo(3), queue.ID("one")); err == nil {
			r.Error("one id is enough for three jobs")
		}
		if r.rdb != nil && len(r.keys()) > 0 {
			r.Errorf("something was sent: %q", r.keys())
		}
	})
}

func TestRefusedConfigs(t *testing.T) {
	for want, c := range map[string]queue.Config{
		"-1 shards":   {Shards: -1},
		"1025 shards": {Shards: 1025},
		"a limit":     {MaxPayload: -1},
		"a limit of":  {MaxLength: -1},
		"limit of":    {MaxDead: -1},
		"limit":       {MaxBatch: -1},
	} {
		if _, err := queue.Open(t.Context(), "mem://", c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: err = %v, want one with %q", c, err, want)
		}
	}
}
