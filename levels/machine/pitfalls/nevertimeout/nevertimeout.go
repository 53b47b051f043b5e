// Package nevertimeout is a pitfall of machines: a call without a deadline to a peer that
// accepts and never answers. One such peer of ten takes all workers, one after another.
package nevertimeout

import (
	"context"
	"embed"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fourlevels/fourlevels/levels/pitfall"
)

//go:embed broken.go fixed.go
var code embed.FS

// Pitfall is the catalogue's entry.
var Pitfall = pitfall.Pitfall{
	ID:    "M6",
	Name:  "nevertimeout",
	Title: "The peer that never answers",
	Level: "machine",
	Story: "Four workers call ten peers without a deadline; one peer accepts and never answers, and soon all four wait for it.",

	Class:  pitfall.Count,
	Unit:   "calls stuck or never made of 120",
	Breaks: pitfall.Exactly(85), // the 39th is the fourth that the silent peer gets
	Work:   calls,
	Least:  calls / 2, // answered, even if the machine is so busy that healthy peers are late
	Ask: pitfall.Predict{
		Question: "4 workers make 120 calls, to 10 peers in turn, and 1 of the 10 never answers. How many of the 120 calls are stuck, or never made?",
		Choices: [3]pitfall.Choice{
			{Says: "12: one of ten, and the others go on", If: pitfall.Between(0, 12)},
			{Says: "about 30: one of the four workers waits for it", If: pitfall.Between(13, 60)},
			{Says: "most: soon all four wait for it, and nobody is left who calls", If: pitfall.Between(61, calls)},
		},
	},

	Hints: [3]string{
		"What does a worker do that has called the silent peer, and for how long?",
		"Look at the call: to connect, to write and to read may each take forever, and nothing here says how long is too long.",
		"Connect with net.DialTimeout, and set conn.SetDeadline(time.Now().Add(patience)) before writing and reading.",
	},
	Why:   "Each worker meets the silent peer sooner or later, and then waits forever: after four such calls nobody is left who works.",
	Fix:   "A deadline for every call over a network, some times longer than an answer takes; the call that misses it has failed.",
	Price: "Answers that would have come after the 50 ms are thrown away, and whether their work was done is unknown: the retry must be harmless. And each call to the silent peer still costs a worker 50 ms.",
	Sources: []string{
		"Python Requests documentation, Quickstart, Timeouts: nearly all production code should have one, or it may hang indefinitely",
		"Go documentation, net/http, Client.Timeout: zero means no timeout, and that is the default",
	},

	Code:   code,
	Broken: Observe(broken),
	Fixed:  Observe(fixed),
}

const (
	workers   = 4
	healthy   = 9 // peers
	silent    = 1
	calls     = 120
	answering = time.Millisecond
	answer    = "well\n"
)

// stall is how long all workers may be with the silent peer before the calls are taken for
// stuck. It does not change how many these are.
const stall = 500 * time.Millisecond

// Observe has workers call nine healthy peers and a silent one in turn, in that way, until
// all calls are made or all workers are stuck.
func Observe(call func(peer string) (string, error)) pitfall.Variant {
	return func(ctx context.Context) (pitfall.Seen, error) {
		p, err := listen(healthy, silent)
		if err != nil {
			return pitfall.Seen{}, err
		}
		over, cancel := context.WithCancel(ctx)
		defer cancel()
		letGo := context.AfterFunc(over, p.close)
		w := &world{peers: p, call: call, over: over, end: cancel}
		var wg sync.WaitGroup
		for range workers {
			wg.Go(w.work)
		}
		wg.Wait()
		letGo()
		p.close()
		return w.seen(), context.Cause(ctx)
	}
}

// A world is peers, and what became of the calls to them.
type world struct {
	*peers
	call func(peer string) (string, error)
	over context.Context
	end  context.CancelFunc // of it

	made, waiting, answered, failed, stuck atomic.Int64
}

// work makes calls until all are made.
func (w *world) work() {
	for n := w.made.Add(1); n <= calls && w.over.Err() == nil; n = w.made.Add(1) {
		said, err := w.one(int(n) % len(w.addresses))
		switch {
		case w.over.Err() != nil:
			w.stuck.Add(1)
		case err == nil && said == answer:
			w.answered.Add(1)
		default:
			w.failed.Add(1)
		}
	}
}

// one calls a peer. The last worker to join the others at the silent one ends the world,
// unless its call comes back.
func (w *world) one(peer int) (string, error) {
	if peer >= healthy {
		if w.waiting.Add(1) == workers {
			defer time.AfterFunc(stall, w.end).Stop()
		}
		defer w.waiting.Add(-1)
	}
	return w.call(w.addresses[peer])
}

func (w *world) seen() pitfall.Seen {
	answered, failed, stuck := int(w.answered.Load()), int(w.failed.Load()), int(w.stuck.Load())
	return pitfall.Seen{Outcomes: []pitfall.Outcome{
		{What: "answered", Verdict: pitfall.Expected, Count: answered},
		{What: "given up in time", Verdict: pitfall.Allowed, Count: failed},
		{What: "stuck: no answer for half a second, and nobody gives up", Verdict: pitfall.Forbidden, Count: stuck},
		{What: "never made: no worker is left", Verdict: pitfall.Forbidden, Count: calls - answered - failed - stuck},
	}}
}
