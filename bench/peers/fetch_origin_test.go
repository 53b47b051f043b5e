package peers

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// An origin is the server that all fetch from, in a process of its own. It is
// net/http's, with the shortest handler there may be:
//
//	GET /7/20ms     page 7, after that latency
//	GET /7/held     page 7, once all that are held are released
//	GET /state      how many are held, and how many connections there were
//	GET /release    releases them
type origin struct {
	pages    [][]byte
	held     atomic.Int64
	accepted atomic.Int64

	mu   sync.Mutex
	gate chan struct{} // closed to release
}

const (
	pageSize = 16 << 10
	pageKind = 64 // pages that differ
)

// page is the content of page i, which follows from i.
func page(i int) []byte {
	text := make([]byte, 0, pageSize)
	for x := links(2, uint64(i%pageKind)+1); len(text) < pageSize; x = links(1, x) {
		text = append(text, "0123456789abcdef"[x>>60])
	}
	return text
}

// pageSum is what a task makes of a page: its length and its checksum.
func pageSum(text []byte) []byte {
	return fmt.Appendf(nil, "%d %08x", len(text), crc32.ChecksumIEEE(text))
}

func (o *origin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	number, wait, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch number {
	case "state":
		fmt.Fprintf(w, "%d %d", o.held.Load(), o.accepted.Load())
		return
	case "release":
		o.mu.Lock()
		defer o.mu.Unlock()
		close(o.gate)
		o.gate = make(chan struct{})
		return
	}
	i, err := strconv.Atoi(number)
	if err == nil && i >= 0 {
		err = o.wait(r.Context(), wait)
	}
	if err != nil || i < 0 {
		http.Error(w, "no such page", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8") // or it would be guessed
	w.Header().Set("Content-Length", strconv.Itoa(pageSize))
	w.Write(o.pages[i%pageKind]) // an error means that the client has left
}

func (o *origin) wait(ctx context.Context, how string) error {
	if how != "held" {
		latency, err := time.ParseDuration(how)
		time.Sleep(latency)
		return err
	}
	o.mu.Lock()
	gate := o.gate
	o.mu.Unlock()
	o.held.Add(1)
	defer o.held.Add(-1)
	select {
	case <-gate:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// serveOrigin prints its address, and serves until its standard input ends.
func serveOrigin() error {
	o := &origin{gate: make(chan struct{})}
	for i := range pageKind {
		o.pages = append(o.pages, page(i))
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: o, ConnState: func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			o.accepted.Add(1)
		}
	}}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	fmt.Fprintln(os.Stdout, "http://"+l.Addr().String())
	io.Copy(io.Discard, os.Stdin)
	err = server.Close()
	if end := <-served; end != http.ErrServerClosed {
		err = errors.Join(err, end)
	}
	return err
}

// withOrigin runs f with the URL of an origin that nobody has used. So no port
// of an earlier turn's is in its way.
func withOrigin(f func(url string) ([]float64, error)) (values []float64, err error) {
	p, err := startAs("origin")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Stop(grace)) }()
	url, err := bufio.NewReader(p.Stdout).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("the origin says no address: %w: %s", err, p.Stderr())
	}
	return f(strings.TrimSpace(url))
}
