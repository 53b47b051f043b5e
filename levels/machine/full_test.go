package machine_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/internal/wire"
	"github.com/fourlevels/fourlevels/levels/machine"
)

// batch is a request to run one task.
func batch(name string, input []byte) *http.Request {
	body := wire.AppendTasks(nil, []levels.Task{{Func: name, Input: input}})
	return request("POST", bytes.NewReader(body), int64(len(body)))
}

// A worker takes so many requests at once, and a large one for several. Those above are
// told to come later, and have not run.
func TestInFlight(t *testing.T) {
	for name, test := range map[string]struct {
		holding int // requests
		size    int // of the one that comes
		code    int
	}{
		"the last that fits":      {3, 1, 200},
		"one too many":            {4, 1, 503},
		"as large as fits":        {2, 1<<20 + 1, 200},
		"too large":               {3, 1<<20 + 1, 503},
		"larger than ever fits":   {0, 4 << 20, 200},
		"but nobody may be there": {1, 4 << 20, 503},
	} {
		t.Run(name, func(t *testing.T) {
			begun, hold := make(chan bool), make(chan bool)
			h := echoing()
			h.InFlight = 4
			h.Level.(*levels.Serial).Funcs["hold"] = func(context.Context, []byte) ([]byte, error) {
				begun <- true
				<-hold
				return nil, nil
			}
			var held sync.WaitGroup
			for range test.holding {
				held.Go(func() {
					h.ServeHTTP(httptest.NewRecorder(), batch("hold", nil))
				})
				<-begun
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, batch("echo", make([]byte, test.size)))
			if after := w.Header().Get("Retry-After"); w.Code != test.code || (after == "1") != (test.code == 503) {
				t.Errorf("%d, Retry-After %q, want %d", w.Code, after, test.code)
			}
			close(hold)
			held.Wait()
			w = httptest.NewRecorder()
			if h.ServeHTTP(w, batch("echo", make([]byte, 4<<20))); w.Code != 200 {
				t.Errorf("when all have gone: %d", w.Code)
			}
		})
	}
}

// A full worker is asked again until it has room: the caller notices nothing but the time.
func TestCallersOfAFullWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var runs, refusals atomic.Int64
		h := &machine.Handler{InFlight: 1, Level: &levels.Serial{Funcs: levels.Funcs{"nap": func(context.Context, []byte) ([]byte, error) {
			time.Sleep(5 * time.Second)
			runs.Add(1)
			return nil, nil
		}}}}
		room := newHall()
		ctx, stop := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() { served <- machine.Serve(ctx, room, counting(h, &refusals), time.Minute) }() // received below
		l := machine.NewRPC(machine.RPCConfig{URLs: []string{"http://127.0.0.1"}, InFlight: 4, MaxBatch: 1, Dial: room.dial})
		var calling sync.WaitGroup
		for range 4 {
			calling.Go(func() {
				if r := run1(t.Context(), l, "nap", ""); r.Err != nil {
					t.Error(r.Err)
				}
			})
		}
		calling.Wait()
		if n := refusals.Load(); runs.Load() != 4 || n == 0 {
			t.Errorf("4 tasks ran %d times, after %d refusals", runs.Load(), n)
		}
		l.Close()
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
}

// counting counts the requests that h refuses to take.
func counting(h http.Handler, refusals *atomic.Int64) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(statusWriter{w, refusals}, r)
	})
}

type statusWriter struct {
	http.ResponseWriter
	refusals *atomic.Int64
}

func (w statusWriter) WriteHeader(code int) {
	if code == http.StatusServiceUnavailable {
		w.refusals.Add(1)
	}
	w.ResponseWriter.WriteHeader(code)
}

// A request that is lost, and meets a full worker when it comes again, may have run: nobody
// may take it for one that has not.
func TestLostThenFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		broken := tripper(func(*http.Request) (*http.Response, error) {
			if tries++; tries == 1 {
				return nil, io.ErrUnexpectedEOF
			}
			w := httptest.NewRecorder()
			w.Header().Set("Fourlevels-Protocol", "4")
			w.Header().Set("Retry-After", "0") // not sooner than in a second
			w.WriteHeader(http.StatusServiceUnavailable)
			return w.Result(), nil
		})
		l := machine.NewRPC(machine.RPCConfig{URLs: []string{"http://worker"}, Patience: 5 * time.Second, Client: &http.Client{Transport: broken}})
		if r := run1(t.Context(), l, "echo", "x"); !errors.Is(r.Err, levels.ErrLost) || errors.Is(r.Err, levels.ErrFull) {
			t.Errorf("err = %v, want %v and not %v", r.Err, levels.ErrLost, levels.ErrFull)
		}
		if tries > 10 {
			t.Errorf("a worker that is full was asked %d times in 5 s", tries)
		}
		l.Close()
	})
}

type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Patience ends, with an error that says that the task has not run; so does ctx.
func TestPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		full := responder(func(r *http.Request) *http.Response {
			w := httptest.NewRecorder()
			w.Header().Set("Fourlevels-Protocol", "4")
			w.Header().Set("Retry-After", "3")
			w.WriteHeader(http.StatusServiceUnavailable)
			return w.Result()
		})
		l := machine.NewRPC(machine.RPCConfig{URLs: []string{"http://worker"}, Patience: 20 * time.Second, Client: &http.Client{Transport: full}})
		start := time.Now()
		r := run1(t.Context(), l, "echo", "x")
		if took := time.Since(start); took < 20*time.Second || took > 30*time.Second {
			t.Errorf("it took %v, want 20s and a little", took)
		}
		if !errors.Is(r.Err, levels.ErrFull) || errors.Is(r.Err, levels.ErrLost) || !strings.Contains(r.Err.Error(), "http://worker has as many requests as it takes") {
			t.Errorf("err = %v", r.Err)
		}
		ctx, cancel := context.WithTimeoutCause(t.Context(), 10*time.Second, errEnough)
		defer cancel()
		start = time.Now()
		if r := run1(ctx, l, "echo", "x"); r.Err != errEnough || time.Since(start) != 10*time.Second {
			t.Errorf("err = %v after %v, want %v after 10s", r.Err, time.Since(start), errEnough)
		}
		l.Close()
	})
}
