package demo

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/live"
	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/async/loop"
)

const heartPunchline = "It was not slow, it was deaf."

var heartbeat = Demo{
	Name: "heartbeat", Title: "An event loop, and a call that blocks it", Seconds: 60,
	Sees:      "the pulse of an event loop, a beat each millisecond; a call that blocks for 40 ms; the same call on an executor",
	Punchline: heartPunchline,
	Emulated:  "the blocking call is a sleep; the loop, its pulse and the executor's thread are real",
	Keys:      "any: the next call at once",
	Run:       runHeartbeat,
}

const (
	heartCall  = 40 * time.Millisecond // that blocks
	heartCalls = 22                    // of a scene
	heartLane  = "call of 40 ms"
)

// A heartScene is the same loop under other conditions.
type heartScene struct {
	name, title, text, say string
	calls                  int
	executor               bool
}

var heartScenes = []heartScene{
	{"calm", "heartbeat: an event loop in good health",
		"One thread. One task asks the loop to be called back each millisecond: its pulse.",
		"calm: nothing blocks", 0, false},
	{"blocked", "heartbeat: once a second a call blocks for 40 ms",
		"The call sleeps, as a driver that knows no async does. It computes nothing at all.",
		"loop.Config{Funcs: call} // runs on the loop", heartCalls, false},
	{"executor", "heartbeat: the same call, on an executor",
		"The loop hands the call to another thread, and goes on meanwhile.",
		"loop.Config{Funcs: call, Executor: pool} // runs on the pool", heartCalls, true},
}

// heartRow is what became of the pulse in a scene.
type heartRow struct {
	name  string
	calls []time.Duration // the longest gap in each
	pulse heartTally
}

func runHeartbeat(ctx context.Context, s *live.Stage, c Config) error {
	h := &heartShow{Config: c, stage: s}
	call := levels.Funcs{"call": h.block}
	pool, err := fleet.Open(ctx, fleet.Spec{{Level: "thread", Width: 1}}, fleet.Config{Funcs: call})
	if err != nil {
		return err
	}
	defer pool.Close()
	tell := func(int) {}
	for i, scene := range heartScenes {
		config := loop.Config{Funcs: call}
		if scene.executor {
			config.Executor = pool
		}
		if err := h.play(ctx, scene, config); err != nil {
			return err
		}
		if i == 0 {
			tell, err = s.Ask(ctx, "Once a second a task calls something that blocks for 40 ms. What does the pulse do?",
				"nothing: the loop is asynchronous", "it gets a little slower", "it stops dead, for all 40 ms")
			if err != nil {
				return err
			}
		}
	}
	tell(heartAnswer(middle(h.rows[1].calls)))
	s.Table(heartTable(h.rows))
	s.Say(heartPunchline)
	return nil
}

// heartAnswer tells from the longest gap in a call what the pulse did.
func heartAnswer(gap time.Duration) int {
	switch {
	case gap >= heartCall*9/10:
		return 3
	case gap > 3*heartBeat:
		return 2
	}
	return 1
}

func heartTable(rows []heartRow) live.Table {
	t := live.Table{
		Title: "The pulse of an event loop: a beat each millisecond",
		Head:  []string{"loop", "calls", "beats due", "beats seen", "longest gap ms", "gap in a call, p50 ms"},
		Note:  "Measured. The loop's timers count in whole milliseconds, and others use this machine too, so even a calm loop misses some beats.",
	}
	for _, r := range rows {
		in := "-"
		if len(r.calls) > 0 {
			in = fmt.Sprintf("%.1f", middle(r.calls).Seconds()*1000)
		}
		t.Rows = append(t.Rows, []string{
			r.name, fmt.Sprint(len(r.calls)), fmt.Sprint(r.pulse.due), fmt.Sprint(r.pulse.seen),
			fmt.Sprintf("%.1f", r.pulse.longest.Seconds()*1000), in,
		})
	}
	return t
}

// A heartShow is the demo under way.
type heartShow struct {
	Config
	stage *live.Stage
	rows  []heartRow
}

// block is the call: it waits, and whose thread it runs on waits with it.
func (h *heartShow) block(context.Context, []byte) ([]byte, error) {
	defer h.stage.Begin(heartLane, -1, live.Waiting)()
	time.Sleep(heartCall)
	return nil, nil
}

// play shows one scene, with a loop of its own.
func (h *heartShow) play(ctx context.Context, scene heartScene, config loop.Config) error {
	p := &heartPulse{stage: h.stage}
	config.Async = map[string]loop.Func{"pulse": p.start}
	l, err := loop.New(config)
	if err != nil {
		return err
	}
	defer l.Close()
	h.stage.Scene(live.Scene{Title: scene.title, Text: scene.text, Lanes: []string{"pulse", heartLane}})
	h.stage.Say(scene.say)
	beating, stop := context.WithCancel(ctx)
	var others sync.WaitGroup
	defer others.Wait() // before l is closed
	defer stop()
	others.Go(func() { l.Run(beating, []levels.Task{{Func: "pulse"}}) }) // until stop
	others.Go(func() { p.report(beating) })
	gaps, err := h.calls(ctx, l, p, scene.calls)
	if err != nil {
		return err
	}
	h.rows = append(h.rows, heartRow{scene.name, gaps, p.sum()})
	return nil
}

// calls makes some calls, one a second, or as soon as the presenter presses a key; without
// any it leaves the loop alone for a while. It returns the longest gap in each.
func (h *heartShow) calls(ctx context.Context, l levels.Level, p *heartPulse, n int) (gaps []time.Duration, err error) {
	if n == 0 {
		_, err = h.hold(ctx, h.stage, 15*time.Second)
		return nil, err
	}
	for range n {
		if _, err := h.hold(ctx, h.stage, time.Second); err != nil {
			return nil, err
		}
		var results []levels.Result
		gaps = append(gaps, p.during(func() { results = l.Run(ctx, []levels.Task{{Func: "call"}}) }))
		if err := failure(ctx, results); err != nil {
			return nil, err
		}
		h.stage.Count(live.Count{Name: "blocking calls", Value: float64(len(gaps))})
	}
	_, err = h.hold(ctx, h.stage, time.Second)
	return gaps, err
}
