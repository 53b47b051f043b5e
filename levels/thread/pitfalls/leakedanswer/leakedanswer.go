// Package leakedanswer is a pitfall of threads: the first answer is taken, and those who
// bring the others stand at the door for ever.
package leakedanswer

import (
	"context"
	"embed"
	"fmt"
	"strings"
	"time"

	"github.com/fourlevels/fourlevels/levels/pitfall"
	"github.com/fourlevels/fourlevels/levels/thread/internal/stuck"
)

//go:embed broken.go fixed.go
var code embed.FS

// Pitfall is the catalogue's entry.
var Pitfall = pitfall.Pitfall{
	ID:    "T5",
	Name:  "leakedanswer",
	Title: "First answer wins, the rest leak",
	Level: "thread",
	Story: "A call asks three replicas at once and returns the first answer; the goroutines with the other two never end.",

	Class:  pitfall.Count,
	Unit:   "goroutines left of 600",
	Breaks: pitfall.Exactly(calls * (replicas - 1)),
	Work:   calls,
	Ask: pitfall.Predict{
		Question: "Each of 200 calls asks three replicas and takes the first answer from a channel without a buffer. All replicas have answered: how many goroutines are left?",
		Choices: [3]pitfall.Choice{
			{Says: "none: the channel is garbage, and so are they", If: pitfall.Exactly(0)},
			{Says: "a few: those of the last calls", If: pitfall.Between(1, calls)},
			{Says: "400", If: pitfall.AtLeast(calls + 1)},
		},
	},

	Hints: [3]string{
		"A send on a channel without a buffer ends when somebody receives. How many send, and how often does somebody receive?",
		"Look at where the channel is made, and count the answers that have room in it.",
		"make(chan string, len(replicas)): each can leave its answer and go. And cancel a ctx of your own, so that the others stop working.",
	},
	Why:   "The first answer is received, and nobody receives the others: their goroutines wait in the send, with all that they hold. The collector of garbage frees no goroutine.",
	Fix:   "Room for every answer in the channel, so that nobody waits to be rid of one; and a ctx that is cancelled, so that the others stop working.",
	Price: "A buffer for answers that nobody reads; and replicas that listen to ctx.",
	Sources: []string{
		"kubevirt/kubevirt#6168: goroutines leaked at channels without a buffer",
		"kubernetes/kubernetes#83333: a goroutine leaked for each request that timed out",
		"Tu et al., Understanding real-world concurrency bugs in Go, ASPLOS 2019: 29 of 85 blocking bugs are at a channel",
	},

	Code:   code,
	Broken: Observe(broken),
	Fixed:  Observe(fixed),
}

const (
	calls    = 200
	replicas = 3
)

// A Replica answers a question, sooner if ctx ends: then its answer is "".
type Replica func(ctx context.Context) (answer string)

// Observe runs a way to get the first answer, and counts the goroutines that stay behind
// when all replicas have answered, the slow ones too.
func Observe(first func(ctx context.Context, replicas []Replica) string) pitfall.Variant {
	return func(whole context.Context) (pitfall.Seen, error) {
		ctx, cancel := context.WithTimeout(whole, patience)
		defer cancel()
		before := stuck.States()
		slow := make(chan struct{}) // closed when they answer: after all calls
		right := 0
		for i := range calls {
			want := fmt.Sprint("answer ", i)
			if first(ctx, ask(slow, want, i%replicas)) == want && ctx.Err() == nil {
				right++
			}
		}
		close(slow)
		return pitfall.Seen{Outcomes: []pitfall.Outcome{
			{What: "first answer", Verdict: pitfall.Expected, Count: right},
			{What: "no answer, or another, or it came last", Verdict: pitfall.Forbidden, Count: calls - right},
			{What: "goroutine left", Verdict: pitfall.Forbidden, Count: left(ctx, before)},
		}}, context.Cause(whole)
	}
}

// patience ends the calls of a program that waits for the slow ones.
const patience = time.Second

// ask returns a replica that answers at once, among others that are slow.
func ask(slow <-chan struct{}, answer string, fast int) []Replica {
	all := make([]Replica, replicas)
	for i := range all {
		all[i] = func(ctx context.Context) string {
			if i == fast {
				return answer
			}
			select {
			case <-slow:
				return "late " + answer
			case <-ctx.Done():
				return ""
			}
		}
	}
	return all
}

// left counts the goroutines that were not there before: when there are none, or when two
// looks find all that are left waiting at a channel or a lock.
func left(ctx context.Context, before map[int]string) int {
	for looks := 0; ; {
		time.Sleep(time.Millisecond)
		n, waiting := 0, 0
		for id, state := range stuck.States() {
			if _, old := before[id]; old {
				continue
			}
			n++
			if strings.HasPrefix(state, "chan ") || strings.HasPrefix(state, "sync.") {
				waiting++
			}
		}
		looks++
		if waiting < n {
			looks = 0
		}
		if n == 0 || looks == 2 || ctx.Err() != nil {
			return n
		}
	}
}
