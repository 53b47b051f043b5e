//go:build linux || darwin

package loop_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/async"
	"github.com/fourlevels/fourlevels/levels/async/loop"
)

var errSlow = errors.New("too slow")

// upper is a Func for the level that tasks hand over to.
func upper(_ context.Context, input []byte) ([]byte, error) { return bytes.ToUpper(input), nil }

// funcs are tasks written for the loop, each with one way to wait.
func funcs(url string, other levels.Level) map[string]loop.Func {
	return map[string]loop.Func{
		"timer": func(c *loop.Call) {
			c.After(2*time.Millisecond, func() { c.After(0, func() { c.Done([]byte("later"), nil) }) })
		},
		"race": func(c *loop.Call) { // the fetch is called off, or the timer is
			c.After(5*time.Millisecond, func() { c.Done(nil, errSlow) })
			c.Fetch(url+string(c.Input), c.Done)
		},
		"both": func(c *loop.Call) {
			var bodies [2][]byte
			left := len(bodies)
			for i := range bodies {
				c.Fetch(fmt.Sprintf("%s/%d", url, i), func(body []byte, err error) {
					if bodies[i] = body; err != nil {
						c.Done(nil, err)
					} else if left--; left == 0 {
						c.Done(bytes.Join(bodies[:], []byte("+")), nil)
					}
				})
			}
		},
		"upper": func(c *loop.Call) {
			c.Execute(other, levels.Task{Func: "upper", Input: c.Input}, c.Done)
		},
		"nobody": func(c *loop.Call) {
			c.Execute(other, levels.Task{Func: "nobody"}, c.Done)
		},
		"tie": func(c *loop.Call) { // both are due; what the first one ends is over for the second
			c.After(0, func() { c.Done([]byte("first"), nil) })
			c.After(0, func() { panic("after the end") })
		},
		"twice": func(c *loop.Call) {
			c.Done([]byte("once"), nil)
			defer func() { recover() }() // a panic would end the program
			c.Done([]byte("twice"), nil)
		},
		"late": func(c *loop.Call) { // what is registered after the end is never called
			c.Done(nil, nil)
			c.After(0, func() { panic("after the end") })
			c.Fetch(url, func([]byte, error) { panic("after the end") })
			c.Execute(other, levels.Task{}, func([]byte, error) { panic("after the end") })
		},
		"forgets": func(*loop.Call) {},
		"forgets later": func(c *loop.Call) {
			c.After(0, func() {})
		},
		"exits":       func(*loop.Call) { runtime.Goexit() },
		"exits later": func(c *loop.Call) { c.After(0, runtime.Goexit) },
		"done, exits": func(c *loop.Call) { c.Done([]byte("done"), nil); runtime.Goexit() },
	}
}

func TestCalls(t *testing.T) {
	url, _ := serve(t, func(p *peer) {
		for {
			target, err := p.target()
			if err != nil {
				return
			}
			if target == "/never" {
				p.in.ReadByte()
				return
			}
			p.say(answer(target))
		}
	})
	other := async.New(async.Config{Funcs: levels.Funcs{"upper": upper}})
	defer other.Close()
	l := open(t, loop.Config{Async: funcs(url, other), Funcs: levels.Funcs{
		"plain": upper,
		"timer": func(context.Context, []byte) ([]byte, error) { return nil, errors.New("Async wins") },
	}})
	cases := []struct{ name, input, output, err string }{
		{"timer", "", "later", ""},
		{"race", "/never", "", errSlow.Error()},
		{"both", "", "/0+/1", ""},
		{"upper", "abc", "ABC", ""},
		{"nobody", "", "", `no function is called "nobody"`},
		{"plain", "abc", "ABC", ""},
		{"unknown", "", "", `no function is called "unknown"`},
		{"tie", "", "first", ""},
		{"twice", "", "once", ""},
		{"late", "", "", ""},
		{"forgets", "", "", "has not called Done"},
		{"forgets later", "", "", "has not called Done"},
		{"exits", "", "", "runtime.Goexit"},
		{"exits later", "", "", "runtime.Goexit"},
		{"done, exits", "", "done", ""},
	}
	var tasks []levels.Task
	for range 20 {
		for _, c := range cases {
			tasks = append(tasks, levels.Task{Func: c.name, Input: []byte(c.input)})
		}
	}
	for i, r := range l.Run(t.Context(), tasks) {
		c := cases[i%len(cases)]
		if err := check(r, c.output, c.err); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// Done before the time is up calls the timer off.
func TestRaceIsWon(t *testing.T) {
	l := open(t, loop.Config{Async: map[string]loop.Func{"race": func(c *loop.Call) {
		c.After(time.Hour, func() { c.Done(nil, errSlow) })
		c.After(time.Millisecond, func() { c.Done([]byte("won"), nil) })
	}}})
	for _, r := range l.Run(t.Context(), make1000("race")) {
		if err := check(r, "won", ""); err != nil {
			t.Fatal(err)
		}
	}
}

// However long there is something to call back, the queue is only as long as what is due.
func TestQueueStaysShort(t *testing.T) {
	var again func(c *loop.Call, left int)
	again = func(c *loop.Call, left int) {
		if left == 0 {
			c.Done([]byte("end"), nil)
			return
		}
		c.After(0, func() { again(c, left-1) })
	}
	l := open(t, loop.Config{Async: map[string]loop.Func{"again": func(c *loop.Call) { again(c, 50) }}})
	for _, r := range l.Run(t.Context(), make1000("again")) {
		if err := check(r, "end", ""); err != nil {
			t.Fatal(err)
		}
	}
	if room := l.Queue(); room > 8000 {
		t.Errorf("1000 tasks have a queue of %d callbacks", room)
	}
}

func make1000(name string) []levels.Task {
	tasks := make([]levels.Task, 1000)
	for i := range tasks {
		tasks[i].Func = name
	}
	return tasks
}

// A huge batch does not keep others waiting until it is done.
func TestBatchesTakeTurns(t *testing.T) {
	var count int
	l := open(t, loop.Config{
		Funcs: levels.Funcs{"count": func(context.Context, []byte) ([]byte, error) { count++; return nil, nil }},
		Async: map[string]loop.Func{"look": func(c *loop.Call) { c.After(0, func() { c.Done(fmt.Append(nil, count), nil) }) }},
	})
	tasks := append([]levels.Task{{Func: "look"}}, make1000("count")...)
	r := l.Run(t.Context(), tasks)[0]
	if seen := string(r.Output); seen == "1000" || r.Err != nil {
		t.Errorf("the timer came when %s of 1000 tasks were done, %v", seen, r.Err)
	}
}
