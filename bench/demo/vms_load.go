package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/live"
	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// A load is tasks without end that compute. What a machine takes with it when it dies,
// another one does.
type load struct {
	stage  *live.Stage
	work   workload.Workload
	rounds int

	mu      sync.Mutex // guards the rest
	next    int
	back    []int          // tasks that were lost, to be done again
	outputs map[int][]byte // the first of each input: whoever computes it must get the same
	done    int
	lost    int
	err     error
}

// run has the hosts compute for as long as during takes, and then until they are done with
// what they have. Each slot of a machine asks for one task after the other.
func (l *load) run(ctx context.Context, hosts []*fleet.Host, slots int, during func(context.Context) error) error {
	stop, end := context.WithCancel(ctx)
	defer end()
	var working sync.WaitGroup
	for i, h := range hosts {
		for slot := range slots {
			lane := strip{span: live.Span{Lane: laneOf(i, slot), Host: h.Address, PID: h.Pid()}}
			if slot < shownSlots {
				lane.stage = l.stage
			}
			working.Go(func() { l.serve(ctx, stop, h, &lane) })
		}
	}
	err := during(ctx)
	end()
	working.Wait()
	if err == nil {
		err = l.err
	}
	return err
}

// shownSlots is how many of a machine's slots have a lane: more would fill the screen.
const shownSlots = 2

func laneOf(host, slot int) string { return fmt.Sprintf("vm %d %c", host+1, 'a'+slot) }

// serve is the life of a slot: until stop, or the death of its machine.
func (l *load) serve(ctx, stop context.Context, h *fleet.Host, lane *strip) {
	defer lane.end()
	for stop.Err() == nil {
		task, state := l.take()
		lane.become(state, task)
		r := h.Run(ctx, []levels.Task{l.work.Task(task, l.rounds)})[0]
		switch {
		case r.Err == nil:
			l.finish(task, r.Output)
		case ctx.Err() != nil:
			return
		case died(h, r.Err):
			l.lose(task)
			lane.lose()
			lane.become(live.Dark, -1)
			<-stop.Done()
			return
		default:
			l.fail(r.Err)
			return
		}
	}
}

// died says whether a task failed because its machine is dead. A connection may be refused
// a moment before the death is known.
func died(h *fleet.Host, err error) bool {
	if errors.Is(err, levels.ErrLost) {
		return true
	}
	select {
	case <-h.Died():
		return true
	case <-time.After(time.Second):
		return false
	}
}

func (l *load) take() (task int, state live.State) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.back); n > 0 {
		task, l.back = l.back[n-1], l.back[:n-1]
		return task, live.Again
	}
	l.next++
	return l.next - 1, live.Running
}

func (l *load) finish(task int, output []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.done++
	input := task % l.work.Distinct
	if first, known := l.outputs[input]; !known {
		l.outputs[input] = bytes.Clone(output)
	} else if !bytes.Equal(first, output) && l.err == nil {
		l.err = fmt.Errorf("task %d has two results: %x and %x", task, first, output)
	}
}

func (l *load) lose(task int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lost++
	l.back = append(l.back, task)
}

func (l *load) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = errors.Join(l.err, err)
}

// counts are how many tasks are done, and how many were lost so far.
func (l *load) counts() (done, lost int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.done, l.lost
}
