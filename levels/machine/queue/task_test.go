package queue_test

import (
	"context"
	"encoding/xml"
	"errors"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

var errEnough = errors.New("the caller has had enough")

func TestCall(t *testing.T) {
	all(t, func(r *rig) {
		q := r.open(queue.Config{})
		w := r.worker(q, queue.WorkerConfig{})
		queue.Handle(w, double, doubles)
		r.work(w)
		for n := range 3 {
			if got, err := double.Call(r.Context(), q, n); got != 2*n || err != nil {
				r.Errorf("double of %d: %d, %v", n, got, err)
			}
		}
	})
}

// A thousand calls at once, from two programs: each gets its own result.
func TestManyCallers(t *testing.T) {
	each(t, func(r *rig) {
		w := r.worker(r.open(queue.Config{}), queue.WorkerConfig{Concurrency: 50})
		queue.Handle(w, double, doubles)
		r.work(w)
		var callers sync.WaitGroup
		for _, q := range []*queue.Queue{r.open(queue.Config{}), r.open(queue.Config{})} {
			for n := range 500 {
				callers.Go(func() {
					if got, err := double.Call(r.Context(), q, n); got != 2*n || err != nil {
						r.Errorf("double of %d: %d, %v", n, got, err)
					}
				})
			}
		}
		callers.Wait()
	})
}

type point struct{ X, Y int }

// What goes in and comes out is any type that the codec knows.
func TestTypes(t *testing.T) {
	all(t, func(r *rig) {
		mirror := queue.NewTask[*point, map[string]point]("mirror")
		q := r.open(queue.Config{})
		w := r.worker(q, queue.WorkerConfig{})
		queue.Handle(w, mirror, func(_ context.Context, p *point) (map[string]point, error) {
			return map[string]point{"it": *p, "mirrored": {p.Y, p.X}}, nil
		})
		r.work(w)
		got, err := mirror.Call(r.Context(), q, &point{1, 2})
		if want := (map[string]point{"it": {1, 2}, "mirrored": {2, 1}}); !maps.Equal(got, want) || err != nil {
			r.Errorf("got %v, %v, want %v", got, err, want)
		}
	})
}

type xmlCodec struct{}

func (xmlCodec) Marshal(v any) ([]byte, error)      { return xml.Marshal(v) }
func (xmlCodec) Unmarshal(data []byte, v any) error { return xml.Unmarshal(data, v) }

func TestCodec(t *testing.T) {
	all(t, func(r *rig) {
		q := r.open(queue.Config{Codec: xmlCodec{}})
		w := r.worker(q, queue.WorkerConfig{})
		var payload string
		queue.Handle(w, queue.NewTask[point, point]("mirror"), func(ctx context.Context, p point) (point, error) {
			payload = string(queue.AttemptOf(ctx).Payload)
			return point{p.Y, p.X}, nil
		})
		r.work(w)
		got, err := queue.NewTask[point, point]("mirror").Call(r.Context(), q, point{1, 2})
		if got != (point{2, 1}) || err != nil {
			r.Errorf("got %v, %v", got, err)
		}
		if want := "<point><X>1</X><Y>2</Y></point>"; payload != want {
			r.Errorf("payload %q, want %q", payload, want)
		}
	})
}

// What cannot be encoded is not sent, and what cannot be decoded is no result.
func TestCodecErrors(t *testing.T) {
	all(t, func(r *rig) {
		q := r.open(queue.Config{})
		w := r.worker(q, queue.WorkerConfig{})
		queue.Handle(w, double, doubles)
		queue.Handle(w, queue.NewTask[int, chan int]("channel"), func(context.Context, int) (chan int, error) { return nil, nil })
		r.work(w)
		if _, err := queue.NewTask[func(), int]("double").Enqueue(r.Context(), q, nil); err == nil || !strings.Contains(err.Error(), "encode job 0") {
			r.Errorf("a function: err = %v", err)
		}
		if _, err := queue.NewTask[int, []string]("double").Call(r.Context(), q, 1); err == nil || !strings.Contains(err.Error(), "decode the result") {
			r.Errorf("a result of another type: err = %v", err)
		}
		if _, err := queue.NewTask[int, int]("channel").Call(r.Context(), q, 1); !errors.Is(err, queue.ErrDead) || !strings.Contains(err.Error(), "encode the result") {
			r.Errorf("a result that is a channel: err = %v", err)
		}
	})
}

func TestEnqueue(t *testing.T) {
	all(t, func(r *rig) {
		r.leaves(results...)
		q := r.open(queue.Config{})
		w := r.worker(q, queue.WorkerConfig{})
		queue.Handle(w, double, doubles)
		r.work(w)
		for _, opts := range [][]queue.Option{nil, {queue.Track()}, {queue.ID("mine")}} {
			job, err := double.Enqueue(r.Context(), q, 21, append(opts, queue.KeepFor(time.Minute))...)
			if err != nil {
				r.Fatal(err)
			}
			if got, err := job.Wait(r.Context()); got != 42 || err != nil {
				r.Errorf("job %s: %d, %v", job.ID, got, err)
			}
		}
	})
}

func upTo(n int) []int {
	ints := make([]int, n)
	for i := range ints {
		ints[i] = i
	}
	return ints
}

func TestNothingToDo(t *testing.T) {
	all(t, func(r *rig) {
		q := r.open(queue.Config{})
		if verdicts, err := double.EnqueueMany(r.Context(), q, nil); len(verdicts) != 0 || err != nil {
			r.Errorf("EnqueueMany: %v, %v", verdicts, err)
		}
		none := func(i int, _ []byte, _ error) { r.Errorf("a result of job %d, which is none", i) }
		if err := q.CallMany(r.Context(), "double", nil, none); err != nil {
			r.Errorf("CallMany: %v", err)
		}
	})
}
