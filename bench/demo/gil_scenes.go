package demo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/fourlevels/fourlevels/bench/live"
	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/thread/gil"
)

// endless is a number of rounds that nobody lives to see done.
const endless = 1 << 40

// zigzag shows two threads that compute, and what the second adds.
func (g *gilShow) zigzag(ctx context.Context) error {
	g.stage.Scene(live.Scene{
		Title: fmt.Sprintf("gil: two threads compute, one lock (simulated, 1:%d)", gilSlower),
		Text:  "Who has the lock runs; who waits for it is queued. After 5 ms, here half a second, the other asks for it.",
		Lanes: threadLanes(g.stage, 2),
	})
	g.stage.Say("two threads, and never two at once")
	slow := g.slowLock(2, threadLanes(g.stage, 2))
	if err := g.act(ctx, slow, 12*time.Second, func(ctx context.Context, l levels.Level) error {
		return failure(ctx, l.Run(ctx, []levels.Task{gilCompute(0, endless), gilCompute(1, endless)})) // until the time is over
	}); err != nil {
		return err
	}
	g.stage.Say("now measured at its real speed, a turn of 5 ms")
	for _, subject := range []*gilSubject{g.locked, g.free} {
		if err := g.measureCompute(ctx, subject); err != nil {
			return err
		}
		g.stage.Bars(gainBars("2 threads that compute, against 1", computeGain, g.locked, g.free))
	}
	return g.rest(ctx)
}

// fly shows sixteen threads that wait.
func (g *gilShow) fly(ctx context.Context) error {
	lanes := threadLanes(g.stage, gilThreads)
	g.stage.Scene(live.Scene{
		Title: fmt.Sprintf("gil: %d threads wait, one lock (simulated)", gilThreads),
		Text:  fmt.Sprintf("Each gives the lock up around its waits. %d of the threads are drawn.", len(lanes)),
		Lanes: lanes,
	})
	g.stage.Say("a thread that waits needs no lock")
	slow := g.slowLock(gilThreads, lanes)
	if err := g.act(ctx, slow, time.Minute, func(ctx context.Context, l levels.Level) error {
		return failure(ctx, l.Run(ctx, g.flights()))
	}); err != nil {
		return err
	}
	g.stage.Say("now measured: waits of 20 ms, on one thread and on sixteen")
	for _, subject := range []*gilSubject{g.locked, g.free} {
		if err := g.measureOverlap(ctx, subject); err != nil {
			return err
		}
		g.stage.Bars(gainBars("16 threads that wait, against 1", overlapGain, g.locked, g.free))
	}
	return g.rest(ctx)
}

// flights are waits of different lengths, about eight seconds for each thread.
func (g *gilShow) flights() (tasks []levels.Task) {
	for i := range gilThreads * 8 {
		tasks = append(tasks, gilTask(1, g.scaled(time.Duration(700+100*(i*5%7))*time.Millisecond)))
	}
	return tasks
}

// convoy shows one thread that waits beside one that computes.
func (g *gilShow) convoy(ctx context.Context) error {
	tell, err := g.stage.Ask(ctx, "A thread waits for 1 ms, again and again. Now another begins to compute. How long does a wait take?",
		"1 ms, as before", "2 ms: they share", "5 ms or more")
	if err != nil {
		return err
	}
	lanes := []string{"I/O thread", "CPU thread"}
	g.stage.Scene(live.Scene{
		Title: fmt.Sprintf("gil: one waits, one computes, one lock (simulated, 1:%d)", gilSlower),
		Text:  "Each time the I/O thread comes back from a wait, it queues for the lock.",
		Lanes: lanes,
	})
	g.stage.Say("the I/O thread is alone: the lock is always free")
	if err := g.act(ctx, g.slowLock(2, lanes), 16*time.Second, g.joined); err != nil {
		return err
	}
	g.stage.Say("now measured at its real speed: waits of 1 ms, turns of 5 ms")
	for _, subject := range []*gilSubject{g.locked, g.free} {
		if err := g.measureConvoy(ctx, subject); err != nil {
			return err
		}
		g.stage.Bars(convoyBars(g.locked, g.free))
	}
	tell(convoyAnswer(g.locked.row))
	return g.rest(ctx)
}

