package levels_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/fourlevels/fourlevels/levels"
)

// sleepers take time, which costs none under synctest.
var sleepers = levels.Funcs{
	// second echoes its input after a second. If ctx ends it still needs one.
	"second": func(ctx context.Context, input []byte) ([]byte, error) {
		select {
		case <-time.After(time.Second):
			return input, nil
		case <-ctx.Done():
			time.Sleep(time.Second)
			return nil, context.Cause(ctx)
		}
	},
	// seconds takes as many as its input says.
	"seconds": func(_ context.Context, input []byte) ([]byte, error) {
		n, err := strconv.Atoi(string(input))
		time.Sleep(time.Duration(n) * time.Second)
		return input, err
	},
}

// numbers returns tasks whose inputs are the numbers from lo up to hi.
func numbers(lo, hi int) []levels.Task {
	var tasks []levels.Task
	for i := lo; i < hi; i++ {
		tasks = append(tasks, levels.Task{Func: "second", Input: strconv.AppendInt(nil, int64(i), 10)})
	}
	return tasks
}

// A meter is a level that takes down how it is used, and the tasks for it.
type meter struct {
	levels.Serial
	running, peak atomic.Int64 // calls of Run, and how many there were at once
	taken         atomic.Int64 // tasks
	taking        atomic.Bool  // from when tasks are asked for until that is over

	mu    sync.Mutex // guards sizes
	sizes []int      // of the batches
}

func newMeter() *meter { return &meter{Serial: levels.Serial{Funcs: sleepers}} }

func (m *meter) Run(ctx context.Context, tasks []levels.Task) []levels.Result {
	now := m.running.Add(1)
	defer m.running.Add(-1)
	for peak := m.peak.Load(); now > peak && !m.peak.CompareAndSwap(peak, now); peak = m.peak.Load() {
	}
	m.mu.Lock()
	m.sizes = append(m.sizes, len(tasks))
	m.mu.Unlock()
	return m.Serial.Run(ctx, tasks)
}

func (m *meter) tasks(n int) iter.Seq[levels.Task] {
	return func(yield func(levels.Task) bool) {
		m.taking.Store(true)
		defer m.taking.Store(false)
		for i := range n {
			m.taken.Add(1)
			if !yield(numbers(i, i+1)[0]) {
				return
			}
		}
	}
}

// idle fails the test if something that Stream started is still running. (That
// it ends at all is seen by synctest.)
func (m *meter) idle(t *testing.T) {
	t.Helper()
	if n := m.running.Load(); n != 0 || m.taking.Load() {
		t.Errorf("Stream has ended, but %d calls of Run have not, taking tasks is %t", n, m.taking.Load())
	}
}

// done returns an error unless r is the output of the i-th task.
func done(i int, r levels.Result) error {
	if r.Err != nil || string(r.Output) != strconv.Itoa(i) {
		return fmt.Errorf("result %d is %q, %v", i, r.Output, r.Err)
	}
	return nil
}

func TestStream(t *testing.T) {
	for _, n := range []int{0, 1, 7, 8, 9, 1000} {
		for _, size := range []int{1, 8, 0} {
			synctest.Test(t, func(t *testing.T) {
				m, got := newMeter(), map[int]bool{}
				for i, r := range levels.Stream(t.Context(), m, m.tasks(n), size) {
					if err := done(i, r); err != nil || got[i] {
						t.Fatalf("%v, came before: %t", err, got[i])
					}
					got[i] = true
				}
				if len(got) != n {
					t.Errorf("%d results of %d tasks in batches of %d", len(got), n, size)
				}
				m.idle(t)
			})
		}
	}
}

func TestStreamInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, next := newMeter(), 0
		for i, r := range levels.InOrder(levels.Stream(t.Context(), m, m.tasks(1000), 8)) {
			if err := done(i, r); err != nil || i != next {
				t.Fatalf("%v, at place %d", err, next)
			}
			next++
		}
		if next != 1000 {
			t.Errorf("%d results, want 1000", next)
		}
	})
}

func TestStreamBatches(t *testing.T) {
	for size, want := range map[int][]int{0: {88, 256, 256}, -1: {88, 256, 256}, 250: {100, 250, 250}, 600: {600}, 1000: {600}} {
		synctest.Test(t, func(t *testing.T) {
			m := newMeter()
			for range levels.Stream(t.Context(), m, m.tasks(600), size) {
			}
			if slices.Sort(m.sizes); !slices.Equal(m.sizes, want) {
				t.Errorf("size %d cuts 600 tasks into %d, want %d", size, m.sizes, want)
			}
		})
	}
}

// Two batches are under way: no more, and while there is work no fewer.
func TestStreamKeepsTwoUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, start := newMeter(), time.Now()
		for range levels.Stream(t.Context(), m, m.tasks(40), 4) {
		}
		if d := time.Since(start); m.peak.Load() != 2 || d != 20*time.Second {
			t.Errorf("%d batches at once took %v, want 2 and 20s", m.peak.Load(), d)
		}
	})
}

// While the loop does not ask for more, Stream does not take all there is.
func TestStreamHoldsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMeter()
		for range levels.Stream(t.Context(), m, m.tasks(1_000_000), 8) {
			time.Sleep(time.Hour)
			if n := m.taken.Load(); n > 4*8 { // read, under way twice, and waiting
				t.Errorf("%d tasks are taken before the second result is", n)
			}
			break
		}
	})
}

func TestStreamYieldsAsTheyCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tasks := slices.Values([]levels.Task{{Func: "seconds", Input: []byte("3")}, {Func: "seconds", Input: []byte("1")}})
		m := newMeter()
		stream := levels.Stream(t.Context(), m, tasks, 1)
		if got := order(stream); !slices.Equal(got, []int{1, 0}) {
			t.Errorf("results come as %d, want the quick one first", got)
		}
		if got := order(levels.InOrder(stream)); !slices.Equal(got, []int{0, 1}) { // it may be run again
			t.Errorf("in order, results come as %d", got)
		}
	})
}

func order[T any](results iter.Seq2[int, T]) []int {
	var order []int
	for i := range results {
		order = append(order, i)
	}
	return order
}

func TestStreamUnused(t *testing.T) {
	m := newMeter()
	levels.Stream(t.Context(), m, m.tasks(10), 1)
	if m.taken.Load() != 0 || len(m.sizes) != 0 {
		t.Error("a stream that nobody reads has begun")
	}
}

func TestStreamLeftEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMeter()
		for i := range levels.Stream(t.Context(), m, m.tasks(1_000_000), 8) {
			if i == 20 {
				break
			}
		}
		m.idle(t)
	})
}

func TestStreamCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeoutCause(t.Context(), 10*time.Second+time.Millisecond, errEnough)
		defer cancel()
		m, next, good := newMeter(), 0, 0
		for i, r := range levels.InOrder(levels.Stream(ctx, m, m.tasks(1_000_000), 4)) {
			if done(i, r) == nil {
				good++
			} else if !errors.Is(r.Err, errEnough) {
				t.Errorf("result %d: error is %v, want the cause of ctx", i, r.Err)
			}
			if i != next {
				t.Fatalf("result %d at place %d", i, next)
			}
			next++
		}
		m.idle(t)
		if good != 20 { // two batches, ten seconds, one task a second
			t.Errorf("%d results are good, want 20", good)
		}
		var ran int
		for _, size := range m.sizes {
			ran += size
		}
		if next != ran {
			t.Errorf("the level gave %d results, the stream %d", ran, next)
		}
	})
}

func TestStreamCtxEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errEnough)
		m := newMeter()
		for i, r := range levels.Stream(ctx, m, m.tasks(1_000_000), 8) {
			if !errors.Is(r.Err, errEnough) {
				t.Fatalf("result %d: error is %v, want the cause of ctx", i, r.Err)
			}
		}
		m.idle(t)
	})
}

func TestStreamLoopPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMeter()
		defer func() {
			if v := recover(); v != "enough" {
				t.Errorf("the panic of the loop became %v", v)
			}
			m.idle(t)
		}()
		for range levels.Stream(t.Context(), m, m.tasks(1_000_000), 8) {
			panic("enough")
		}
	})
}

// This is what a t.Fatal in the loop does.
func TestStreamLoopEndsGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, ended := newMeter(), make(chan struct{})
		go func() {
			defer close(ended)
			for range levels.Stream(t.Context(), m, m.tasks(1_000_000), 8) {
				runtime.Goexit()
			}
		}()
		<-ended
		m.idle(t)
	})
}

func TestStreamClosedLevel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, n := newMeter(), 0
		m.Close()
		for i, r := range levels.Stream(t.Context(), m, m.tasks(10), 4) {
			if n++; !errors.Is(r.Err, levels.ErrClosed) {
				t.Errorf("result %d: error is %v", i, r.Err)
			}
		}
		if n != 10 {
			t.Errorf("%d results, want 10", n)
		}
	})
}

func TestInOrder(t *testing.T) {
	for n := range 50 {
		shuffled := rand.Perm(n)
		places := func(yield func(int, string) bool) {
			for _, i := range shuffled {
				if !yield(i, strconv.Itoa(i)) {
					return
				}
			}
		}
		next := 0
		for i, s := range levels.InOrder(places) {
			if i != next || s != strconv.Itoa(i) {
				t.Fatalf("of %d, %d: %s at place %d", shuffled, i, s, next)
			}
			next++
		}
		if next != n {
			t.Fatalf("of %d, %d values", shuffled, next)
		}
	}
}

// InOrder holds back what comes early, and nothing else.
func TestInOrderIsPrompt(t *testing.T) {
	var log []string
	source := func(yield func(int, string) bool) {
		for _, i := range []int{2, 0, 1, 3} {
			log = append(log, fmt.Sprint("in ", i))
			if !yield(i, "") {
				return
			}
		}
	}
	for i := range levels.InOrder(source) {
		log = append(log, fmt.Sprint("out ", i))
		if i == 2 {
			break // with 3 still to come
		}
	}
	if want := []string{"in 2", "in 0", "out 0", "in 1", "out 1", "out 2"}; !slices.Equal(log, want) {
		t.Errorf("%q, want %q", log, want)
	}
}

// What InOrder has yielded it keeps no longer.
func TestInOrderLetsGo(t *testing.T) {
	var first weak.Pointer[[1024]byte]
	source := func(yield func(int, *[1024]byte) bool) {
		for i := range 10 {
			value := new([1024]byte)
			if i == 0 {
				first = weak.Make(value)
			}
			if !yield(i, value) {
				return
			}
		}
	}
	for i := range levels.InOrder(source) {
		if runtime.GC(); i == 9 && first.Value() != nil {
			t.Error("the first value is kept to the last")
		}
	}
}
