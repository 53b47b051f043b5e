// Package origin is the server that the tasks io and words fetch from. It runs
// in a process of its own: in the one that it serves it would take part of
// every measurement.
//
//	GET /                      what is served, as the JSON of an [Info]
//	GET /page/7?latency=2ms    page 7 of the corpus
//	GET /wait?i=7&latency=2ms  a short text that follows from i
//
// Each answer to /page and /wait is held back for the latency, a duration in
// Go's notation from 0s, which is also the default, to 10s. So one origin
// stands for near and for distant servers. It is a real server with a real
// timer; what loopback leaves out is the network between.
package origin

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/fourlevels/fourlevels/levels/workload"
)

// An Info says what an origin serves. Who has opened the same folder can see
// from it that the two agree.
type Info struct {
	Name  string `json:"name"`  // of the corpus; "" if there is none
	Pages int    `json:"pages"` // numbered from 0
	Bytes int64  `json:"bytes"` // of all pages together
}

// InfoOf returns the Info of an origin that serves c, which may be nil.
func InfoOf(c *workload.Corpus) Info {
	if c == nil {
		return Info{}
	}
	return Info{c.Name(), c.Pages(), c.Bytes()}
}

// Handler returns an origin that serves c. It reads a page from disk for each
// request and keeps none. If c is nil it has no pages, and /wait still works.
// The caller closes c after the server has stopped.
func Handler(c *workload.Corpus) http.Handler {
	o := origin{c}
	mux := http.NewServeMux()
	// A pattern with GET covers HEAD too, and turns other methods away with 405.
	mux.HandleFunc("GET /{$}", o.info)
	mux.HandleFunc("GET /page/{n}", o.page)
	mux.HandleFunc("GET /wait", o.wait)
	return mux
}

type origin struct{ corpus *workload.Corpus }

func (o origin) info(w http.ResponseWriter, _ *http.Request) {
	body, err := json.Marshal(InfoOf(o.corpus))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer(w, "application/json", append(body, '\n'))
}

func (o origin) page(w http.ResponseWriter, r *http.Request) {
	pages := InfoOf(o.corpus).Pages
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || n < 0 || n >= pages || strconv.Itoa(n) != r.PathValue("n") {
		http.Error(w, fmt.Sprintf("no page %.80q: there are %d, counted from 0", r.PathValue("n"), pages), http.StatusNotFound)
		return
	}
	if !hold(w, r) {
		return
	}
	text, err := o.corpus.Page(n)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer(w, plain, text)
}

func (o origin) wait(w http.ResponseWriter, r *http.Request) {
	text := r.URL.Query().Get("i")
	i, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		http.Error(w, fmt.Sprintf("i is %.80q: want a number from 0", text), http.StatusBadRequest)
		return
	}
	if !hold(w, r) {
		return
	}
	hash := fnv.New64a()
	io.WriteString(hash, strconv.FormatUint(i, 10))
	answer(w, plain, fmt.Appendf(nil, "%016x", hash.Sum64()))
}

// hold blocks for the latency that r asks for. Unless it returns true, it has
// answered the request itself.
func hold(w http.ResponseWriter, r *http.Request) bool {
	latency, err := latencyOf(r.URL.RawQuery)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return false
	}
	if pause(r.Context(), latency) != nil {
		// Most likely nobody is left to read this; it must not look like a 200.
		http.Error(w, "the request ended before its latency", http.StatusServiceUnavailable)
		return false
	}
	return true
}

func latencyOf(query string) (time.Duration, error) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return 0, fmt.Errorf("query %.80q: %w", query, err)
	}
	text := values.Get("latency")
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("latency %.80q is no duration: want one like 2ms", text)
	}
	if d < 0 || d > workload.MaxLatency {
		return 0, fmt.Errorf("latency %.80q is not within 0s and %v", text, workload.MaxLatency)
	}
	return d, nil
}

// pause blocks for d or until ctx ends, whose cause it then returns.
func pause(ctx context.Context, d time.Duration) error {
	if d == 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

const plain = "text/plain; charset=utf-8"

// answer sends body as what kind says and nothing else: a browser must not
// take a page of the corpus for a page of the web.
func answer(w http.ResponseWriter, kind string, body []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.Write(body) // an error means that the client has left
}
