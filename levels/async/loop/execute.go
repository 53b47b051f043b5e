package loop

import (
	"reflect"
	"slices"

	"github.com/fourlevels/fourlevels/levels"
)

// maxHands bounds the goroutines that wait for Executors. Whole tasks are gathered into
// slices, for their batch waits for all of them. What a Call hands over is gathered
// only while all hands are away: it gets its result with the slowest of the slice.
const maxHands = 16

// An errand is a task that another level runs for the loop.
type errand struct {
	task  levels.Task
	index int                 // in the batch, if the task is all there is
	call  *Call               // else who wants the result
	then  func([]byte, error) // and to do what
}

// A slice is what one goroutine takes along.
type slice struct {
	batch   *batch
	level   levels.Level
	errands []errand
}

type handing struct {
	slices []*slice // that wait for a goroutine
	away   int      // goroutines
}

// hand lets another level run an errand, beside those that wait for the same.
func (l *loop) hand(b *batch, level levels.Level, e errand) {
	h := &l.handing
	if n := len(h.slices); n > 0 && (e.call == nil || h.away+n >= maxHands) {
		last := h.slices[n-1]
		if last.batch == b && len(last.errands) < max(1, l.config.InFlight/maxHands) && same(last.level, level) {
			last.errands = append(last.errands, e)
			return
		}
	}
	b.left++ // until the slice is back
	h.slices = append(h.slices, &slice{b, level, []errand{e}})
}

// same reports whether two levels are one. Levels that cannot be compared may be two.
func same(a, b levels.Level) bool {
	return reflect.ValueOf(a).Comparable() && reflect.ValueOf(b).Comparable() && a == b
}

// handOver sends as many slices as there may be goroutines, without what nobody waits
// for any more.
func (l *loop) handOver() {
	h := &l.handing
	for len(h.slices) > 0 && h.away < maxHands {
		s := h.slices[0]
		h.slices[0] = nil
		h.slices = h.slices[1:]
		s.errands = slices.DeleteFunc(s.errands, func(e errand) bool { return e.call != nil && e.call.ended })
		if len(s.errands) == 0 {
			s.batch.release()
			continue
		}
		h.away++
		l.hands.Go(func() { l.carry(s) })
	}
}

// carry runs a slice, in a goroutine of its own.
func (l *loop) carry(s *slice) {
	var results []levels.Result
	defer func() {
		if v := recover(); v != nil {
			panic(v) // the program dies: these are no results
		}
		l.post(func() { l.back(s, results) }) // also if Goexit ends Run
	}()
	tasks := make([]levels.Task, len(s.errands))
	for i, e := range s.errands {
		tasks[i] = e.task
	}
	results = s.level.Run(s.batch.ctx, tasks)
}

// back takes in what a slice has brought.
func (l *loop) back(s *slice, results []levels.Result) {
	l.handing.away--
	for i, e := range s.errands {
		r := levels.Result{Err: errGoexit}
		if i < len(results) {
			r = results[i]
		}
		if e.call == nil {
			l.inFlight--
			s.batch.finish(e.index, r)
		} else {
			l.ready = append(l.ready, ready{call: e.call, then: e.then, output: r.Output, err: r.Err})
		}
	}
	s.batch.release()
}
