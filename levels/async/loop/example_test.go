//go:build linux || darwin

package loop_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/async/loop"
)

// What a page says is put in capitals on the loop. Nothing waits in a goroutine.
func ExampleGet() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "this is ", r.URL.Path)
	}))
	defer server.Close()

	level, err := loop.New(loop.Config{Async: map[string]loop.Func{
		"shout": loop.Get(func(ctx context.Context, input, body []byte) ([]byte, error) { return upper(ctx, body) }),
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer level.Close()

	for _, r := range level.Run(context.Background(), []levels.Task{
		{Func: "shout", Input: []byte(server.URL + "/a")},
		{Func: "shout", Input: []byte(server.URL + "/b")},
	}) {
		fmt.Println(string(r.Output), r.Err)
	}
	// Output:
	// THIS IS /A <nil>
	// THIS IS /B <nil>
}

// A task that does not wait longer than it wants to.
func ExampleCall() {
	stuck := make(chan bool)
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-stuck }))
	defer server.Close()
	defer close(stuck)

	level, err := loop.New(loop.Config{Async: map[string]loop.Func{
		"hurry": func(c *loop.Call) {
			c.After(20*time.Millisecond, func() { c.Done(nil, errors.New("too slow")) })
			c.Fetch(string(c.Input), c.Done) // whichever is first
		},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer level.Close()

	r := level.Run(context.Background(), []levels.Task{{Func: "hurry", Input: []byte(server.URL)}})[0]
	fmt.Println(r.Err)
	// Output: too slow
}
