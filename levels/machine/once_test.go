package machine_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/machine"
)

// A balance is what became of calls.
type balance struct {
	attempted int
	ok        int // have the right output
	unknown   int // are ErrLost
	failed    int // have another error, and so must not have run
	ranThough int // of those that are unknown, how many ran

	lost       int // said to be ok, and did not run
	unexpected int // have a wrong output, or an error and ran
	duplicated int // ran more than once
}

func (b balance) String() string {
	return fmt.Sprintf("attempted %d, ok %d, unknown %d (of which %d ran), failed %d, lost %d, unexpected %d, duplicated %d",
		b.attempted, b.ok, b.unknown, b.ranThough, b.failed, b.lost, b.unexpected, b.duplicated)
}

// holds reports whether calls ran at most once, and what they say of it is true.
func (b balance) holds() bool {
	return b.lost == 0 && b.unexpected == 0 && b.duplicated == 0 && b.ok+b.unknown+b.failed == b.attempted
}

// add counts the result of a call that ran so often.
func (b *balance) add(input string, runs int, r levels.Result) {
	b.attempted++
	if runs > 1 {
		b.duplicated++
	}
	switch {
	case errors.Is(r.Err, levels.ErrLost):
		b.unknown++
		b.ranThough += min(runs, 1)
	case r.Err != nil:
		b.failed++
		b.unexpected += min(runs, 1)
	case string(r.Output) != "did "+input:
		b.unexpected++
	default:
		b.ok++
		b.lost += 1 - min(runs, 1)
	}
}

// A trial of calls counts how often each of them runs.
type callTrial struct {
	workers mortals
	each    int // so many calls, the worker starts anew

	mu   sync.Mutex
	runs map[string]int
	balance
}

// mark is the Func of the calls. It takes a while, in which a connection may break.
func (c *callTrial) mark(_ context.Context, input []byte) ([]byte, error) {
	time.Sleep(time.Millisecond)
	c.mu.Lock()
	c.runs[string(input)]++
	last := len(c.runs)%c.each == 0
	c.mu.Unlock()
	if last {
		c.workers.restart()
	}
	return append([]byte("did "), input...), nil
}

// A bargain is what worker and caller have agreed on, or a part of it.
type bargain struct {
	workers int                                       // behind one address
	spoils  func(*http.Request, *machine.Handler)     // what a worker does not hear
	round   func(http.RoundTripper) http.RoundTripper // what a caller does beside
}

// try makes so many calls over a link that breaks, of workers that start anew now and
// then, and says what became of them.
func (g bargain) try(t *testing.T, calls int) (b balance) {
	link := newShaky(1, 50)
	c := &callTrial{each: calls / 20, runs: map[string]int{}}
	pool := &levels.Serial{Funcs: levels.Funcs{"mark": c.mark}}
	c.workers = mortals{link: link, spoils: g.spoils, conns: map[net.Conn]bool{}, hire: func() *machine.Handler { return &machine.Handler{Level: pool} }}
	for range g.workers {
		c.workers.now = append(c.workers.now, c.workers.hire())
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- machine.Serve(ctx, &c.workers, &c.workers, time.Minute) }() // received below

	const callers = 8
	var transport http.RoundTripper = &http.Transport{DialContext: link.dial, MaxIdleConnsPerHost: callers}
	if g.round != nil {
		transport = g.round(transport)
	}
	l := machine.NewRPC(machine.RPCConfig{URLs: []string{"http://127.0.0.1"}, InFlight: callers, Client: &http.Client{Transport: transport}})
	results := make([]levels.Result, calls)
	var calling sync.WaitGroup
	for caller := range callers {
		calling.Go(func() {
			for i := caller; i < calls; i += callers {
				results[i] = run1(ctx, l, "mark", fmt.Sprint(i))
			}
		})
	}
	calling.Wait()
	link.healed.Store(true)
	if r := run1(ctx, l, "mark", "healed"); r.Err != nil {
		t.Errorf("over a link that is whole again: %v", r.Err)
	}
	l.Close()
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
	pool.Close() // waits for what the workers of old still run
	for i, r := range results {
		b.add(fmt.Sprint(i), c.runs[fmt.Sprint(i)], r)
	}
	for fault, n := range link.seen {
		if n == 0 {
			t.Errorf("fault %d has not happened", fault)
		}
	}
	t.Logf("%v; faults %v, restarts %d", b, link.seen, c.workers.restarts)
	return b
}

// Over a link that breaks in every way, and with workers that start anew, no call runs
// twice, and each says what became of it, or that nobody knows.
func TestCallsRunOnce(t *testing.T) {
	for workers, calls := range map[int]int{1: 10_000, 2: 2000} {
		t.Run(fmt.Sprint(workers), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := bargain{workers: workers}.try(t, calls)
				if !b.holds() || b.ok < b.attempted*8/10 {
					t.Error(b)
				}
			})
		})
	}
}

// repeating makes net/http send requests again by itself.
type repeating struct{ http.RoundTripper }

func (r repeating) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("Idempotency-Key", rand.Text())
	return r.RoundTripper.RoundTrip(req)
}

// nameOf asks a worker for its name.
func nameOf(h *machine.Handler) string {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	return w.Header().Get("Fourlevels-Worker")
}

// What is left out of the bargain makes calls run twice, and the same count finds it.
func TestCallsThatRunTwiceAreFound(t *testing.T) {
	for name, g := range map[string]bargain{
		"no keys": {workers: 1, spoils: func(r *http.Request, _ *machine.Handler) {
			r.Header.Set("Fourlevels-Request", rand.Text()+"/1")
		}},
		"not told that it is asked again": {workers: 1, spoils: func(r *http.Request, _ *machine.Handler) {
			r.Header.Del("Fourlevels-Worker")
			r.Header.Set("Fourlevels-Request", strings.TrimSuffix(r.Header.Get("Fourlevels-Request"), "/again"))
		}},
		"not told who was asked": {workers: 2, spoils: func(r *http.Request, h *machine.Handler) {
			if r.Header.Get("Fourlevels-Worker") != "" {
				r.Header.Set("Fourlevels-Worker", nameOf(h))
			}
		}},
		"net/http asks again by itself": {workers: 1, round: func(next http.RoundTripper) http.RoundTripper { return repeating{next} }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if b := g.try(t, 2000); b.duplicated == 0 {
					t.Error(b)
				}
			})
		})
	}
}
