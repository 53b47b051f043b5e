package demo

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/live"
	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/async/loop"
	"github.com/fourlevels/fourlevels/levels/workload"
)

const twoKindsPunchline = "Confusing, and awesome: one loop, two kinds of waiting."

var twoKinds = Demo{
	Name:      "two-kinds",
	Title:     "Two kinds of concurrency at once",
	Seconds:   60,
	Sees:      "Pages are fetched over sockets and worked on in child processes: one after the other, with the sockets alone asynchronous, and with one loop that waits for both. Then a peer hangs and a child is killed, and the loop goes on.",
	Punchline: twoKindsPunchline,
	Emulated:  "A child's work is a wait that keeps its process, so that it needs no processor. The peer is a server on loopback, told how long to wait.",
	Keys:      "in the last scene: h a peer hangs · k kill a child",
	Run: func(ctx context.Context, s *live.Stage, c Config) error {
		return orCause(ctx, runTwoKinds(ctx, s, c))
	},
}

const (
	kindPages     = 16
	kindWidth     = 4                      // sockets, and children
	kindAnswering = 250 * time.Millisecond // until a page comes
	kindWorking   = 500 * time.Millisecond // on a page, in a child
	kindTimeout   = time.Second            // for a page, where a peer may hang
	warming       = 1000                   // the number of the first task that is not shown
)

// A kindsShow is the demo under way.
type kindsShow struct {
	*live.Stage
	Config
	work     workload.Workload
	origin   string // the URL of the peer
	children *children
	pool     *fleet.Fleet
	loop     *loop.Level
	sockets  *sockets
	faults   faults
	took     []time.Duration // in the order of the ways
}

// A way is how the two kinds are put together.
type kindsWay struct {
	name, title, text string
	atOnce            bool // all pages are asked for at once
	whole             bool // the loop waits for children too
}

var kindsWays = []kindsWay{
	{"serial", "1 of 4: one page after the other", "Fetch a page, have a child work on it, take the next.", false, true},
	{"half", "2 of 4: half composed", "The sockets are asynchronous, the call to a child is not: while one child works, the loop waits, and hears no socket.", true, false},
	{"both", "3 of 4: both at once", "One loop waits for sockets and for children.", true, true},
}

func runTwoKinds(ctx context.Context, s *live.Stage, c Config) (err error) {
	k := &kindsShow{Stage: s, Config: c}
	k.work = workload.Mix(workload.Mixture{Wait: c.scaled(kindWorking), Payload: -1})
	stop, err := k.open(ctx)
	defer func() { err = errors.Join(err, stop()) }()
	if err != nil {
		return err
	}
	curtain(s, kindsWays[0].title)
	tell, err := k.Ask(ctx, "Sockets asynchronous, calls to children not. How long does it take, against one page after the other?",
		"about a fourth", "about two thirds", "nearly as long")
	if err != nil {
		return err
	}
	for i, way := range kindsWays {
		if err := k.act(ctx, way); err != nil {
			return err
		}
		if i == 1 {
			tell(k.answer())
		}
		if _, err := k.hold(ctx, s, 9*time.Second); err != nil {
			return err
		}
	}
	if err := k.disturb(ctx); err != nil {
		return err
	}
	if _, err := k.hold(ctx, s, 9*time.Second); err != nil {
		return err
	}
	k.conclude()
	return nil
}

// answer is the choice that came true.
func (k *kindsShow) answer() int {
	switch share := k.took[1].Seconds() / k.took[0].Seconds(); {
	case share < 0.45:
		return 1
	case share < 0.85:
		return 2
	}
	return 3
}

// open starts the peer, the children and the loop. Stop ends what was started.
func (k *kindsShow) open(ctx context.Context) (stop func() error, err error) {
	var opened []func() error
	stop = sync.OnceValue(func() (err error) {
		for i := len(opened) - 1; i >= 0; i-- {
			err = errors.Join(err, opened[i]())
		}
		return err
	})
	url, _, stopOrigin, err := fleet.StartOrigin(ctx, fleet.Config{Worker: k.Worker}, "")
	if err != nil {
		return stop, err
	}
	opened = append(opened, func() error { stopOrigin(); return nil })
	k.origin = url
	if k.children, err = newChildren(k.Stage); err != nil {
		return stop, err
	}
	opened = append(opened, k.children.close)
	k.pool, err = fleet.Open(ctx, fleet.Spec{{Level: "process", Impl: "pipe", Width: kindWidth}},
		fleet.Config{Worker: k.Worker, Env: append(fleet.Env(), k.children.collector.Env())})
	if err != nil {
		return stop, err
	}
	opened = append(opened, func() error { k.children.retire(); return k.pool.Close() })
	k.sockets = newSockets(k.Stage)
	k.loop, err = loop.New(loop.Config{
		Async:    map[string]loop.Func{"half": k.page(false), "whole": k.page(true)},
		InFlight: 16, // pages under way: more would be gathered on their way to the children
	})
	if err != nil {
		return stop, err
	}
	opened = append(opened, k.loop.Close)
	return stop, k.warm(ctx)
}

// warm makes the children begin, and the connections.
func (k *kindsShow) warm(ctx context.Context) error {
	short := workload.Mix(workload.Mixture{Wait: 10 * time.Millisecond, Payload: -1})
	var tasks []levels.Task
	for i := range 4 * kindWidth {
		tasks = append(tasks, short.Task(i, 0))
	}
	return failure(ctx, k.pool.Run(ctx, live.NumberFrom(warming, tasks)))
}

// act has the pages fetched and worked on in one of the ways.
func (k *kindsShow) act(ctx context.Context, way kindsWay) error {
	k.scene(way.title, way.text)
	took, err := k.run(ctx, way, kindPages)
	if err != nil {
		return err
	}
	k.took = append(k.took, took)
	k.bars()
	clocks(k.Stage, k.children.collector)
	return nil
}

func (k *kindsShow) scene(title, text string) {
	k.Scene(live.Scene{
		Title: title, Lanes: append(k.sockets.lanes(), childLanes()...),
		Text: fmt.Sprintf("%s A page takes %v to come and %v in a child. EMULATED: that work is a wait, which needs no processor.", text, k.scaled(kindAnswering), k.scaled(kindWorking)),
	})
	k.bars()
}

// run returns how long so many pages took.
func (k *kindsShow) run(ctx context.Context, way kindsWay, pages int) (time.Duration, error) {
	name := "half"
	if way.whole {
		name = "whole"
	}
	tasks := make([]levels.Task, pages)
	for i := range tasks {
		tasks[i] = levels.Task{Func: name, Input: strconv.AppendInt(nil, int64(i), 10)}
	}
	start := time.Now()
	step := len(tasks)
	if !way.atOnce {
		step = 1
	}
	for i := 0; i < len(tasks); i += step {
		if err := failure(ctx, k.loop.Run(ctx, tasks[i:i+step])); err != nil {
			return 0, err
		}
		k.Count(live.Count{Name: "done", Value: float64(i + step), Unit: "pages"})
	}
	return time.Since(start), nil
}

// bars are the times so far.
func (k *kindsShow) bars() {
	b := live.Bars{Title: fmt.Sprint(kindPages, " pages"), Unit: "s"}
	for i, way := range kindsWays {
		bar := live.Bar{Label: way.name, Value: -1}
		if i < len(k.took) {
			bar.Value = k.took[i].Seconds()
		}
		b.Bars = append(b.Bars, bar)
	}
	k.Bars(b)
}
