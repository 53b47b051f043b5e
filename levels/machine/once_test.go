package machine_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
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
	worker mortal
	each   int // so many calls, the worker starts anew

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
		c.worker.restart()
	}
	return append([]byte("did "), input...), nil
}

// tryCalls makes so many calls over a link that breaks, of a worker that starts anew now
// and then, and says what became of them. What is wrong with the worker or its callers is
// up to spoils and round.
func tryCalls(t *testing.T, calls int, spoils func(*http.Request), round func(http.RoundTripper) http.RoundTripper) balance {
	link := newShaky(1, 50)
	c := &callTrial{each: calls / 20, runs: map[string]int{}}
	pool := &levels.Serial{Funcs: levels.Funcs{"mark": c.mark}}
	c.worker = mortal{link: link, spoils: spoils, conns: map[net.Conn]bool{}, hire: func() *machine.Handler { return &machine.Handler{Level: pool} }}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- machine.Serve(ctx, &c.worker, &c.worker, time.Minute) }() // received below

	const callers = 8
	client := &http.Client{Transport: round(&http.Transport{DialContext: link.dial, MaxIdleConnsPerHost: callers})}
	l := machine.NewRPC(machine.RPCConfig{URLs: []string{"http://127.0.0.1"}, InFlight: callers, Client: client})
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
	var b balance
	for i, r := range results {
		b.add(fmt.Sprint(i), c.runs[fmt.Sprint(i)], r)
	}
	for fault, n := range link.seen {
		if n == 0 {
			t.Errorf("fault %d has not happened", fault)
		}
	}
	t.Logf("%v; faults %v", b, link.seen)
	return b
}

func asItIs(next http.RoundTripper) http.RoundTripper { return next }

// Over a link that breaks in every way, and with a worker that starts anew, no call runs
// twice, and each says what became of it, or that nobody knows.
func TestCallsRunOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := tryCalls(t, 10_000, nil, asItIs)
		if !b.holds() || b.ok < b.attempted*95/100 {
			t.Error(b)
		}
	})
}

// repeating makes net/http send requests again by itself.
type repeating struct{ http.RoundTripper }

func (r repeating) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("Idempotency-Key", rand.Text())
	return r.RoundTripper.RoundTrip(req)
}

// What is left out of the bargain makes calls run twice, and the same count finds it.
func TestCallsThatRunTwiceAreFound(t *testing.T) {
	for name, spoils := range map[string]func(*http.Request){
		"no keys": func(r *http.Request) { r.Header.Set("Fourlevels-Request", rand.Text()+"/1") },
		"does not hear that it is asked again": func(r *http.Request) {
			r.Header.Set("Fourlevels-Request", strings.TrimSuffix(r.Header.Get("Fourlevels-Request"), "/again"))
		},
		"net/http asks again by itself": nil,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				round := asItIs
				if spoils == nil {
					round = func(next http.RoundTripper) http.RoundTripper { return repeating{next} }
				}
				if b := tryCalls(t, 2000, spoils, round); b.duplicated == 0 {
					t.Error(b)
				}
			})
		})
	}
}
