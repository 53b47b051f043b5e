package machine_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/machine"
)

// A desk is a worker whose requests are made by hand: its function counts, takes a second
// and answers with so many bytes.
type desk struct {
	*testing.T
	machine.Handler
	runs atomic.Int64
}

func newDesk(t *testing.T) *desk {
	d := &desk{T: t}
	d.Handler.Level = &levels.Serial{Funcs: levels.Funcs{
		"work": func(ctx context.Context, input []byte) ([]byte, error) {
			d.runs.Add(1)
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
			}
			return make([]byte, len(input)), context.Cause(ctx)
		},
		"panic": func(context.Context, []byte) ([]byte, error) { panic(http.ErrAbortHandler) },
	}}
	return d
}

// ask makes a request with a key, and returns its status. With @ before the key it is for
// this worker, with ? for another, and otherwise for whoever gets it.
func (d *desk) ask(ctx context.Context, key string, size int) int {
	return d.send(ctx, batch("work", make([]byte, size)), key)
}

func (d *desk) send(ctx context.Context, r *http.Request, key string) int {
	w := httptest.NewRecorder()
	w.Code = 0 // until somebody writes
	switch key[0] {
	case '@':
		key = key[1:]
		r.Header.Set("Fourlevels-Worker", nameOf(&d.Handler))
	case '?':
		key = key[1:]
		r.Header.Set("Fourlevels-Worker", "somebody else")
	}
	r.Header.Set("Fourlevels-Request", key)
	d.ServeHTTP(w, r.WithContext(ctx))
	return w.Code
}

// step is a request, and what becomes of it and of the number of runs so far.
type step struct {
	key  string
	code int
	runs int64
}

const me, other = "AAAAAAAAAAAAAAAAAAAA", "BBBBBBBBBBBBBBBBBBBB"

// What a worker does with requests that come again, late, or for the first time.
func TestRequestsThatComeAgain(t *testing.T) {
	for name, test := range map[string]struct {
		before func(d *desk) // between the first step and the others
		steps  []step
	}{
		"again":                  {nil, []step{{me + "/1", 200, 1}, {me + "/1/again", 200, 1}, {me + "/1", 200, 1}}},
		"the next":               {nil, []step{{me + "/1", 200, 1}, {me + "/2", 200, 2}, {me + "/9", 200, 3}}},
		"another's":              {nil, []step{{me + "/1", 200, 1}, {other + "/1", 200, 2}}},
		"the first never came":   {nil, []step{{me + "/1", 200, 1}, {"@" + me + "/2/again", 200, 2}}},
		"or went elsewhere":      {nil, []step{{me + "/1", 200, 1}, {me + "/2/again", 409, 1}, {me + "/1/again", 200, 1}}},
		"for another worker":     {nil, []step{{"?" + me + "/1", 412, 0}, {"@" + me + "/1", 200, 1}, {"?" + me + "/1/again", 412, 1}}},
		"nobody knows":           {nil, []step{{me + "/1/again", 409, 0}, {me + "/1", 200, 1}}},
		"too late":               {nil, []step{{me + "/2", 200, 1}, {me + "/1", 409, 1}, {me + "/1/again", 409, 1}, {me + "/2", 200, 1}}},
		"within the minute":      {func(*desk) { time.Sleep(58 * time.Second) }, []step{{me + "/1", 200, 1}, {me + "/1/again", 200, 1}}},
		"after a minute":         {func(*desk) { time.Sleep(time.Minute) }, []step{{me + "/1", 200, 1}, {me + "/1/again", 409, 1}}},
		"after many others":      {crowd(4095), []step{{me + "/1", 200, 1}, {me + "/1/again", 200, 1}}},
		"after too many others":  {crowd(4096), []step{{me + "/1", 200, 1}, {me + "/1/again", 409, 1}, {me + "/2", 200, 2}}},
		"after large answers":    {(*desk).large, []step{{me + "/1", 200, 1}, {me + "/1/again", 409, 4}}},
		"given up before":        {giveUp(me + "/2"), []step{{me + "/1", 200, 1}, {me + "/2", 409, 1}, {me + "/1", 409, 1}, {me + "/3", 200, 2}}},
		"given up, and unknown":  {giveUp(other + "/1"), []step{{me + "/1", 200, 1}, {other + "/1", 409, 1}, {other + "/2", 200, 2}}},
		"its answer was fetched": {giveUp(me + "/1"), []step{{me + "/1", 200, 1}, {me + "/1", 200, 1}}},
		"its tasks broke off":    {(*desk).panics, []step{{me + "/1", 200, 1}, {other + "/1/again", 409, 1}, {other + "/2", 200, 2}}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t)
				for i, s := range test.steps {
					if i == 1 && test.before != nil {
						test.before(d)
					}
					if code := d.ask(t.Context(), s.key, 1); code != s.code || d.runs.Load() != s.runs {
						t.Errorf("step %d, %s: %d, after %d runs; want %d, %d", i, s.key, code, d.runs.Load(), s.code, s.runs)
					}
				}
			})
		})
	}
}