// joined runs a thread that waits, and after a while one that computes.
func (g *gilShow) joined(ctx context.Context, l levels.Level) error {
	var io sync.WaitGroup
	var waits error
	io.Go(func() { // waited for below
		waits = failure(ctx, l.Run(ctx, []levels.Task{gilTask(endless, g.scaled(gilSlower*gilWaits))}))
	})
	_, err := g.hold(ctx, g.stage, 5*time.Second)
	if err == nil {
		g.stage.Say("a thread that computes joins: it keeps the lock for its 5 ms, each time")
		err = failure(ctx, l.Run(ctx, []levels.Task{gilCompute(0, endless)}))
	}
	io.Wait()
	return cmp.Or(waits, err)
}

func convoyAnswer(r gilRow) int {
	switch ratio := float64(r.beside) / float64(r.alone); {
	case ratio < 1.5:
		return 1
	case ratio < 3:
		return 2
	}
	return 3
}

// escape shows processes: each has a memory and, in Python, a lock of its own.
func (g *gilShow) escape(ctx context.Context) error {
	g.stage.Scene(live.Scene{
		Title: "gil: two processes compute (real, no lock between them)",
		Text:  "In Python each process has an interpreter, and so a lock, of its own.",
		Lanes: []string{"process 1", "process 2"},
	})
	g.stage.Say("the same computing tasks: now two at once")
	for begin, n := time.Now(), 0; n == 0 || time.Since(begin) < g.scaled(7*time.Second); n += 4 {
		var tasks []levels.Task
		for i := range 4 {
			tasks = append(tasks, gilCompute(n+i, g.rounds(500*time.Millisecond)))
		}
		if err := failure(ctx, g.shown.Run(ctx, live.NumberFrom(n, tasks))); err != nil {
			return err
		}
	}
	clocks(g.stage, g.collector)
	g.stage.Say("now measured, as the threads were")
	if err := g.measureCompute(ctx, g.processes); err != nil {
		return err
	}
	if err := g.measureConvoy(ctx, g.processes); err != nil {
		return err
	}
	g.stage.Bars(gainBars("2 that compute, against 1", computeGain, g.locked, g.free, g.processes))
	g.stage.Bars(convoyBars(g.locked, g.free, g.processes))
	return g.rest(ctx)
}

var errCurtain = errors.New("the scene is over")

// act opens a lock and lets play use it for some time at most. What fails because that is
// over has not failed.
func (g *gilShow) act(ctx context.Context, c gil.Config, lasts time.Duration, play func(context.Context, levels.Level) error) error {
	l, err := gil.New(c)
	if err != nil {
		return err
	}
	defer l.Close()
	scene, end := context.WithTimeoutCause(ctx, g.scaled(lasts), errCurtain)
	defer end()
	if err := play(scene, l); err != nil && !errors.Is(err, errCurtain) {
		return err
	}
	return context.Cause(ctx)
}

// rest leaves the bars on the stage for a while.
func (g *gilShow) rest(ctx context.Context) error {
	_, err := g.hold(ctx, g.stage, 5*time.Second)
	return err
}

// gainBars compare gains, of which some may not be known yet.
func gainBars(title string, gain func(gilRow) float64, subjects ...*gilSubject) live.Bars {
	b := live.Bars{Title: title, Unit: "x"}
	for _, s := range subjects {
		b.Bars = append(b.Bars, live.Bar{Label: s.name, Value: known(gain(s.row))})
	}
	return b
}

// known takes what is 0 for what is not known yet.
func known(v float64) float64 {
	if v == 0 {
		return -1
	}
	return v
}

func computeGain(r gilRow) float64 { return r.compute }
func overlapGain(r gilRow) float64 { return r.overlap }

func convoyBars(subjects ...*gilSubject) live.Bars {
	b := live.Bars{Title: "a wait of 1 ms, p50", Unit: "ms"}
	for _, s := range subjects {
		b.Bars = append(b.Bars,
			live.Bar{Label: s.name + ", alone", Value: known(s.row.alone.Seconds() * 1000)},
			live.Bar{Label: s.name + ", + busy", Value: known(s.row.beside.Seconds() * 1000)})
	}
	return b
}
