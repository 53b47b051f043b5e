// Package chatty is a pitfall of machines: a program asks another machine for one small
// thing at a time. What it waits for is the way there and back, once for each.
package chatty

import (
	"context"
	"embed"
	"fmt"
	"time"

	"github.com/fourlevels/fourlevels/levels/pitfall"
)

//go:embed broken.go fixed.go
var code embed.FS

// Pitfall is the catalogue's entry.
var Pitfall = pitfall.Pitfall{
	ID:    "M4",
	Name:  "chatty",
	Title: "Chatty protocol",
	Level: "machine",
	Story: "A program reads 200 values from another machine with 200 questions, and waits for a round trip each time.",

	Class:  pitfall.Wait,
	Unit:   "x one round trip",
	Breaks: pitfall.AtLeast(110),
	Holds:  pitfall.AtMost(10),
	Work:   many,
	Ask: pitfall.Predict{
		Question: "A round trip takes 1 ms, and 200 values are read one after another. How many times one round trip is that?",
		Choices: [3]pitfall.Choice{
			{Says: "1 to 2: a value is only a few bytes", If: pitfall.Between(0, 2)},
			{Says: "about 20: the network carries many at once", If: pitfall.Between(2, 100)},
			{Says: "about 200", If: pitfall.AtLeast(100)},
		},
	},

	Hints: [3]string{
		"Neither end computes anything worth mentioning. Where is the time, then?",
		"Look at the loop: Get comes back only when the answer is here, and the next key has not left yet.",
		"Get takes as many keys as you like: server.Get(keys...) asks for all in one message.",
	},
	Why:   "A turn of request and reply takes a round trip, however little it carries. More bandwidth does not shorten it.",
	Fix:   "Ask for all in one message (a batch), or send all questions before the first answer is back (a pipeline).",
	Price: "The first value comes with the last, both ends hold the whole batch in memory, and an error may be that of one in 200.",
	Sources: []string{
		"Redis documentation, Redis pipelining: request/response protocols and round-trip time (redis.io/topics/pipelining)",
		"the N+1 query problem of object-relational mappers: a query for a list, and one more for each row",
	},

	Code:      code,
	Broken:    Observe(broken),
	Fixed:     Observe(fixed),
	Yardstick: yardstick,
}

const many = 200

func yardstick(ctx context.Context) (seen pitfall.Seen, err error) {
	err = with(ctx, func(s *Server) error {
		start := time.Now()
		_, err := s.Get("key-0")
		seen.Took = time.Since(start)
		return err
	})
	return seen, err
}

// Observe runs a way to read the values of 200 keys.
func Observe(read func(*Server, []string) ([]string, error)) pitfall.Variant {
	return func(ctx context.Context) (seen pitfall.Seen, err error) {
		keys := make([]string, many)
		for i := range keys {
			keys[i] = fmt.Sprint("key-", i)
		}
		var values []string
		err = with(ctx, func(s *Server) (err error) {
			start := time.Now()
			values, err = read(s, keys)
			seen.Took = time.Since(start)
			return err
		})
		right := 0
		for i := range min(many, len(values)) {
			if values[i] == "value-of-"+keys[i] {
				right++
			}
		}
		seen.Outcomes = []pitfall.Outcome{
			{What: "value read", Verdict: pitfall.Expected, Count: right},
			{What: "value missing or wrong", Verdict: pitfall.Forbidden, Count: many - right},
		}
		return seen, err
	}
}