// crowd are so many other senders.
func crowd(n int) func(*desk) {
	return func(d *desk) {
		for range n {
			d.send(d.Context(), batch("nobody", nil), rand.Text()+"/1")
		}
	}
}

// large are three answers that it cannot all keep.
func (d *desk) large() {
	for range 3 {
		d.ask(d.Context(), rand.Text()+"/1", 30<<20)
	}
}

func giveUp(key string) func(*desk) {
	return func(d *desk) {
		if code := d.send(d.Context(), request("DELETE", nil, 0), key); code != http.StatusNoContent {
			d.Errorf("giving up: %d", code)
		}
	}
}

func (d *desk) panics() {
	defer func() { recover() }() // as net/http does
	d.send(d.Context(), batch("panic", nil), other+"/1")
}

var errGone = errors.New("the connection is gone")

// A connection that breaks does not end the tasks, if their caller comes back in time; it
// gets the answer of the same run.
func TestComingBack(t *testing.T) {
	for after, want := range map[time.Duration]int{1900 * time.Millisecond: 200, 2100 * time.Millisecond: 409} {
		t.Run(fmt.Sprint(after), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t)
				runs, told := 0, ""
				d.Handler.Level = &levels.Serial{Funcs: levels.Funcs{"work": func(ctx context.Context, _ []byte) ([]byte, error) {
					runs++
					select {
					case <-time.After(10 * time.Second):
						return nil, nil
					case <-ctx.Done():
						told = context.Cause(ctx).Error()
						return nil, context.Cause(ctx)
					}
				}}}
				ctx, breaks := context.WithCancelCause(t.Context())
				time.AfterFunc(5*time.Second, func() { breaks(errGone) })
				var first sync.WaitGroup
				first.Go(func() { d.ask(ctx, me+"/1", 0) })
				time.Sleep(5*time.Second + after)
				if code := d.ask(t.Context(), me+"/1/again", 0); code != want || runs != 1 || (told == "") != (want == 200) {
					t.Errorf("coming back after %v: %d after %d runs, the task hears %q; want %d, 1", after, code, runs, told, want)
				}
				first.Wait()
				if want != 200 && !strings.Contains(told, "given up") {
					t.Errorf("the task hears %q", told)
				}
			})
		})
	}
}

// Whoever sends the next request does not wait for the last: its tasks are cancelled.
// So are those of a request that is given up.
func TestTasksThatNobodyWaitsFor(t *testing.T) {
	for name, end := range map[string]func(*desk){
		"the next":            func(d *desk) { d.send(d.Context(), batch("nobody", nil), me+"/2") },
		"it is over":          giveUp(me + "/1"),
		"a later one is over": giveUp(me + "/7"),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t)
				var first sync.WaitGroup
				start := time.Now()
				first.Go(func() {
					if code := d.ask(t.Context(), me+"/1", 0); code != 409 {
						t.Errorf("the first: %d", code)
					}
				})
				time.Sleep(time.Millisecond)
				end(d)
				first.Wait()
				if took := time.Since(start); took != time.Millisecond {
					t.Errorf("its task ended after %v", took)
				}
			})
		})
	}
}
