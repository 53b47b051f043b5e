package loop

import (
	"container/heap"
	"time"
)

type timer struct {
	call  *Call
	at    time.Time
	then  func()
	index int // in the heap
	link  link[op]
	heap  *timers
}

// timers is a heap: the one that is due first is first.
type timers []*timer

func (t *timers) add(k *timer) {
	k.heap = t
	heap.Push(t, k)
}

// callOff implements op.
func (k *timer) callOff() {
	k.link.leave()
	heap.Remove(k.heap, k.index)
}

// expire makes ready what is due, and fails what took too long.
func (l *loop) expire() {
	for len(l.timers) > 0 && !l.timers[0].at.After(l.now) {
		t := l.timers[0]
		t.callOff()
		l.ready = append(l.ready, ready{call: t.call, plain: t.then})
	}
	l.expireFetches()
}

func (t timers) Len() int           { return len(t) }
func (t timers) Less(i, j int) bool { return t[i].at.Before(t[j].at) }

func (t timers) Swap(i, j int) {
	t[i], t[j] = t[j], t[i]
	t[i].index, t[j].index = i, j
}

// Push implements [heap.Interface].
func (t *timers) Push(k any) {
	k.(*timer).index = len(*t)
	*t = append(*t, k.(*timer))
}

// Pop implements [heap.Interface].
func (t *timers) Pop() any {
	n := len(*t) - 1
	k := (*t)[n]
	(*t)[n] = nil
	*t = (*t)[:n]
	return k
}
