// Package machine is the level of machines: workers on other computers, asked
// over HTTP or through a queue in Redis.
//
// It is the only level that grows beyond one computer and survives the loss of
// one. Each hand-over costs a round trip, and between the two ends anything may
// happen: a reply that does not come does not say whether the task has run.
//
// There are two ways to build it. [NewRPC] asks a worker and waits for its
// answer: quick, at most once, and the caller must know who the workers are.
// [NewQueue] leaves tasks where any worker finds them: at least once, and the
// workers may come, go and crash.
package machine

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/internal/wire"
)

// RPCConfig tells where the workers are and how to speak to them.
type RPCConfig struct {
	URLs     []string // of the workers, each of which serves [Handler]; without any, all tasks fail
	InFlight int      // requests at once to each of them; 0 means 2
	Token    string   // the workers' secret; "" sends none
	MaxBatch int      // tasks in a request; 0 means 1024

	// Tries is how often a request is sent whose answer does not come, at most; 0 means
	// 4. The worker runs it once.
	Tries int

	// Patience is how long a request waits to be taken by a worker that has as many as
	// it takes; 0 means a minute. Then its tasks fail with [levels.ErrFull]: they have
	// not run.
	Patience time.Duration

	Client *http.Client // nil means one of the level's own, which keeps its connections

	// Dial makes the connections of the level's own Client, of which link.Dialer can make
	// slow ones; nil means that of a net.Dialer.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

// NewRPC returns a level that calls workers over HTTP.
//
// A batch travels as one request, or as a few so that all workers get a share;
// and while a request is under way, tasks of all callers gather for the next.
// Many callers with one task each thus pay for a fraction of a request, and a
// lone caller waits for nobody. Those who share a request share their end, so only
// callers whose ctx ends with the same Done channel do.
//
// When ctx ends, Run returns at once, and its requests are cancelled, which the
// worker's tasks see.
//
// A request whose answer does not come is sent again, to the same worker, which runs it
// once and gives the same answer. So a connection that breaks costs nothing but time. A
// worker that goes away loses the tasks it had with [levels.ErrLost]: they may have run,
// and nobody else is asked to run them (at most once). A worker that has too much to do
// is asked again later.
//
// Errors keep their text only. The outputs that answer one request may
// take 64 MiB together; those that do not fit become errors.
func NewRPC(c RPCConfig) levels.Level {
	per := positive(c.InFlight, 2)
	r := &rpc{config: c, senders: per * len(c.URLs), maxBatch: positive(c.MaxBatch, 1024)}
	r.work.L = &r.mu
	if r.config.Client == nil {
		r.config.Client = &http.Client{Transport: &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         c.Dial,
			ForceAttemptHTTP2:   true, // for https, also with a Dial of another's
			MaxIdleConnsPerHost: per,
			IdleConnTimeout:     times.Header / 2, // before the worker closes them: those too that were never used
		}}
	}
	if r.config.Client.CheckRedirect == nil {
		direct := *r.config.Client // another's is not to be changed
		direct.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		r.config.Client = &direct // for a worker sends nobody elsewhere
	}
	for i := range r.senders {
		s := &sender{config: &r.config, url: c.URLs[i/per], name: rand.Text()}
		r.sending.Go(func() { r.send(s) })
	}
	return r
}

// positive returns n, or what it is by default.
func positive(n, byDefault int) int {
	if n > 0 {
		return n
	}
	return byDefault
}

type rpc struct {
	config   RPCConfig
	senders  int
	maxBatch int
	gate     levels.Gate
	sending  sync.WaitGroup

	mu      sync.Mutex // guards what follows, and the calls' fields
	work    sync.Cond  // rings when calls wait or the level closes
	calls   []*call    // with tasks that no request has taken, first come first served
	backlog int        // how many tasks those are
	closed  bool
}

// A call is one Run.
type call struct {
	ctx     context.Context
	ended   <-chan struct{} // of ctx
	tasks   []levels.Task
	results []levels.Result // not to be touched once the caller has left
	taken   int             // tasks in requests, done or not
	left    int             // tasks without a result
	gone    bool            // the caller has left
	done    chan struct{}   // closed when left is 0
	reading sync.WaitGroup  // the senders that read tasks: they are the caller's again after Run
}

var errPending = errors.New("no result yet")

