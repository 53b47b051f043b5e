package advise

import (
	"math"
	"testing"
	"time"
)

// plainLevel is a level whose predictions can be done in the head.
func plainLevel(name string) Level {
	return Level{
		Name: name, Places: 256, HandOver: Line{1e-6, 2e-6, 9e-6, 129e-6}, CPU: Line{1e-6, 2e-6, 9e-6, 129e-6},
		Efficiency: 1, Ends: 1, Late: 1e-3, Wake: 1e-6, Lone: Line{1e-5, 1e-5, 2e-5, 2e-4}, Start: 0.5, Fixed: 1e6, Memory: 1000,
	}
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got/want-1) > 0.01 {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// In each of the three limits the prediction is what one gets by hand.
func TestLimits(t *testing.T) {
	l := plainLevel("async")
	for _, test := range []struct {
		q          Question
		throughput float64
		limit      string
	}{
		{Question{}, 1e6, ByHandOver},
		{Question{CPU: time.Millisecond}, 2 / 1.001e-3, ByProcessors},
		{Question{CPU: time.Millisecond, Cores: 8}, 8 / 1.001e-3, ByProcessors},
		{Question{Wait: 9 * time.Millisecond}, 25600, ByPlaces},
		{Question{Wait: 9 * time.Millisecond, InFlight: 16}, 1600, ByPlaces},
		{Question{Payload: 64 << 10}, 1 / 129e-6, ByHandOver},
		{Question{CPU: time.Millisecond, Free: 0.5}, 1 / 1.001e-3, ByProcessors},
		{Question{CPU: time.Millisecond, Hosts: 4}, 2 / 1.001e-3, ByProcessors}, // goroutines stay at home
	} {
		p := l.Predict(test.q, 2)
		near(t, "throughput", p.Throughput, test.throughput)
		if p.Limit != test.limit {
			t.Errorf("%+v is limited by %s, want %s", test.q, p.Limit, test.limit)
		}
	}
}

// More hosts help machines, until the caller is the limit.
func TestHosts(t *testing.T) {
	l := plainLevel("machine/rpc")
	q := Question{CPU: 100 * time.Microsecond, Hosts: 10}
	near(t, "ten hosts", l.Predict(q, 2).Throughput, 20/101e-6)
	q.Hosts = 1000
	if p := l.Predict(q, 2); p.Limit != ByHandOver || p.Throughput > 1e6 {
		t.Errorf("a thousand hosts do %v tasks a second, limited by %s: want at most the caller's 1e6", p.Throughput, p.Limit)
	}
	l.Trips = 2
	near(t, "alone", l.Predict(Question{RTT: 10 * time.Millisecond}, 2).Alone, 0.02001)
}

// A task that does more is never faster.
func TestMonotone(t *testing.T) {
	for _, name := range []string{"serial", "async", "machine/queue"} {
		l := plainLevel(name)
		for _, more := range []func(q *Question, i int){
			func(q *Question, i int) { q.CPU = time.Duration(i*i) * 10 * time.Microsecond },
			func(q *Question, i int) { q.Wait = time.Duration(i*i) * 100 * time.Microsecond },
			func(q *Question, i int) { q.Payload = i * i * 30 },
		} {
			q, last := Question{CPU: 5 * time.Microsecond, Wait: time.Millisecond}, Prediction{Throughput: math.Inf(1)}
			for i := 2; i < 60; i++ {
				more(&q, i)
				p := l.Predict(q, 2)
				if i > 20 && (p.Throughput > last.Throughput*1.000001 || p.Alone < last.Alone) {
					t.Errorf("%s, %+v: %v tasks a second, alone %v; with less to do %v and %v", name, q, p.Throughput, p.Alone, last.Throughput, last.Alone)
				}
				last = p
			}
		}
	}
}

// synthetic is a session of points that a known level was measured at.
func synthetic(l Level, cores int) *session {
	s := newSession([]string{l.Name}, time.Millisecond)
	for _, p := range s.points {
		q := Question{CPU: p.cpu, Wait: p.wait, Payload: p.payload}
		o := outcome{free: 1, batch: 1024, cpu: p.cpu.Seconds() + l.CPU.At(float64(p.payload))}
		q.Tasks = float64(o.batch)
		o.wall = 1 / l.Predict(q, cores).Throughput
		if p.wait > 0 {
			o.cpu += l.Wake
		}
		if p.alone {
			o.wall = l.Predict(q, cores).Alone
		}
		s.got[p] = []outcome{o, o, o}
	}
	return s
}

// The fit finds the constants of a level that behaves as the model says.
func TestFitRecovers(t *testing.T) {
	want := plainLevel("async")
	want.Efficiency = 0.8
	got := synthetic(want, gomaxprocs()).fit(want.Name, want.Places)
	for i := range Payloads {
		near(t, "hand-over", got.HandOver[i], want.HandOver[i])
		near(t, "CPU", got.CPU[i], want.CPU[i])
		near(t, "alone", got.Lone[i], want.Lone[i])
	}
	near(t, "efficiency", got.Efficiency, want.Efficiency)
	near(t, "late", got.Late, want.Late)
	near(t, "ends", got.Ends, want.Ends)
	near(t, "wake", got.Wake, want.Wake)
	if got.Spread != 0 {
		t.Errorf("spread of equal measurements is %v", got.Spread)
	}
}

// What others took of the machine is not put down to the level.
func TestFitUnderLoad(t *testing.T) {
	want := plainLevel("async")
	s := synthetic(want, gomaxprocs())
	for p, outcomes := range s.got {
		for i := range outcomes {
			if p.cpu > 0 {
				outcomes[i].free, outcomes[i].wall = 0.5, outcomes[i].wall*2
			}
		}
	}
	near(t, "efficiency", s.fit(want.Name, want.Places).Efficiency, 1)
}

// The points to hold predictions against are none that are calibrated at, the same for the
// same seed, and as many for each level.
func TestGrid(t *testing.T) {
	known, count := map[point]bool{}, map[string]int{}
	for _, p := range newSession(Levels, 0).points {
		known[p] = true
	}
	again := grid(3, 36, 0)
	for i, p := range grid(3, 36, 0) {
		if p != again[i] {
			t.Fatalf("the same seed gives %v and %v", p, again[i])
		}
		if known[p] || p.cpu == grain || p.cpu == coarse || p.wait == shortWait || p.wait == longWait {
			t.Errorf("%+v is calibrated at", p)
		}
		if p.cpu > 5*time.Millisecond || p.wait > 40*time.Millisecond || p.payload > 64<<10 || p.waits != (p.wait > 0) {
			t.Errorf("%+v is out of range", p)
		}
		count[p.level]++
	}
	for _, name := range Levels {
		if count[name] != 6 {
			t.Errorf("%s has %d points of 36", name, count[name])
		}
	}
}
