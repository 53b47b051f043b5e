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

	Class:  pitfall.Wait,
	Unit:   "x the time of an answer with ten healthy peers",
	Breaks: pitfall.AtLeast(6),
	Holds:  pitfall.AtMost(3),
	Work:   calls,
	Ask: pitfall.Predict{
		Question: "4 workers call 10 peers in turn, and 1 of the 10 never answers. How many times longer does it take to get an answer, on average?",
		Choices: [3]pitfall.Choice{
			{Says: "1.1 times: nine of ten are healthy", If: pitfall.Between(0, 1.3)},
			{Says: "twice", If: pitfall.Between(1.31, 4)},
			{Says: "more than 4 times, and it gets worse while you look", If: pitfall.AtLeast(4.01)},
		},
	},

	Hints: [3]string{
		"What does a worker do that has called the silent peer, and for how long?",
		"Look at the call: to connect, to write and to read may each take forever, and nothing here says how long is too long.",
		"Connect with net.DialTimeout, and set conn.SetDeadline(time.Now().Add(patience)) before writing and reading.",
	},
	Why:   "Each worker meets the silent peer sooner or later, and then waits forever: after four such calls nobody is left who works.",
	Fix:   "A deadline for every call over a network, some times longer than an answer takes; the call that misses it has failed.",
	Price: "Slow answers that would have come are thrown away, and whether their work was done is unknown: the retry must be harmless.",
	Sources: []string{
		"livekit/agents#7128: a synchronous HTTP call without an end; the job is killed",
		"Node.js guide, Don't block the event loop (or the worker pool)",
	},

	Code:      code,
	Broken:    Observe(broken),
	Fixed:     Observe(fixed),
	Yardstick: yardstick,
}

const (
	workers   = 4
	all       = 10 // peers
	calls     = 120
	answering = time.Millisecond
	answer    = "well\n"
	stall     = 120 * time.Millisecond // without the end of a call: then workers that are stuck are let go
)

// yardstick is the healthy world: ten peers that answer, and the same calls to them.
func yardstick(ctx context.Context) (pitfall.Seen, error) { return run(ctx, all, broken) }

// Observe runs a way to call a peer, with one of ten silent.
func Observe(call func(peer string) (string, error)) pitfall.Variant {
	return func(ctx context.Context) (pitfall.Seen, error) { return run(ctx, all-1, call) }
}

// run has the workers call all peers in turn, until all calls are made or no call ends any
// more. Its time is that for each answer.
func run(ctx context.Context, healthy int, call func(string) (string, error)) (pitfall.Seen, error) {
	p, err := listen(healthy, all-healthy)
	if err != nil {
		return pitfall.Seen{}, err
	}
	over, cancel := context.WithCancel(ctx)
	defer cancel()
	stuck := time.AfterFunc(stall, cancel)
	defer stuck.Stop()
	var next, answered, failed atomic.Int64
	start := time.Now()
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for n := next.Add(1); n <= calls && over.Err() == nil; n = next.Add(1) {
				said, err := call(p.addresses[n%all])
				stuck.Reset(stall)
				switch {
				case over.Err() != nil: // let go: neither answered nor given up
				case err == nil && said == answer:
					answered.Add(1)
				default:
					failed.Add(1)
				}
			}
		})
	}
	ended := make(chan struct{})
	go func() { // ends below
		wg.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-over.Done():
	}
	took := time.Since(start)
	good, bad := int(answered.Load()), int(failed.Load())
	p.close()
	<-ended
	return pitfall.Seen{Took: took / time.Duration(max(1, good)), Outcomes: []pitfall.Outcome{
		{What: "answered", Verdict: pitfall.Expected, Count: good},
		{What: "given up in time", Verdict: pitfall.Allowed, Count: bad},
		{What: "never made, or stuck", Verdict: pitfall.Forbidden, Count: calls - good - bad},
	}}, context.Cause(ctx)
}
