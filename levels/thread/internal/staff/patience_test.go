package staff

import (
	"runtime"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/internal/crew"
)

// Spins in vain become rare, up to one in 64 waits, and one that pays makes up for all.
func TestPatience(t *testing.T) {
	var p patience
	waits := func() (n int) { // until the next spin
		for !p.try() {
			n++
		}
		return n
	}
	for _, want := range []int{0, 1, 3, 7, 15, 31, 63, 63} {
		if n := waits(); n != want {
			t.Errorf("%d waits without a spin, want %d", n, want)
		}
		p.learn(false)
	}
	waits()
	p.learn(true)
	if n := waits(); n != 0 {
		t.Errorf("after a spin that paid there are %d waits without one", n)
	}
}

// A spin ends with what it looks for, or with its time.
func TestSpin(t *testing.T) {
	looks := 0
	if !spin(time.Hour, func() bool { looks++; return looks == 3 }) || looks != 3 {
		t.Errorf("a spin for the third look made %d", looks)
	}
	if spin(time.Microsecond, func() bool { return false }) {
		t.Error("a spin in vain reports that it paid")
	}
}

// A thread that looks for work counts once: of two calls that overlap it takes one,
// and another is woken for the other.
func TestSpinnerIsCountedOnce(t *testing.T) {
	sleeper := &seat{wake: make(chan *crew.Batch, 1)}
	s := &Staff{Config: Config{Threads: 2}, spinning: 1, idle: []*seat{sleeper}}
	for i := range 2 {
		s.call(&want{batch: crew.NewBatch(t.Context(), make([]levels.Task, 1), 1), more: 1})
		if woken := len(sleeper.wake); woken != i || len(s.idle) != 1-i {
			t.Errorf("after %d calls and with one thread looking, %d were woken", i+1, woken)
		}
	}
}

// A processor stays free of spinning, so on one there is none; and none is while a
// caller sleeps.
func TestWhoSpins(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(3))
	s := &Staff{Config: Config{Threads: 3, Spin: time.Second}}
	may := func() bool { return s.maySpin(new(seat)) }
	two := may()
	s.spinning = 2
	three := may()
	s.spinning = 0
	s.asleep.Store(1)
	asleep := may()
	s.asleep.Store(0)
	runtime.GOMAXPROCS(1)
	if one := may(); !two || three || asleep || one {
		t.Errorf("on three processors spin: a first %v, a third %v, one whose caller sleeps %v; on one: %v", two, three, asleep, one)
	}
}
