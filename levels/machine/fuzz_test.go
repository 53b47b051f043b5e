package machine_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/internal/wire"
	"github.com/fourlevels/fourlevels/levels/machine"
)

const canary = "CANARY-7f3a"

// FuzzRequest sends a worker anything for tasks. What can be read as tasks is run and
// answered, each of them; all else is refused in one line that gives nothing away. Memory
// follows the bytes that come, whatever length is announced.
func FuzzRequest(f *testing.F) {
	good := wire.AppendTasks(nil, []levels.Task{{Func: "echo", Input: []byte("hello")}, {Func: "nobody"}, {Func: "echo"}})
	for _, body := range [][]byte{good, good[:len(good)-1], append(good, 0), nil, {0}, {0xff, 0xff, 0xff, 0xff, 0x0f}} {
		f.Add(body, int64(len(body)), true)
		f.Add(body, int64(-1), true)
	}
	f.Add(good, int64(1)<<40, true)
	f.Add(good, int64(len(good)), false)
	f.Fuzz(func(t *testing.T, body []byte, length int64, known bool) {
		if length > 1<<20 && length <= wire.Limit {
			return // net/http sees to it that as much comes
		}
		h := echoing()
		h.Token = canary
		r := request("POST", bytes.NewReader(body), length)
		if known {
			r.Header.Set("Authorization", "Bearer "+canary)
		}
		w := httptest.NewRecorder()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		h.ServeHTTP(w, r)
		runtime.ReadMemStats(&after)
		if took, most := after.TotalAlloc-before.TotalAlloc, uint64(20*len(body)+4<<20); took > most { // tasks and their results: each ten times
			t.Errorf("%d bytes took %d, want %d at most", len(body), took, most)
		}
		arrived := body
		if length >= 0 && length < int64(len(body)) {
			arrived = body[:length] // net/http cuts there
		}
		tasks, err := wire.Tasks(arrived)
		if runs := known && err == nil && (length < 0 || length == int64(len(arrived))); !runs {
			refuses(t, w)
			return
		}
		results := make([]levels.Result, len(tasks))
		if err := wire.Results(w.Body.Bytes(), results); w.Code != http.StatusOK || err != nil {
			t.Fatalf("%d tasks are answered with %d: %v", len(tasks), w.Code, err)
		}
		for i, task := range tasks {
			if r := results[i]; (r.Err == nil) != (task.Func == "echo") || r.Err == nil && !bytes.Equal(r.Output, task.Input) {
				t.Errorf("task %d, %.40q of %.40q, has become %.40q, %v", i, task.Func, task.Input, r.Output, r.Err)
			}
		}
	})
}

// refuses fails unless an answer is a refusal in one short line.
func refuses(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	text := w.Body.String()
	if w.Code < 400 || w.Code > 499 || strings.Count(text, "\n") != 1 || len(text) > 300 || strings.Contains(text, canary) {
		t.Errorf("the answer is %d %q", w.Code, text)
	}
}

// A responder stands for a worker that answers what it likes.
type responder func(r *http.Request) *http.Response

func (f responder) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil { // it was sent on, and has become a GET
		io.Copy(io.Discard, r.Body)
		r.Body.Close()
	}
	return f(r), nil
}

// FuzzAnswer has a worker answer what it likes. Each task gets one result, which is what
// the answer says if it can be read; errors hold no secret, and the secrets go nowhere but
// to that worker.
func FuzzAnswer(f *testing.F) {
	good := wire.AppendResults(nil, []levels.Result{{Output: []byte("fine")}, {Err: levels.ErrLost}})
	for _, over100 := range []uint16{100, 104, 201, 202, 207, 301, 304, 400} {
		f.Add(over100, good, "http://elsewhere/", int64(len(good)))
	}
	f.Add(uint16(100), good[:3], "", int64(-1))
	f.Add(uint16(100), []byte{0xff, 0xff, 0xff, 0xff, 0x0f}, "", int64(1)<<50)
	f.Add(uint16(208), good, "http://worker.elsewhere/%zz", int64(0))
	f.Fuzz(func(t *testing.T, over100 uint16, body []byte, location string, length int64) {
		answer := responder(func(r *http.Request) *http.Response {
			if r.URL.Host != "worker" && (r.Header.Get("Authorization") != "" || strings.Contains(r.Header.Get("Referer"), canary)) {
				t.Errorf("%s is told a secret", r.URL.Host)
			}
			return &http.Response{Request: r, StatusCode: 100 + int(over100%500), Status: "as it likes", Header: http.Header{"Location": {location}},
				Body: io.NopCloser(bytes.NewReader(body)), ContentLength: length}
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second) // a worker may ask to be left alone for a while
		defer cancel()
		l := machine.NewRPC(machine.RPCConfig{URLs: []string{"http://user:" + canary + "@worker"}, Token: canary, Tries: 1, Client: &http.Client{Transport: answer}})
		defer l.Close()
		results := l.Run(ctx, []levels.Task{{Func: "a"}, {Func: "b"}})
		want := make([]levels.Result, 2)
		unread := wire.Results(body, want)
		for i, r := range results {
			switch {
			case r.Err == nil && (unread != nil || !bytes.Equal(r.Output, want[i].Output)):
				t.Errorf("the answer %.80q has become %.80q", body, r.Output)
			case r.Err != nil && strings.Contains(r.Err.Error(), canary) && !bytes.Contains(body, []byte(canary)) && !strings.Contains(location, canary):
				t.Errorf("a secret is told: %v", r.Err)
			}
		}
	})
}
