package overload

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// A trial is the overload of one level.
type trial struct {
	Config
	work  workload.Workload
	level levels.Level
	depth func(ctx context.Context) (int, error) // how much waits now
	row   Row

	ok, refused, failed, unanswered atomic.Int64 // calls of the storm, by how they ended
	example                         atomic.Pointer[string]
}

// window is the time over which throughput is counted.
const window = 500 * time.Millisecond

// errGivenUp ends the calls that have no end of their own.
var errGivenUp = errors.New("no answer in time")

// run has the three phases.
func (t *trial) run(ctx context.Context) error {
	within, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	watch := t.watch(ctx, &t.row.Steady)
	rate, err := t.steady(ctx)
	if err = errors.Join(err, watch()); err != nil {
		return err
	}
	t.row.Rate = rate
	watch = t.watch(ctx, &t.row.Peak)
	if t.stormy != nil {
		t.stormy()
	}
	calls := t.storm(within)
	over := time.Now()
	err = t.calm(ctx)
	late := time.AfterFunc(max(t.Patience-time.Since(over), time.Second), func() { giveUp(errGivenUp) })
	calls.Wait()
	late.Stop()
	err = errors.Join(err, watch())
	t.row.OK, t.row.Refused, t.row.Failed, t.row.Unanswered = t.ok.Load(), t.refused.Load(), t.failed.Load(), t.unanswered.Load()
	if text := t.example.Load(); text != nil {
		t.row.Example = *text
	}
	return err
}

// busy keeps the level busy with callers that wait for their results, and tells how many
// a second they got, window by window, until that is enough.
func (t *trial) busy(ctx context.Context, enough func(rate float64) bool) error {
	within, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	b := busy{trial: t, first: make(chan error, 1)}
	var callers sync.WaitGroup
	for caller := range 2*t.row.AtOnce + 8 {
		callers.Go(func() { b.call(within, caller) })
	}
	tick := time.NewTicker(window)
	defer tick.Stop()
	at := time.Now()
	for stop := false; !stop && ctx.Err() == nil; {
		<-tick.C
		now := time.Now()
		stop = enough(float64(b.done.Swap(0)) / now.Sub(at).Seconds())
		at = now
	}
	b.over.Store(true)
	late := time.AfterFunc(time.Second, func() { giveUp(errGivenUp) })
	callers.Wait()
	late.Stop()
	select {
	case err := <-b.first:
		return err
	default:
		return context.Cause(ctx)
	}
}

// busy is what its callers share.
type busy struct {
	*trial
	done  atomic.Int64
	over  atomic.Bool
	first chan error
}

// call is the life of a caller. One that is turned away, since the storm is not over,
// tries again in a moment, as clients should.
func (b *busy) call(ctx context.Context, i int) {
	for ; !b.over.Load() && ctx.Err() == nil; i++ {
		err := b.do(ctx, i)
		switch {
		case err == nil:
			b.done.Add(1)
		case errors.Is(err, levels.ErrFull):
			time.Sleep(time.Millisecond)
		case ctx.Err() != nil:
			return
		default:
			select {
			case b.first <- err:
			default: // another was first
			}
			return
		}
	}
}

// storm begins calls at a multiple of the rate, whatever becomes of them, and returns those
// that are not over yet.
func (t *trial) storm(ctx context.Context) *sync.WaitGroup {
	calls := &sync.WaitGroup{}
	rate := t.row.Rate * float64(t.Times)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	begin, begun := time.Now(), 0
	for took := time.Duration(0); took < t.For && ctx.Err() == nil; took = time.Since(begin) {
		<-tick.C
		for due := int(rate * time.Since(begin).Seconds()); begun < due; begun++ {
			i := begun
			calls.Go(func() { t.count(t.do(ctx, i)) })
		}
	}
	t.row.Took, t.row.Attempted, t.row.Done = time.Since(begin), int64(begun), t.ok.Load()
	return calls
}

// do runs one task, and checks its output.
func (t *trial) do(ctx context.Context, i int) error {
	task := t.work.Task(i%t.work.Distinct, t.Grain)
	r := t.level.Run(ctx, []levels.Task{task})[0]
	if r.Err != nil {
		return r.Err
	}
	return t.work.Check(task.Input, r.Output)
}

// count notes how a call of the storm ended.
func (t *trial) count(err error) {
	switch {
	case err == nil:
		t.ok.Add(1)
	case errors.Is(err, levels.ErrFull):
		t.refused.Add(1)
	case errors.Is(err, errGivenUp):
		t.unanswered.Add(1)
	default:
		t.failed.Add(1)
		text := err.Error()
		t.example.CompareAndSwap(nil, &text)
	}
}
