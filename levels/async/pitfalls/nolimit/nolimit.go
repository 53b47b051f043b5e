// Package nolimit is a pitfall of async I/O: starting a thousand requests costs nothing,
// so a thousand are started. Whoever has to answer them at once turns most of them away.
package nolimit

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/fourlevels/fourlevels/levels/pitfall"
)

//go:embed broken.go fixed.go
var code embed.FS

// Pitfall is the catalogue's entry.
var Pitfall = pitfall.Pitfall{
	ID:    "A3",
	Name:  "nolimit",
	Title: "No limit",
	Level: "async",
	Story: "A crawler starts a goroutine for each of 1000 pages, and the server, which has slots for 64 requests, turns the others away.",

	Class:  pitfall.Count,
	Unit:   "requests turned away of 1000",
	Breaks: pitfall.Between(501, many-Slots), // fewer only if starting them takes as long as answering one
	Work:   many,
	Ask: pitfall.Predict{
		Question: "A server takes 64 requests at once, answers each after 20 ms, and turns away what is more. A thousand goroutines ask. How many are turned away?",
		Choices: [3]pitfall.Choice{
			{Says: "none: the others wait for their turn", If: pitfall.Exactly(0)},
			{Says: "up to half: many slots are free again by then", If: pitfall.Between(1, 500)},
			{Says: "more than half", If: pitfall.Between(501, many)},
		},
	},

	Hints: [3]string{
		"Goroutines cost next to nothing. What do a thousand requests cost the server?",
		"Look at the loop: nothing in it ever waits, so all requests are under way before the first is answered.",
		"Make slots := make(chan struct{}, atOnce); send to it before wg.Go, and receive from it at the end of the goroutine.",
	},
	Why:   "A loop that only starts things is done in a millisecond, so a thousand requests meet at 64 slots.",
	Fix:   "Take a slot before starting, and give it back at the end: a semaphore, a buffered channel, errgroup's SetLimit, or a fixed number of workers. What waits then is the loop: backpressure.",
	Price: "A number that somebody must choose: too small, and the server is idle; and it holds for one process, not for ten of them.",
	Sources: []string{
		"golang/go#27837: errgroup gets SetLimit, because a large fan-out exhausts memory and other resources",
		"ethereum-optimism/optimism#2464: a proxy limits the calls under way to each backend",
		"go-graphite/carbonzipper#6: large queries overwhelm a backend, so requests to each need a limit",
	},

	Code:   code,
	Broken: Observe(broken),
	Fixed:  Observe(fixed),
}

const (
	many   = 1000
	answer = 20 * time.Millisecond
)

// Slots is how many requests the server takes at once.
const Slots = 64

var errTurnedAway = errors.New("503: no slot is free")

// A server answers as many requests at once as it has slots.
type server struct{ busy atomic.Int64 }

func (s *server) get(page string) (string, error) {
	defer s.busy.Add(-1)
	if s.busy.Add(1) > Slots {
		return "", errTurnedAway
	}
	time.Sleep(answer)
	return "body of " + page, nil
}

// Observe runs a way to get all pages.
func Observe(all func(pages []string, atOnce int, get func(page string) (string, error)) ([]string, error)) pitfall.Variant {
	return func(context.Context) (pitfall.Seen, error) {
		pages := make([]string, many)
		for i := range pages {
			pages[i] = fmt.Sprint("page ", i)
		}
		var s server
		var away atomic.Int64
		bodies, err := all(pages, Slots, func(page string) (string, error) {
			body, err := s.get(page)
			if err != nil {
				away.Add(1)
			}
			return body, err
		})
		right := 0
		for i := range min(many, len(bodies)) {
			if bodies[i] == "body of "+pages[i] {
				right++
			}
		}
		turned := int(away.Load())
		unsaid := 0
		if turned > 0 && err == nil {
			unsaid = 1
		}
		return pitfall.Seen{Outcomes: []pitfall.Outcome{
			{What: "answered", Verdict: pitfall.Expected, Count: right},
			{What: "turned away", Verdict: pitfall.Forbidden, Count: turned},
			{What: "missing or wrong", Verdict: pitfall.Forbidden, Count: max(0, many-right-turned)},
			{What: "error that was kept secret", Verdict: pitfall.Forbidden, Count: unsaid},
		}}, nil
	}
}
