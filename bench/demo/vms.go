package demo

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/live"
	"github.com/fourlevels/fourlevels/bench/noise"
	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/workload"
)

const vmsPunchline = "You bought four machines and rented one."

var vms = Demo{
	Name:      "vms",
	Title:     "Many machines, one host",
	Seconds:   75,
	Sees:      "One, two, four machines compute the same tasks, and the throughput stays where it was. Then it is shown where they are, and somebody pulls the plug.",
	Punchline: vmsPunchline,
	Emulated:  "The machines are processes of this host. As root on Linux each has a network of its own; otherwise they share loopback. That four hosts would give about four times as much is not measured: there is one.",
	Keys:      "h show where the machines are · k pull the plug",
	Run: func(ctx context.Context, s *live.Stage, c Config) error {
		return orCause(ctx, runVMs(ctx, s, c, true))
	},
}

// A vmShow is the demo under way.
type vmShow struct {
	*live.Stage
	Config
	apart   bool   // machines get networks of their own
	shared  string // why they do not
	slots   int    // tasks at once on each machine: enough for all of the host's processors
	rounds  int
	work    workload.Workload
	watcher *noise.Watcher

	hosts  []*fleet.Host
	rates  []vmRate
	packed float64 // % that went dark with the one host
	spread float64 // % that went dark with one of four
}

// A vmRate is what some machines did together.
type vmRate struct {
	machines int
	rate     float64 // tasks a second
}

func runVMs(ctx context.Context, s *live.Stage, c Config, apart bool) (err error) {
	work, err := workload.Find("cpu", workload.Env{})
	if err != nil {
		return err
	}
	v := &vmShow{Stage: s, Config: c, apart: apart, shared: "not asked for", work: work, watcher: noise.Watch(nil)}
	v.slots = runtime.GOMAXPROCS(0)
	v.rounds = max(200_000, int(15e6*float64(c.scaled(time.Second))/float64(time.Second))) // 30 ms at 2 ns a round
	defer v.close()
	for _, act := range []func(context.Context) error{v.grow, v.reveal, v.plugOne, v.plugOneOfFour} {
		if err := act(ctx); err != nil {
			return err
		}
	}
	v.conclude()
	return nil
}

// grow computes with one, two and four machines.
func (v *vmShow) grow(ctx context.Context) error {
	var tell func(int)
	for _, n := range []int{1, 2, 4} {
		if err := v.open(ctx, n); err != nil {
			return err
		}
		if err := v.measure(ctx); err != nil {
			return err
		}
		if n == 1 {
			var err error
			if tell, err = v.Ask(ctx, "Four machines instead of one: how much more gets done?",
				"about four times as much", "about twice as much", "about as much as before"); err != nil {
				return err
			}
		}
	}
	tell(v.answer())
	v.Say(fmt.Sprintf("One machine did %s tasks a second, four did %s: %.2f times as many.", three(v.rates[0].rate), three(v.rates[2].rate), v.times(2)))
	_, err := v.hold(ctx, v.Stage, 4*time.Second)
	return err
}

// times is how many times as much as one machine those of a measurement did.
func (v *vmShow) times(i int) float64 { return v.rates[i].rate / v.rates[0].rate }

// answer is the choice that the four machines came closest to: 4, 2 or 1 times as much.
func (v *vmShow) answer() int {
	switch times := v.times(2); {
	case times > 2.8: // the middle of 2 and 4, as ratios go
		return 1
	case times > 1.4:
		return 2
	}
	return 3
}

// open starts machines until there are so many. Those that cannot have networks of their own
// share one, all of them.
func (v *vmShow) open(ctx context.Context, n int) error {
	config := fleet.Config{Worker: v.Worker}
	for len(v.hosts) < n {
		h, err := fleet.StartHost(ctx, config, v.slots, v.apart)
		switch {
		case err == nil:
			v.hosts = append(v.hosts, h)
			if err := v.warm(ctx, h); err != nil {
				return err
			}
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case !v.apart || len(v.hosts) > 0:
			return err
		default:
			v.apart, v.shared = false, err.Error()
		}
	}
	return nil
}

