package peers

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/valyala/fasthttp"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/async"
	"github.com/fourlevels/fourlevels/levels/async/loop"
	"github.com/fourlevels/fourlevels/levels/thread"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// A fetcher is a contestant: it opens a level that may have that many tasks in
// flight, and whose function "page" returns the pageSum of the URL in its input.
type fetcher struct {
	name       string
	ours       bool    // has lines of its own in each figure, with aims
	rate       float64 // of ours: the aim, as a multiple of fasthttp's
	part       int     // its tasks in flight are one in so many; 0 means all
	memoryOnly bool    // takes part in that figure alone
	open       func(inFlight int) (levels.Level, error)
}

var fetchers = []fetcher{
	{name: "async", ours: true, rate: 0.9, open: func(inFlight int) (levels.Level, error) {
		return async.New(async.Config{Funcs: levels.Funcs{"page": workload.Get(sumBody)}, InFlight: inFlight}), nil
	}},
	{name: "async/loop", ours: true, rate: 1, open: func(inFlight int) (levels.Level, error) {
		return loop.New(loop.Config{Async: map[string]loop.Func{"page": loop.Get(sumBody)}, InFlight: inFlight})
	}},
	{name: "fasthttp", open: openFasthttp},
	{name: "async,4KiB", memoryOnly: true, open: func(inFlight int) (levels.Level, error) {
		return async.New(async.Config{Funcs: levels.Funcs{"page": fetchWith(4 << 10)}, InFlight: inFlight}), nil
	}},
	// More threads than some thousand would be an imposition on the machine.
	{name: "thread", memoryOnly: true, part: 5, open: func(inFlight int) (levels.Level, error) {
		debug.SetMaxThreads(inFlight + 1_000) // or ten thousand were all that may be
		return thread.New(thread.Config{Funcs: levels.Funcs{"page": workload.Get(sumBody)}, Threads: inFlight})
	}},
}

// open opens the fetcher of a job.
func (j fetchJob) open(inFlight int) (levels.Level, error) {
	i := slices.IndexFunc(fetchers, func(f fetcher) bool { return f.name == j.Fetcher })
	if i < 0 {
		return nil, fmt.Errorf("nobody is called %q", j.Fetcher)
	}
	return fetchers[i].open(inFlight)
}

// sumBody sums a page up where it arrives, so that nobody has to keep it.
func sumBody(_ context.Context, _, body []byte) ([]byte, error) { return pageSum(body), nil }

// fetchWith fetches as the workload io does, but for its buffers: a connection has one
// to read and one to write, of 4 KiB each unless somebody says otherwise.
func fetchWith(buffer int) levels.Func {
	transport := &http.Transport{
		MaxIdleConnsPerHost: 16 << 10,
		DisableCompression:  true,
		ReadBufferSize:      buffer,
		WriteBufferSize:     buffer,
	}
	return func(ctx context.Context, input []byte) ([]byte, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, string(input), nil)
		if err != nil {
			return nil, err
		}
		resp, err := transport.RoundTrip(req)
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("status %s", resp.Status)
		}
		var b bytes.Buffer
		b.Grow(int(min(max(resp.ContentLength, 0), 1<<20)) + bytes.MinRead)
		_, err = b.ReadFrom(io.LimitReader(resp.Body, 1<<20))
		return pageSum(b.Bytes()), err
	}
}

// openFasthttp has goroutines take the next URL each. Requests and responses
// are used again, and so is the memory of a page, as its documentation asks for.
func openFasthttp(inFlight int) (levels.Level, error) {
	client := &fasthttp.Client{
		MaxConnsPerHost:     inFlight,
		MaxIdleConnDuration: patience,
		ReadTimeout:         patience,
	}
	get := func(_ context.Context, input []byte) ([]byte, error) {
		req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
		defer fasthttp.ReleaseRequest(req)
		defer fasthttp.ReleaseResponse(resp)
		req.SetRequestURIBytes(input)
		if err := client.Do(req, resp); err != nil {
			return nil, err
		}
		if resp.StatusCode() != fasthttp.StatusOK {
			return nil, fmt.Errorf("status %d", resp.StatusCode())
		}
		return pageSum(resp.Body()), nil
	}
	funcs := levels.Funcs{"page": get}
	run := func(ctx context.Context, tasks []levels.Task) []levels.Result {
		results := make([]levels.Result, len(tasks))
		var next atomic.Int64
		var crowd sync.WaitGroup
		for range min(inFlight, len(tasks)) {
			crowd.Go(func() {
				for i := next.Add(1) - 1; i < int64(len(tasks)); i = next.Add(1) - 1 {
					results[i] = funcs.Do(ctx, tasks[i])
				}
			})
		}
		crowd.Wait()
		return results
	}
	return peer{run, func() error { client.CloseIdleConnections(); return nil }}, nil
}
