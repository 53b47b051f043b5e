package workload_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/workload"
)

func get(url string) levels.Result {
	return workload.Funcs().Do(context.Background(), levels.Task{Func: "io", Input: []byte(url)})
}

func TestFetchRefuses(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/moved":
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		case "/elsewhere":
			t.Error("the redirect was followed")
		case "/missing":
			http.Error(w, "no such page\nand more", http.StatusNotFound)
		case "/empty":
			w.WriteHeader(http.StatusNoContent)
		case "/large":
			io.Copy(w, io.LimitReader(zeros{}, workload.MaxBody+1))
		case "/short":
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, "half")
		}
	}))
	defer server.Close()
	for url, want := range map[string][]string{
		server.URL + "/moved":   {"302", "/moved"},
		server.URL + "/missing": {"404", "/missing", `"no such page"`},
		server.URL + "/empty":   {"204", "/empty"},
		server.URL + "/large":   {"/large", "limit"},
		server.URL + "/short":   {"/short", "EOF"},
		"http://user:secret@" + strings.TrimPrefix(server.URL, "http://") + "/missing": {"404"},
		"file:///etc/passwd":       {"file"},
		"http://a b":               {"a b"},
		"":                         {`""`},
		strings.Repeat("x", 1<<20): {"1048576 bytes"},
	} {
		r := get(url)
		if r.Err == nil || r.Output != nil {
			t.Errorf("%.80q: output %.80q, %v", url, r.Output, r.Err)
			continue
		}
		for _, want := range want {
			if text := r.Err.Error(); !strings.Contains(text, want) || strings.Contains(text, "\n") || strings.Contains(text, "secret") {
				t.Errorf("%.80q: error %q, want one line with %q", url, text, want)
			}
		}
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }

func TestFetchReadsUpToTheLimit(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.Copy(w, io.LimitReader(zeros{}, workload.MaxBody))
	}))
	defer server.Close()
	if r := get(server.URL); r.Err != nil || len(r.Output) != workload.MaxBody {
		t.Errorf("%d bytes, %v, want %d", len(r.Output), r.Err, workload.MaxBody)
	}
}

// However many fetches are in flight, the next ones use their connections again,
// also after answers that were errors.
func TestConnectionsAreUsedAgain(t *testing.T) {
	const flights, together = 3, 100
	var opened atomic.Int64
	var barrier atomic.Pointer[sync.WaitGroup]
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		all := barrier.Load()
		all.Done()
		all.Wait() // all of them are in flight now
		if r.URL.Path == "/odd" {
			http.Error(w, strings.Repeat("long excuse ", 1000), http.StatusTeapot)
			return
		}
		fmt.Fprint(w, "fine")
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	defer server.Close()

	for range flights {
		var all, fetches sync.WaitGroup
		all.Add(together)
		barrier.Store(&all)
		for i := range together {
			fetches.Go(func() {
				if i%2 == 0 {
					if r := get(server.URL); r.Err != nil || string(r.Output) != "fine" {
						t.Errorf("%q, %v", r.Output, r.Err)
					}
				} else if r := get(server.URL + "/odd"); r.Err == nil {
					t.Errorf("the teapot answered %q", r.Output)
				}
			})
		}
		fetches.Wait()
	}
	if n := opened.Load(); n != together {
		t.Errorf("%d flights of %d fetches opened %d connections", flights, together, n)
	}
}

// The numbers come from another implementation of the hash.
func TestToken(t *testing.T) {
	for i, want := range map[uint64]string{0: "af63ad4c86019caf", 7: "af63aa4c86019796", 63: "07f58d07b4b7ca4e"} {
		if got := workload.Token(i); got != want {
			t.Errorf("token of %d is %s, want %s", i, got, want)
		}
	}
}