// warm has a machine do something that is not measured: its connections are made.
func (v *vmShow) warm(ctx context.Context, h *fleet.Host) error {
	var tasks []levels.Task
	for i := range 2 * v.slots {
		tasks = append(tasks, v.work.Task(i, v.rounds))
	}
	return failure(ctx, h.Run(ctx, tasks))
}

// close ends the machines.
func (v *vmShow) close() {
	for _, h := range v.hosts {
		h.Close()
	}
	v.hosts = nil
}

// lanes are those of the machines that there are.
func (v *vmShow) lanes() (names []string) {
	for i := range v.hosts {
		for slot := range min(v.slots, shownSlots) {
			names = append(names, laneOf(i, slot))
		}
	}
	return names
}

// networks says what is real about the machines and what is not.
func (v *vmShow) networks() string {
	if v.apart {
		return "EMULATED: each machine is a process in a network namespace of its own."
	}
	return "EMULATED: each machine is a process on loopback."
}

// measure computes for a while with the machines that there are.
func (v *vmShow) measure(ctx context.Context) error {
	n := len(v.hosts)
	title := "One machine"
	if n > 1 {
		title = fmt.Sprint(n, " machines")
	}
	text := fmt.Sprintf("%s Each runs %d tasks at once, as many as there are processors%s. All of them compute.", v.networks(), v.slots, v.unseen())
	v.Scene(live.Scene{Title: title, Text: text, Lanes: v.lanes()})
	v.bars()
	l := v.load()
	begun := time.Now()
	err := l.run(ctx, v.hosts, v.slots, func(ctx context.Context) error { return v.watch(ctx, l, 8*time.Second, 0) })
	if err != nil {
		return err
	}
	done, _ := l.counts()
	if done == 0 {
		return fmt.Errorf("no task was done within %v: take a larger --pace", v.scaled(8*time.Second))
	}
	v.rates = append(v.rates, vmRate{n, float64(done) / time.Since(begun).Seconds()})
	v.bars()
	_, err = v.hold(ctx, v.Stage, 2*time.Second)
	return err
}

func (v *vmShow) load() *load {
	return &load{stage: v.Stage, work: v.work, rounds: v.rounds, outputs: map[int][]byte{}}
}

// unseen says that some tasks have no lane, if that is so.
func (v *vmShow) unseen() string {
	if v.slots <= shownSlots {
		return ""
	}
	return fmt.Sprintf(" (%d of them are shown)", shownSlots)
}

// watch shows for so long, at the demo's pace, or until the presenter presses the key, how
// many tasks are done. Key 0 is none.
func (v *vmShow) watch(ctx context.Context, l *load, d time.Duration, key rune) error {
	over := time.NewTimer(v.scaled(d))
	defer over.Stop()
	step := v.scaled(500 * time.Millisecond)
	tick := time.NewTicker(step)
	defer tick.Stop()
	for before, _ := l.counts(); ; {
		select {
		case pressed := <-v.Keys():
			if key != 0 && pressed == key {
				return nil
			}
		case <-tick.C:
			done, _ := l.counts()
			v.Count(live.Count{Name: "done", Value: float64(done), Unit: "tasks"})
			v.Point(live.Point{Series: "throughput", Value: float64(done-before) / step.Seconds(), Unit: "tasks/s"})
			before = done
		case <-over.C:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// bars are the throughputs so far.
func (v *vmShow) bars() {
	b := live.Bars{Title: "throughput", Unit: "tasks/s"}
	for i, n := range []int{1, 2, 4} {
		bar := live.Bar{Label: fmt.Sprint(n, " on one host"), Value: -1}
		if i < len(v.rates) {
			bar.Value, bar.Note = v.rates[i].rate, fmt.Sprintf("%.2fx", v.times(i))
		}
		b.Bars = append(b.Bars, bar)
	}
	v.Bars(b)
}
