package levels_test

import (
	"bytes"
	"context"
	"fmt"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/async"
	"github.com/fourlevels/fourlevels/levels/thread"
)

// Tasks that wait run in goroutines, and have what is to be computed done by two threads.
func ExampleOn() {
	computing, err := thread.New(thread.Config{Threads: 2, Funcs: levels.Funcs{
		"count": func(_ context.Context, page []byte) ([]byte, error) {
			return fmt.Append(nil, len(bytes.Fields(page))), nil
		},
	}})
	if err != nil {
		panic(err) // more threads than there may be
	}
	defer computing.Close()
	count := levels.On(computing, "count")

	waiting := async.New(async.Config{Funcs: levels.Funcs{
		"fetch": func(ctx context.Context, url []byte) ([]byte, error) {
			page := []byte("what " + string(url) + " says") // after a while
			return count(ctx, page)
		},
	}})
	defer waiting.Close()

	for _, r := range waiting.Run(context.Background(), []levels.Task{{Func: "fetch", Input: []byte("go.dev")}}) {
		fmt.Printf("%s words\n", r.Output)
	}
	// Output: 3 words
}
