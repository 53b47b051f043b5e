package machine_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/internal/wire"
	"github.com/fourlevels/fourlevels/levels/machine"
)

// A zeros reader is a body without end.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// request makes a request to run the tasks in the body.
func request(method string, body io.Reader, length int64) *http.Request {
	r := httptest.NewRequest(method, "/", body)
	r.ContentLength = length
	r.Header.Set("Fourlevels-Protocol", strconv.Itoa(wire.Version))
	r.Header.Set("Fourlevels-Request", rand.Text()+"/1")
	r.Header.Set("Content-Type", "application/x-fourlevels-tasks")
	return r
}

func TestHandlerRefuses(t *testing.T) {
	h := echoing()
	good := wire.AppendTasks(nil, []levels.Task{{Func: "echo", Input: []byte("x")}})
	old := request("POST", bytes.NewReader(good), int64(len(good)))
	old.Header.Set("Fourlevels-Protocol", "0")
	none := request("POST", bytes.NewReader(good), int64(len(good)))
	none.Header.Del("Fourlevels-Protocol")
	for name, test := range map[string]struct {
		r    *http.Request
		code int
		want string
	}{
		"old version":        {old, 400, fmt.Sprintf(`this worker speaks protocol %d, the caller "0"`, wire.Version)},
		"no version":         {none, 400, `the caller ""`},
		"PUT":                {request("PUT", bytes.NewReader(good), int64(len(good))), 405, "POST"},
		"garbage":            {request("POST", strings.NewReader("garbage"), 7), 400, "read tasks: "},
		"nothing":            {request("POST", http.NoBody, 0), 400, "read tasks: message ends too early"},
		"shorter than said":  {request("POST", bytes.NewReader(good), int64(len(good))+1), 400, "read tasks: unexpected EOF"},
		"more than the end":  {request("POST", bytes.NewReader(append(good, "more"...)), int64(len(good))+4), 400, "4 bytes after the end"},
		"longer than may be": {request("POST", zeros{}, wire.Limit+1), 413, strconv.Itoa(wire.Limit)},
		"without end":        {request("POST", zeros{}, -1), 413, strconv.Itoa(wire.Limit)},
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, test.r)
		if text := w.Body.String(); w.Code != test.code || !strings.Contains(text, test.want) || strings.Count(text, "\n") != 1 {
			t.Errorf("%s: %d %q, want %d and one line with %q", name, w.Code, text, test.code, test.want)
		}
		if allow := w.Header().Get("Allow"); (allow == "GET, HEAD, POST, DELETE") != (test.code == 405) {
			t.Errorf("%s: Allow: %q", name, allow)
		}
	}
}

func TestHandlerSaysWhatItIs(t *testing.T) {
	for method, want := range map[string]string{"GET": fmt.Sprintf("fourlevels worker, protocol %d\n", wire.Version), "HEAD": ""} {
		server := httptest.NewServer(echoing())
		r, err := http.NewRequest(method, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != 200 || string(body) != want || resp.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %s %q, want %q", method, resp.Status, body, want)
		}
		server.Close()
	}
}

func TestToken(t *testing.T) {
	h := echoing()
	h.Token = "secret"
	server := httptest.NewServer(h)
	defer server.Close()
	for token, ok := range map[string]bool{"secret": true, "": false, "secre": false, "secrets": false} {
		l := machine.NewRPC(machine.RPCConfig{URLs: []string{server.URL}, Token: token})
		r := run1(t.Context(), l, "echo", "x")
		if ok != (r.Err == nil) || !ok && !strings.Contains(r.Err.Error(), server.URL+" refuses: 401") {
			t.Errorf("token %q: %v", token, r.Err)
		}
		l.Close()
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != 401 || strings.Contains(w.Body.String(), "protocol") {
		t.Errorf("GET without the token: %d %q", w.Code, w.Body)
	}
}

// The caller learns which machine has another version.
func TestVersionsDiffer(t *testing.T) {
	h := echoing()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Fourlevels-Protocol", "0") // as an older caller would
		h.ServeHTTP(w, r)
	}))
	defer server.Close()
	l := machine.NewRPC(machine.RPCConfig{URLs: []string{server.URL}})
	defer l.Close()
	r := run1(t.Context(), l, "echo", "x")
	if r.Err == nil || !strings.Contains(r.Err.Error(), "machine "+server.URL+" refuses: 400") || !strings.Contains(r.Err.Error(), "build both from the same version") {
		t.Errorf("err = %v, want one with %s and what to do", r.Err, server.URL)
	}
}

// Memory follows the bytes that come, not those that are announced.
func TestAnnouncedLengthIsNotAllocated(t *testing.T) {
	for _, length := range []int64{wire.Limit, 1 << 30, 1 << 62} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		w := httptest.NewRecorder()
		echoing().ServeHTTP(w, request("POST", strings.NewReader("short"), length))
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > 4<<20 || w.Code < 400 {
			t.Errorf("%d bytes announced, 5 came: status %d, %d bytes allocated", length, w.Code, got)
		}
	}
}

func TestServe(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	served := make(chan error, 1)
	go func() { served <- machine.Serve(ctx, l, echoing(), time.Minute) }()
	level := machine.NewRPC(machine.RPCConfig{URLs: []string{"http://" + l.Addr().String()}})
	defer level.Close()
	if r := run1(t.Context(), level, "echo", "x"); r.Err != nil {
		t.Error(r.Err)
	}
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
	if r := run1(t.Context(), level, "echo", "x"); r.Err == nil {
		t.Error("a worker that has stopped answers")
	}
}

// elsewhere is a listener that other machines can reach, or would be if it listened.
type elsewhere struct{ *hall }

func (elsewhere) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 7001} }

// Without a token a worker is not served where other machines can reach it.
func TestServeRefusesOffLoopback(t *testing.T) {
	h := newHall()
	err := machine.Serve(t.Context(), elsewhere{h}, echoing(), time.Second)
	if err == nil || !strings.Contains(err.Error(), "192.0.2.1:7001: other machines can reach it: set Handler.Token") {
		t.Errorf("err = %v", err)
	}
	select {
	case <-h.closed:
	default:
		t.Error("the listener is left open")
	}

	guarded := echoing()
	guarded.Token = "secret"
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := machine.Serve(ctx, elsewhere{newHall()}, guarded, time.Second); err != nil {
		t.Errorf("with a token: %v", err)
	}
}
