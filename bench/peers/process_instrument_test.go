package peers

import (
	"math"
	"os"
	"slices"
	"testing"
	"time"
)

// TestMETG has tasks that cost as much again as a task of 600 ns takes, measured
// on either side of it, only above, and only below.
func TestMETG(t *testing.T) {
	const tasks, perRound, cost = 1000, 2.0, 600.0
	for _, rounds := range [][]uint64{{16, 64, 256, 1024}, {300}, {512, 1024}, {16, 32}} {
		s := sweep{PerRound: perRound}
		for _, r := range rounds {
			seconds := tasks * (float64(r)*perRound + cost) / 1e9 / float64(processors(metgProcesses))
			s.Points = append(s.Points, point{Rounds: r, Seconds: seconds})
		}
		if got := s.metg(tasks); math.Abs(got-cost) > 0.01 {
			t.Errorf("of tasks of %d rounds METG is %.2f ns, want %.0f", rounds, got, cost)
		}
	}
}

// TestJudge has tasks answered rightly, for another, for one before, and by
// nonsense: each must be found.
func TestJudge(t *testing.T) {
	const own = 7<<32 + 3*healBatch + 5
	signed := func(n uint64) []byte {
		out, err := sign(number(n))
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	nonsense := signed(own)
	nonsense[8]++
	for _, c := range []struct {
		name   string
		output []byte
		want   []float64 // answered, lost, wrong, twice, other
	}{
		{"its own", signed(own), []float64{1, 0, 0, 0, 0}},
		{"nonsense", nonsense, []float64{0, 0, 1, 0, 0}},
		{"that of its neighbour", signed(own + 1), []float64{0, 0, 0, 1, 0}},
		{"that of a batch before", signed(own - healBatch), []float64{0, 0, 0, 1, 0}},
		{"that of another caller", signed(own - 1<<32), []float64{0, 0, 1, 0, 0}},
	} {
		var o outcomes
		saw := 0
		o.judge(own, c.output, func(pid int) { saw = pid })
		if !slices.Equal(o.values(), c.want) || (saw == os.Getpid()) != (c.want[0] == 1) {
			t.Errorf("%s: %v, seen %d, want %v", c.name, o.values(), saw, c.want)
		}
	}
}

// TestWard kills nobody, but says so: the pool is whole when a fourth answers.
func TestWard(t *testing.T) {
	var w ward
	for pid := range healProcesses {
		w.saw(pid)
	}
	w.alive = w.alive[1:]
	w.hurt = append(w.hurt, time.Now())
	w.saw(0) // a late answer of the one that was killed
	w.saw(1)
	if len(w.took) > 0 {
		t.Error("the pool is whole though nobody new has come")
	}
	w.saw(healProcesses)
	if len(w.took) != 1 || len(w.alive) != healProcesses || len(w.hurt) != 0 {
		t.Errorf("after the newcomer %d were healed and %d are alive", len(w.took), len(w.alive))
	}
}

// TestProc looks at a child while it lives and when it has ended, and finds it by
// its parent and by its environment.
func TestProc(t *testing.T) {
	onLinux(t)
	t.Setenv("PEERS_PROCESS_MARK", t.Name())
	p, err := startAs("echo")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Stop(grace)
	if _, err := p.Stdin.Write(make([]byte, messageSize)); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Stdout.Read(make([]byte, messageSize)); err != nil { // so it is what it was started as
		t.Fatal(err)
	}
	self, parent, ok := lookUp(p.Pid())
	if !ok || parent != os.Getpid() || !self.lives() {
		t.Fatalf("child %d: %v, of %d, %t", p.Pid(), self, parent, ok)
	}
	const mark = "PEERS_PROCESS_MARK=TestProc"
	if !slices.Contains(children(), self) || !slices.Contains(marked(mark), self) || slices.Contains(marked(mark+"x"), self) {
		t.Errorf("child %d is not found, or found by what is not its own", p.Pid())
	}
	if other := (pidOf{self.pid, self.started + "0"}); other.lives() {
		t.Error("a process that started at another time is taken for this one")
	}
	if err := self.kill(); err != nil {
		t.Fatal(err)
	}
	<-p.Done()
	if self.lives() || slices.Contains(children(), self) {
		t.Errorf("child %d lives on after its end", p.Pid())
	}
}
