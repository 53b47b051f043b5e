package live

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/fourlevels/fourlevels/levels"
)

// Number gives each task a number, from 0, that travels with it to wherever it runs.
func Number(tasks []levels.Task) []levels.Task { return NumberFrom(0, tasks) }

// NumberFrom is Number that counts from first. The numbers are eight bytes in front of
// the inputs: the functions that get them must be those of [Trace].
func NumberFrom(first int, tasks []levels.Task) []levels.Task {
	numbered := make([]levels.Task, len(tasks))
	for i, t := range tasks {
		input := make([]byte, 8, 8+len(t.Input))
		binary.BigEndian.PutUint64(input, uint64(first+i))
		numbered[i] = levels.Task{Func: t.Func, Input: append(input, t.Input...)}
	}
	return numbered
}

// Trace makes functions that tell s when they begin and end: as [Running], or as
// [Waiting] if they are among waits. The lane is the prefix with the lowest number, from
// 1, that no other task of these functions has at that moment; without a prefix it is
// the number alone. Each task must have come from [Number].
//
// A level that calls no function of Funcs cannot be traced: async/loop fetches by itself.
func Trace(funcs levels.Funcs, s Sink, prefix string, waits ...string) levels.Funcs {
	if prefix != "" {
		prefix += " "
	}
	slots := &slots{}
	traced := make(levels.Funcs, len(funcs))
	for name, f := range funcs {
		state := Running
		if slices.Contains(waits, name) {
			state = Waiting
		}
		traced[name] = func(ctx context.Context, input []byte) ([]byte, error) {
			task, rest, err := numberOf(input)
			if err != nil {
				return nil, err
			}
			slot := slots.take()
			defer slots.leave(slot)
			span := Span{Lane: fmt.Sprint(prefix, slot+1), Task: task, State: state, T0: max(1, int64(s.Now()))}
			s.Span(span)
			defer func() { // also if f panics
				span.T1 = max(span.T0+1, int64(s.Now()))
				s.Span(span)
			}()
			return f(ctx, rest)
		}
	}
	return traced
}

// numberOf takes the number off an input.
func numberOf(input []byte) (task int, rest []byte, err error) {
	if len(input) < 8 {
		return 0, nil, errors.New("live: the task has no number: it did not come from Number")
	}
	n := binary.BigEndian.Uint64(input)
	if n > math.MaxInt32 {
		return 0, nil, errors.New("live: the task's number is none: it did not come from Number")
	}
	return int(n), input[8:], nil
}

// slots are places that tasks take while they run.
type slots struct {
	mu    sync.Mutex
	taken []bool
}

func (s *slots) take() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.Index(s.taken, false)
	if i < 0 {
		i = len(s.taken)
		s.taken = append(s.taken, false)
	}
	s.taken[i] = true
	return i
}

func (s *slots) leave(i int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken[i] = false
}
