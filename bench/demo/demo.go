// Package demo holds what is shown on a stage: each demo makes one point about
// concurrency in a minute or two, with real workers and numbers measured meanwhile.
//
// What a demo emulates it says on screen. It goes on by itself; keys only hurry it.
package demo

import (
	"context"
	"time"

	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/live"
)

// A Demo is one show.
type Demo struct {
	Name      string // as it is called by
	Title     string
	Seconds   int    // that it takes at its usual pace, about
	Sees      string // what the audience sees, in a sentence
	Punchline string // what it should take home
	Emulated  string // what is not the real thing; "" if all is
	Keys      string // what the presenter can press; "" if any key goes on
	Redis     bool   // it takes the one of [Config]

	// Run shows the demo. It returns nil at its end, and the cause of ctx soon after that
	// ended; either way it leaves no process.
	Run func(ctx context.Context, s *live.Stage, c Config) error
}

// Config is what demos are run with.
type Config struct {
	Worker   []string // as in [fleet.Config]: how this program becomes a worker
	Redis    string   // URL of the Redis; "" means one of its own
	Embedded bool     // take the embedded stand-in even if a server is on PATH
	Pace     float64  // share of the usual durations; 0 means 1
}

// All are the demos in the order of the list.
var All = []Demo{
	race,
	gilDemo,
	vms,
	kill,
	heartbeat,
	move,
	liar,
	twoKinds,
}

// Find returns the demo of that name. Its error lists the names and suggests the nearest.
func Find(name string) (Demo, error) {
	var names []string
	for _, d := range All {
		if d.Name == name {
			return d, nil
		}
		names = append(names, d.Name)
	}
	return Demo{}, fleet.Choose("demo", name, names)
}

// scaled is a usual duration at c's pace.
func (c Config) scaled(d time.Duration) time.Duration {
	if c.Pace == 0 {
		return d
	}
	return time.Duration(float64(d) * c.Pace)
}

// hold leaves what is on screen there for a while, at c's pace, or until the presenter
// presses a key, which it returns; 0 means none. What was pressed before does not count:
// nobody had seen this yet. Its error is the cause of ctx.
func (c Config) hold(ctx context.Context, s *live.Stage, d time.Duration) (key rune, err error) {
	s.Forget()
	timer := time.NewTimer(c.scaled(d))
	defer timer.Stop()
	select {
	case <-timer.C:
		return 0, nil
	case key := <-s.Keys():
		return key, nil
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}