// Run implements [levels.Level].
func (r *rpc) Run(ctx context.Context, tasks []levels.Task) []levels.Result {
	if !r.gate.Enter() {
		return levels.Failed(len(tasks), levels.ErrClosed)
	}
	defer r.gate.Leave()
	if len(tasks) == 0 {
		return nil
	}
	if r.senders == 0 {
		return levels.Failed(len(tasks), errors.New("no machine to ask: RPCConfig.URLs is empty"))
	}
	if ctx.Err() != nil {
		return levels.Failed(len(tasks), context.Cause(ctx))
	}
	c := &call{ctx: ctx, ended: ctx.Done(), tasks: tasks, results: levels.Failed(len(tasks), errPending), left: len(tasks), done: make(chan struct{})}
	r.join(c)
	select {
	case <-c.done:
	case <-ctx.Done():
		r.leave(c)
	}
	return c.results
}

// join puts the call in line.
func (r *rpc) join(c *call) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, c)
	r.backlog += len(c.tasks)
	r.work.Signal()
}

// leave takes the call out of line and fails what has no result yet.
func (r *rpc) leave(c *call) {
	defer c.reading.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	c.gone = true
	for i, waiting := range r.calls {
		if waiting == c {
			r.calls = append(r.calls[:i], r.calls[i+1:]...)
			r.backlog -= len(c.tasks) - c.taken
			break
		}
	}
	for i := range c.results {
		if c.results[i].Err == errPending {
			c.results[i].Err = context.Cause(c.ctx)
		}
	}
}

// A part is the tasks [lo, hi) of a call in a request.
type part struct {
	*call
	lo, hi int
}

// take waits for tasks and takes a sender's share of them, in line. It reports
// false once the level is closed.
func (r *rpc) take() (parts []part, tasks []levels.Task, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.calls) == 0 {
		if r.closed {
			return nil, nil, false
		}
		r.work.Wait()
	}
	room := min(max(r.backlog/r.senders, 16), r.maxBatch)
	size := 0 // in bytes: one more call's share must fit into the request
	for whole := true; whole && size < 1<<20 && room > len(tasks) && len(r.calls) > 0; {
		c := r.calls[0]
		if len(parts) > 0 && parts[0].ended != c.ended {
			break // or the tasks of one would go on for the other's sake, who waits for all
		}
		lo, hi := c.taken, min(c.taken+room-len(tasks), len(c.tasks))
		n, err := wire.Fit(c.tasks[lo:hi])
		if err != nil {
			n = 1
			c.finish(lo, []levels.Result{{Err: err}})
		} else {
			c.reading.Add(1)
			parts = append(parts, part{c, lo, lo + n})
			tasks = append(tasks, c.tasks[lo:lo+n]...)
			size += wire.Size(c.tasks[lo : lo+n])
		}
		r.backlog -= n
		whole = lo+n == hi // or else the request is long enough in bytes
		if c.taken += n; c.taken == len(c.tasks) {
			r.calls = r.calls[1:]
		}
	}
	if r.backlog > 0 {
		r.work.Signal() // there is work for another sender
	}
	return parts, tasks, true
}

// send is the life of a sender.
func (r *rpc) send(s *sender) {
	for {
		parts, tasks, ok := r.take()
		if !ok {
			return
		}
		results := make([]levels.Result, len(tasks))
		if len(tasks) > 0 {
			body := wire.AppendTasks(nil, tasks)
			for _, p := range parts {
				p.reading.Done()
			}
			if err := s.ask(parts[0].ctx, body, results); err != nil {
				results = levels.Failed(len(tasks), err)
			}
		}
		r.mu.Lock()
		for _, p := range parts {
			p.finish(p.lo, results[:p.hi-p.lo])
			results = results[p.hi-p.lo:]
		}
		r.mu.Unlock()
	}
}

// finish gives results to the tasks from lo on, unless their caller has left.
func (c *call) finish(lo int, results []levels.Result) {
	if c.gone {
		return
	}
	copy(c.results[lo:], results)
	if c.left -= len(results); c.left == 0 {
		close(c.done)
	}
}

// Close implements [levels.Level].
func (r *rpc) Close() error {
	r.gate.Close()
	r.mu.Lock()
	r.closed = true
	r.work.Broadcast()
	r.mu.Unlock()
	r.sending.Wait()
	r.config.Client.CloseIdleConnections()
	return nil
}
