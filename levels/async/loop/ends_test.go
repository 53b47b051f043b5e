//go:build linux || darwin

package loop_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/async/loop"
)

var errEnough = errors.New("the caller has had enough")

// The end of ctx closes the connections that owe an answer, and no others.
func TestCancelHangsUp(t *testing.T) {
	const n = 50
	var asked, hungUp, done atomic.Int64
	url, _ := serve(t, func(p *peer) {
		target, err := p.target()
		if err == nil && target == "/slow" {
			asked.Add(1)
			if _, err := p.in.ReadByte(); err == io.EOF {
				hungUp.Add(1)
			}
			return
		}
		p.say(answer(target))
		answerAll(p)
	})
	l := open(t, loop.Config{Async: map[string]loop.Func{"get": loop.Get(func(_ context.Context, _, body []byte) ([]byte, error) {
		done.Add(1)
		return bytes.Clone(body), nil
	})}})
	if err := check(get(l, t.Context(), url)[0], "/", ""); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	var running sync.WaitGroup
	var results []levels.Result
	running.Go(func() {
		results = get(l, ctx, append([]string{url + "/done"}, slow(url, n)...)...)
	})
	eventually(t, "all fetches but one are under way", func() bool { return asked.Load() == n && done.Load() == 2 })
	cancel(errEnough)
	running.Wait()
	for i, r := range results[1:] {
		if r.Err != errEnough {
			t.Errorf("fetch %d: %q, %v", i, r.Output, r.Err)
		}
	}
	if err := check(results[0], "/done", ""); err != nil {
		t.Error(err)
	}
	eventually(t, "the server sees the end of each", func() bool { return hungUp.Load() == n })
	if err := check(get(l, t.Context(), url)[0], "/", ""); err != nil {
		t.Error(err)
	}
	if open, _ := l.Open(); open != 1 {
		t.Errorf("%d connections are left", open)
	}
}

// The end of a task closes what it still waits for.
func TestDoneHangsUp(t *testing.T) {
	var hungUp atomic.Int64
	asked := make(chan bool, 3)
	url, _ := serve(t, func(p *peer) {
		target, err := p.target()
		if err != nil {
			return
		}
		asked <- true
		if target == "/fast" {
			for len(asked) < cap(asked) {
				time.Sleep(time.Millisecond)
			}
			p.say(answer("first"))
		} else if _, err := p.in.ReadByte(); err == io.EOF {
			hungUp.Add(1)
		}
	})
	l := open(t, loop.Config{Async: map[string]loop.Func{"first": func(c *loop.Call) {
		for _, path := range []string{"/slow", "/fast", "/slower"} {
			c.Fetch(url+path, c.Done)
		}
	}}})
	if err := check(l.Run(t.Context(), []levels.Task{{Func: "first"}})[0], "first", ""); err != nil {
		t.Error(err)
	}
	eventually(t, "the server sees the end of the others", func() bool { return hungUp.Load() == 2 })
}

func slow(url string, n int) []string {
	urls := make([]string, n)
	for i := range urls {
		urls[i] = url + "/slow"
	}
	return urls
}

// eventually waits until something is so.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	for stop := time.Now().Add(30 * time.Second); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(stop) {
			t.Fatalf("half a minute, and not: %s", what)
		}
	}
}
