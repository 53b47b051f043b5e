package peers

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels"
)

// Four workers at full load, one of which is killed every 50 ms. A task either
// has its own result, or is lost: nothing else may happen to it. And the pool
// must be whole again soon, which is when four workers have answered that nobody
// has killed.
var processHeal = []figure{
	{"processes=4/kill=50ms", func(tb testing.TB, s scale) []line {
		onLinux(tb)
		var contestants []contestant
		for _, transport := range resident {
			contestants = append(contestants, contestant{transport, func(ctx context.Context) ([]float64, error) {
				return heal(ctx, tb, transport, s.healing)
			}})
		}
		m := contest(tb, 1, contestants...)
		var lines []line
		for _, transport := range resident {
			for i, measure := range []struct {
				what, unit string
				aim        aim
			}{
				{"answered", "tasks", aim{}}, {"lost", "tasks", aim{}}, {"answered wrongly", "tasks", none},
				{"answered twice", "tasks", none}, {"failed otherwise", "tasks", none}, {"killed", "workers", aim{}},
				{"whole again", "p50-ms", aim{}}, {"whole again", "p99-ms", atMost(50)}, {"whole again", "max-ms", atMost(250)},
			} {
				tag := fmt.Sprintf("%s-%d-", transport, i)
				lines = append(lines, line{what: "healing, " + transport + ": " + measure.what, tag: tag, unit: measure.unit, ours: m[transport][i], aim: measure.aim})
			}
		}
		return lines
	}},
}

const (
	healProcesses = 4
	healEvery     = 50 * time.Millisecond
	healBatch     = 64
)

// outcomes are what became of tasks.
type outcomes struct {
	submitted, answered, lost, wrong, twice, other atomic.Int64

	example atomic.Pointer[error] // of what must not happen
}

func (o *outcomes) blame(count *atomic.Int64, format string, args ...any) {
	count.Add(1)
	err := fmt.Errorf(format, args...)
	o.example.CompareAndSwap(nil, &err)
}

// values are the counts, in the order of the table.
func (o *outcomes) values() (values []float64) {
	for _, n := range []*atomic.Int64{&o.answered, &o.lost, &o.wrong, &o.twice, &o.other} {
		values = append(values, float64(n.Load()))
	}
	return values
}

func heal(ctx context.Context, tb testing.TB, transport string, lasting time.Duration) ([]float64, error) {
	return withPool(transport, healProcesses, func(l levels.Level) ([]float64, error) {
		var o outcomes
		var w ward
		ended := make(chan struct{})
		var load sync.WaitGroup
		for g := range uint64(healProcesses) {
			load.Go(func() {
				for n := g << 32; ; n += healBatch {
					select {
					case <-ended:
						return
					default:
						o.batch(ctx, l, n, w.saw)
					}
				}
			})
		}
		err := w.injure(ctx, lasting)
		close(ended)
		load.Wait()
		if err := o.example.Load(); err != nil {
			tb.Errorf("%s: %v", transport, *err)
		}
		if n := o.answered.Load() + o.lost.Load() + o.wrong.Load() + o.twice.Load() + o.other.Load(); n != o.submitted.Load() {
			err = errors.Join(err, fmt.Errorf("%d tasks have %d outcomes", o.submitted.Load(), n))
		}
		if err != nil {
			return nil, err
		}
		return append(o.values(), w.values()...), nil
	})
}

func number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// signer is the process that ran a task of sign's.
func signer(output []byte) uint64 { return binary.BigEndian.Uint64(output[16:]) }

// batch runs tasks from number n on. All results of one caller come in the order of
// the numbers: the number of another task of this batch, or one before, is an
// answer that was given twice.
func (o *outcomes) batch(ctx context.Context, l levels.Level, n uint64, saw func(pid int)) {
	tasks := make([]levels.Task, healBatch)
	for i := range tasks {
		tasks[i] = levels.Task{Func: "who", Input: number(n + uint64(i))}
	}
	o.submitted.Add(healBatch)
	results := l.Run(ctx, tasks)
	if len(results) != healBatch {
		o.blame(&o.other, "%d tasks have %d results", healBatch, len(results))
		return
	}
	for i, r := range results {
		own := n + uint64(i)
		switch {
		case errors.Is(r.Err, levels.ErrLost):
			o.lost.Add(1)
		case r.Err != nil:
			o.blame(&o.other, "task %#x: %w", own, r.Err)
		case len(r.Output) != 24:
			o.blame(&o.wrong, "task %#x has an output of %d bytes", own, len(r.Output))
		default:
			o.judge(own, r.Output, saw)
		}
	}
}

func (o *outcomes) judge(own uint64, output []byte, saw func(pid int)) {
	got, outcome := binary.BigEndian.Uint64(output), binary.BigEndian.Uint64(output[8:])
	switch {
	case got == own && outcome == links(signRounds, own):
		o.answered.Add(1)
		saw(int(signer(output)))
	case got != own && got>>32 == own>>32 && got < own&^(healBatch-1)+healBatch:
		o.blame(&o.twice, "task %#x has the answer of task %#x", own, got)
	default:
		o.blame(&o.wrong, "task %#x has the answer %x", own, output)
	}
}

// A ward knows which workers have answered, and kills some.
type ward struct {
	seen sync.Map // pids, for a quick look

	mu    sync.Mutex // guards the rest
	alive []int      // have answered, and were not killed
	hurt  []time.Time
	took  []time.Duration // from a kill until the pool was whole
	kills int
}

// saw is told of every answer.
func (w *ward) saw(pid int) {
	if _, ok := w.seen.Load(pid); ok {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, ok := w.seen.LoadOrStore(pid, true); ok {
		return
	}
	w.alive = append(w.alive, pid)
	if len(w.alive) >= healProcesses {
		for _, at := range w.hurt {
			w.took = append(w.took, time.Since(at))
		}
		w.hurt = nil
	}
}

// injure kills a worker every now and then, and waits until all are whole again.
func (w *ward) injure(ctx context.Context, lasting time.Duration) error {
	if err := w.whole(ctx); err != nil {
		return err
	}
	tick := time.NewTicker(healEvery)
	defer tick.Stop()
	for end := time.After(lasting); ; {
		select {
		case <-tick.C:
			if err := w.injureOne(); err != nil {
				return err
			}
		case <-end:
			return w.whole(ctx)
		}
	}
}

func (w *ward) injureOne() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.alive) == 0 {
		return nil // none has come back yet
	}
	i := rand.N(len(w.alive))
	p, parent, ok := lookUp(w.alive[i])
	if !ok || parent != os.Getpid() {
		return fmt.Errorf("worker %d has died without being killed", w.alive[i])
	}
	w.hurt = append(w.hurt, time.Now())
	w.alive = slices.Delete(w.alive, i, i+1)
	w.kills++
	return p.kill()
}

// whole waits until the pool is.
func (w *ward) whole(ctx context.Context) error {
	return until(ctx, "four workers", func() (bool, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		return len(w.alive) == healProcesses, nil
	})
}

// values are the kills, and in ms how long it took to be whole again.
func (w *ward) values() []float64 {
	took := slices.Sorted(slices.Values(w.took))
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1e3 }
	return []float64{float64(w.kills), ms(took[len(took)/2]), ms(took[(len(took)*99-1)/100]), ms(took[len(took)-1])}
}
