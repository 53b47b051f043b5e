package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/live"
	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/thread/gil"
)

const gilPunchline = "It never slowed your I/O threads, until you added one busy one."

var gilDemo = Demo{
	Name: "gil", Title: "What a global interpreter lock takes, and from whom", Seconds: 90,
	Sees:      "two threads that compute take turns; sixteen that wait fly; one that waits beside one that computes; processes",
	Punchline: gilPunchline,
	Emulated:  "the lock, for Go has none; the threads, their waits and the processes are real",
	Run:       runGIL,
}

// The lock as it is, and as it is shown. Both are slower by the same factor, so that the
// picture has the shape of the real thing.
const (
	gilSwitch = 5 * time.Millisecond // as in CPython
	gilWaits  = time.Millisecond     // what a thread that does I/O waits for
	gilSlower = 100
)

const gilThreads = 16 // that wait

// gilFuncs are what the threads run.
func gilFuncs() levels.Funcs {
	all := Funcs()
	return levels.Funcs{"cpu": all["cpu"], "waits": all["waits"]}
}

// A gilWaiting is the input of the function that waits.
type gilWaiting struct {
	N    int           // times
	Each time.Duration // for so long
}

// gilWait waits, without the lock if there is one, and returns how long it took each time
// until it could go on.
func gilWait(ctx context.Context, in gilWaiting) (took []time.Duration, err error) {
	timer := time.NewTimer(in.Each)
	defer timer.Stop()
	for len(took) < in.N && ctx.Err() == nil {
		begin := time.Now()
		timer.Reset(in.Each)
		gil.Release(ctx, func() {
			select {
			case <-timer.C:
			case <-ctx.Done():
			}
		})
		took = append(took, time.Since(begin))
	}
	return took, context.Cause(ctx)
}

// A gilSubject is what is measured, at three widths.
type gilSubject struct {
	name           string
	one, two, many levels.Level // many may be nil: then it is not measured
	row            gilRow
}

// A gilRow is what was measured. What is 0 was not.
type gilRow struct {
	compute, overlap float64 // times as fast as one worker
	alone, beside    time.Duration
}

// A gilShow is the demo under way.
type gilShow struct {
	Config
	stage     *live.Stage
	locked    *gilSubject
	free      *gilSubject
	processes *gilSubject
	shown     levels.Level // two processes that tell what they do
	collector *live.Collector
	closers   []func() error
}

func runGIL(ctx context.Context, s *live.Stage, c Config) (err error) {
	g := &gilShow{Config: c, stage: s}
	defer g.close()
	if err := g.open(ctx); err != nil {
		return err
	}
	for _, scene := range []func(context.Context) error{g.zigzag, g.fly, g.convoy, g.escape} {
		if err := scene(ctx); err != nil {
			return err
		}
	}
	s.Table(g.table())
	s.Say(gilPunchline)
	return nil
}

// open opens all that is measured. Processes start with their first task.
func (g *gilShow) open(ctx context.Context) (err error) {
	g.locked = g.subject(&err, "with lock", func(width int) (levels.Level, error) {
		return gil.New(gil.Config{Funcs: gilFuncs(), Threads: width, Switch: gilSwitch})
	}, true)
	g.free = g.subject(&err, "without", func(width int) (levels.Level, error) {
		return fleet.Open(ctx, fleet.Spec{{Level: "thread", Width: width}}, fleet.Config{Funcs: gilFuncs()})
	}, true)
	g.processes = g.subject(&err, "processes", func(width int) (levels.Level, error) {
		return g.processLevel(ctx, width, nil)
	}, false)
	if err != nil {
		return err
	}
	if g.collector, err = live.Collect(g.stage, live.CollectorConfig{Name: "process"}); err != nil {
		return err
	}
	g.closers = append(g.closers, g.collector.Close)
	g.shown = g.keep(&err, func() (levels.Level, error) {
		return g.processLevel(ctx, 2, []string{g.collector.Env()})
	})
	return err
}

func (g *gilShow) processLevel(ctx context.Context, width int, env []string) (levels.Level, error) {
	return fleet.Open(ctx, fleet.Spec{{Level: "process", Impl: "pipe", Width: width}},
		fleet.Config{Funcs: Funcs(), Worker: g.Worker, Env: append(fleet.Env(), env...)})
}

// subject opens a level at its widths, unless something has failed already.
func (g *gilShow) subject(err *error, name string, open func(width int) (levels.Level, error), many bool) *gilSubject {
	at := func(width int) levels.Level {
		return g.keep(err, func() (levels.Level, error) { return open(width) })
	}
	subject := &gilSubject{name: name, one: at(1), two: at(2)}
	if many {
		subject.many = at(gilThreads)
	}
	return subject
}

// keep opens a level that close closes.
func (g *gilShow) keep(err *error, open func() (levels.Level, error)) levels.Level {
	if *err != nil {
		return nil
	}
	l, failed := open()
	if failed != nil {
		*err = failed
		return nil
	}
	g.closers = append(g.closers, l.Close)
	return l
}

func (g *gilShow) close() {
	for i := len(g.closers) - 1; i >= 0; i-- {
		g.closers[i]()
	}
}

func (g *gilShow) table() live.Table {
	t := live.Table{
		Title: "The same work, with a lock and without",
		Head:  []string{"workers", "2 compute", "16 wait", "wait of 1 ms, p50", "beside a busy one"},
		Note:  fmt.Sprintf("Measured just now; 2 that compute and 16 that wait are compared with 1: the fastest of %d turns each, for waits of %d. The waits of 1 ms are medians. The lock is simulated: Go has none. - was not measured.", gilComputes, gilOverlaps),
	}
	for i, subject := range []*gilSubject{g.locked, g.free, g.processes} {
		r := subject.row
		name := []string{"threads, simulated lock", "threads, no lock", "processes"}[i]
		t.Rows = append(t.Rows, []string{name, gilTimes(r.compute), gilTimes(r.overlap), gilMS(r.alone), gilMS(r.beside)})
	}
	return t
}

func gilTimes(ratio float64) string {
	if ratio == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2fx", ratio)
}

func gilMS(d time.Duration) string {
	if d == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f ms", d.Seconds()*1000)
}
