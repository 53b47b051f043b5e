package machine_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/internal/wire"
	"github.com/fourlevels/fourlevels/levels/machine"
	"github.com/fourlevels/fourlevels/levels/machine/store/storetest"
)

var errEnough = errors.New("the caller has had enough")

// funcs are echo, and hold, which tells that it has begun and waits for the
// end of its ctx or of the test.
func funcs(t *testing.T) (fs levels.Funcs, begun chan string, ended chan error) {
	begun, ended = make(chan string), make(chan error, 1)
	return levels.Funcs{
		"echo": func(_ context.Context, input []byte) ([]byte, error) { return input, nil },
		"hold": func(ctx context.Context, input []byte) ([]byte, error) {
			begun <- string(input)
			select {
			case <-ctx.Done():
				ended <- context.Cause(ctx)
			case <-t.Context().Done():
			}
			return nil, context.Cause(ctx)
		},
	}, begun, ended
}

// open serves h and returns a level that asks it, one request at a time. In
// the end no goroutine may be left.
func open(t *testing.T, h http.Handler) levels.Level {
	t.Helper()
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	l := machine.NewRPC(machine.RPCConfig{URLs: []string{server.URL}, InFlight: 1})
	t.Cleanup(func() { l.Close() })
	return l
}

// run1 runs one task.
func run1(ctx context.Context, l levels.Level, name, input string) levels.Result {
	return l.Run(ctx, []levels.Task{{Func: name, Input: []byte(input)}})[0]
}

// While a request is under way, the tasks of all callers gather for the next.
func TestLoneCallersShareRequests(t *testing.T) {
	const callers = 256
	gate := newGate(echoing())
	l := open(t, gate)
	var calling sync.WaitGroup
	first := make(chan levels.Result, 1)
	calling.Go(func() { first <- run1(t.Context(), l, "echo", "first") })
	gate.wait()
	wrong := make(chan error, callers)
	entered := newTracked(t.Context(), callers)
	for i := range callers {
		calling.Go(func() {
			if r := run1(entered, l, "echo", fmt.Sprint(i)); r.Err != nil || string(r.Output) != fmt.Sprint(i) {
				wrong <- fmt.Errorf("caller %d: %q, %v", i, r.Output, r.Err)
			}
		})
	}
	for range callers {
		entered.wait()
	}
	gate.open()
	calling.Wait()
	close(wrong)
	for err := range wrong {
		t.Error(err)
	}
	if r := <-first; r.Err != nil || string(r.Output) != "first" {
		t.Errorf("the first: %q, %v", r.Output, r.Err)
	}
	if n := gate.requests.Load(); n != 2 {
		t.Errorf("%d callers took %d requests after the first, want 1", callers, n-1)
	}
}

// A tracked context tells when somebody begins to wait for it. Callers ask for its end
// twice: before they join, and when they wait.
type tracked struct {
	context.Context
	asked chan struct{}
}

func newTracked(ctx context.Context, callers int) tracked {
	return tracked{ctx, make(chan struct{}, 2*callers)}
}

// wait waits until one more caller has joined, if they come one after another, and
// in the end until all have.
func (c tracked) wait() { <-c.asked; <-c.asked }

func (c tracked) Done() <-chan struct{} {
	select {
	case c.asked <- struct{}{}:
	default:
	}
	return c.Context.Done()
}

// A gate lets requests through to a handler once it is open.
type gate struct {
	http.Handler
	requests atomic.Int64
	arrived  chan struct{}
	opened   chan struct{}
}

func newGate(h http.Handler) *gate {
	return &gate{Handler: h, arrived: make(chan struct{}), opened: make(chan struct{})}
}

func (g *gate) wait() { <-g.arrived }
func (g *gate) open() { close(g.opened) }

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost && g.requests.Add(1) == 1 {
		close(g.arrived)
	}
	<-g.opened
	g.Handler.ServeHTTP(w, r)
}

func echoing() *machine.Handler {
	return &machine.Handler{Level: &levels.Serial{Funcs: levels.Funcs{
		"echo": func(_ context.Context, input []byte) ([]byte, error) { return input, nil },
	}}}
}

// Callers that share a request share their end. With it the request is cancelled, and
// that reaches the worker's tasks.
func TestLeavingASharedRequest(t *testing.T) {
	fs, begun, ended := funcs(t)
	gate := newGate(&machine.Handler{Level: &levels.Serial{Funcs: fs}})
	l := open(t, gate)
	ctx, cancel := context.WithCancelCause(t.Context())
	var calling sync.WaitGroup
	calling.Go(func() { run1(t.Context(), l, "echo", "first") })
	gate.wait()

	entered := newTracked(ctx, 2)
	results := make(chan levels.Result, 2)
	for range 2 {
		calling.Go(func() { results <- run1(entered, l, "hold", "x") })
		entered.wait()
	}
	gate.open()
	<-begun
	cancel(errEnough)
	for range 2 {
		if r := <-results; !errors.Is(r.Err, errEnough) {
			t.Errorf("result: %v, want %v", r.Err, errEnough)
		}
	}
	<-ended
	calling.Wait()
	if n := gate.requests.Load(); n != 2 {
		t.Errorf("there were %d requests, want 2: the first, and that of both", n)
	}
	if r := run1(t.Context(), l, "echo", "next"); r.Err != nil {
		t.Errorf("afterwards: %v", r.Err)
	}
}

// A caller does not wait for tasks of somebody else's that go on for nobody.
func TestStrangersShareNoRequest(t *testing.T) {
	fs, begun, ended := funcs(t)
	gate := newGate(&machine.Handler{Level: &levels.Serial{Funcs: fs}})
	l := open(t, gate)
	var calling sync.WaitGroup
	calling.Go(func() { run1(t.Context(), l, "echo", "first") })
	gate.wait()

	leaver, leave := context.WithCancelCause(t.Context())
	left, entered := newTracked(leaver, 1), newTracked(t.Context(), 1)
	stays := make(chan levels.Result, 1)
	calling.Go(func() { run1(left, l, "hold", "leaves") })
	left.wait()
	calling.Go(func() { stays <- run1(entered, l, "echo", "stays") })
	entered.wait()
	gate.open()
	<-begun
	leave(errEnough)
	<-ended
	if r := <-stays; r.Err != nil || string(r.Output) != "stays" {
		t.Errorf("who stays has %q, %v", r.Output, r.Err)
	}
	calling.Wait()
}

// Once Run has returned, the tasks are the caller's again, even if it left
// while they were being sent.
func TestTasksAreNotRead(t *testing.T) {
	l := open(t, echoing())
	tasks := []levels.Task{{Func: "echo", Input: make([]byte, 16<<20)}}
	for range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		entered := newTracked(ctx, 1)
		go func() { entered.wait(); cancel() }() // at about the time when a request is made
		l.Run(entered, tasks)
		for i := 0; i < len(tasks[0].Input); i += 1 << 10 {
			tasks[0].Input[i]++ // a data race, if somebody still reads
		}
	}
}

// What was sent to a worker that dies is lost. What could not be sent is not.
func TestDeadWorker(t *testing.T) {
	l := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		panic(http.ErrAbortHandler) // the connection breaks
	}))
	if r := run1(t.Context(), l, "echo", "x"); !errors.Is(r.Err, levels.ErrLost) {
		t.Errorf("sent: %v, want %v", r.Err, levels.ErrLost)
	}

	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody.Close()
	l = machine.NewRPC(machine.RPCConfig{URLs: []string{"http://" + nobody.Addr().String()}})
	defer l.Close()
	r := run1(t.Context(), l, "echo", "x")
	if r.Err == nil || errors.Is(r.Err, levels.ErrLost) || !strings.Contains(r.Err.Error(), nobody.Addr().String()) {
		t.Errorf("not sent: %v, want an error that is not %v and names the address", r.Err, levels.ErrLost)
	}
}

// What a worker may answer, and what the tasks' errors then are.
func TestAnswers(t *testing.T) {
	two := wire.AppendResults(nil, make([]levels.Result, 2))
	one := wire.AppendResults(nil, []levels.Result{{Output: make([]byte, 1000)}})
	for name, test := range map[string]struct {
		answer func(http.ResponseWriter)
		lost   bool
		want   string
	}{
		"cut short": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", fmt.Sprint(len(one)))
			w.Write(one[:100])
		}, true, "unexpected EOF"},
		"too many results": {func(w http.ResponseWriter) { w.Write(two) }, true, "want 1 results, have 2"},
		"garbage":          {func(w http.ResponseWriter) { io.WriteString(w, "<html>") }, true, "answer of http://"},
		"empty":            {func(http.ResponseWriter) {}, true, "answer of http://"},
		"refused": {func(w http.ResponseWriter) {
			http.Error(w, "go away", http.StatusForbidden)
		}, false, "refuses: 403 Forbidden: go away"},
		"broken on the way": {func(w http.ResponseWriter) {
			http.Error(w, "no answer in time", http.StatusGatewayTimeout)
		}, true, "504 Gateway Timeout: no answer in time"},
		"somebody else is full": {func(w http.ResponseWriter) {
			http.Error(w, "too many", http.StatusServiceUnavailable)
		}, true, "503 Service Unavailable: too many"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { test.answer(w) }))
			defer server.Close()
			l := machine.NewRPC(machine.RPCConfig{URLs: []string{server.URL}, Tries: 1})
			defer l.Close()
			r := run1(t.Context(), l, "echo", "x")
			if r.Err == nil || errors.Is(r.Err, levels.ErrLost) != test.lost || !strings.Contains(r.Err.Error(), test.want) {
				t.Errorf("err = %v, want %q, lost: %v", r.Err, test.want, test.lost)
			}
		})
	}
}

func TestNoMachine(t *testing.T) {
	l := machine.NewRPC(machine.RPCConfig{})
	defer l.Close()
	if r := run1(t.Context(), l, "echo", "x"); r.Err == nil || !strings.Contains(r.Err.Error(), "URLs is empty") {
		t.Errorf("err = %v, want one that says there is no URL", r.Err)
	}
}

func TestURLsKeepTheirPasswords(t *testing.T) {
	const canary = "CANARY-7f3a"
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	for name, url := range map[string]string{
		"refused":  strings.Replace(server.URL, "://", "://user:"+canary+"@", 1),
		"nobody":   "http://user:" + canary + "@127.0.0.1:1",
		"no URL":   "http://user:" + canary + "@ho st",
		"bad port": "http://user:" + canary + "@127.0.0.1:port",
	} {
		l := machine.NewRPC(machine.RPCConfig{URLs: []string{url}})
		if r := run1(t.Context(), l, "echo", "x"); r.Err == nil || strings.Contains(r.Err.Error(), canary) {
			t.Errorf("%s: %v, want an error without the password", name, r.Err)
		}
		l.Close()
	}
}

// A task that is too large fails alone.
func TestTooLarge(t *testing.T) {
	c := machine.QueueConfig{Redis: storetest.Best().URL, Name: t.Name()}
	serveQueue(t, c, 1)
	q, err := machine.NewQueue(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	huge := make([]byte, wire.Limit)
	for name, l := range map[string]levels.Level{"rpc": open(t, echoing()), "queue": q} {
		var tasks []levels.Task
		for _, input := range [][]byte{[]byte("a"), huge, []byte("b"), huge} {
			tasks = append(tasks, levels.Task{Func: "echo", Input: input})
		}
		results := l.Run(t.Context(), tasks)
		for i, want := range []string{"a", "", "b", ""} {
			r := results[i]
			if tooLarge := r.Err != nil && strings.Contains(r.Err.Error(), "over the limit"); tooLarge != (want == "") || string(r.Output) != want {
				t.Errorf("%s: result %d: %q, %v", name, i, r.Output, r.Err)
			}
		}
	}
}

// A batch that is large in all is sent in parts.
func TestLargeBatch(t *testing.T) {
	l := open(t, echoing())
	tasks := make([]levels.Task, 12)
	for i := range tasks {
		input := make([]byte, 1<<19)
		binary.LittleEndian.PutUint32(input, uint32(i))
		tasks[i] = levels.Task{Func: "echo", Input: input}
	}
	for i, r := range l.Run(t.Context(), tasks) {
		if r.Err != nil || len(r.Output) != 1<<19 || binary.LittleEndian.Uint32(r.Output) != uint32(i) {
			t.Errorf("result %d: %d bytes, %v", i, len(r.Output), r.Err)
		}
	}
}

// Large tasks of many callers do not become a request that is too large.
func TestManyLargeCallers(t *testing.T) {
	l := open(t, echoing())
	large := make([]byte, 5<<20)
	var wg sync.WaitGroup
	for range 24 {
		wg.Go(func() {
			if r := run1(t.Context(), l, "echo", string(large)); r.Err != nil || len(r.Output) != len(large) {
				t.Errorf("%d bytes, %v", len(r.Output), r.Err)
			}
		})
	}
	wg.Wait()
}

// What makes no sense as a number is taken for the default.
func TestNegativeConfig(t *testing.T) {
	s := httptest.NewServer(echoing())
	defer s.Close()
	l := machine.NewRPC(machine.RPCConfig{URLs: []string{s.URL}, InFlight: -1, MaxBatch: -1})
	defer l.Close()
	if r := run1(t.Context(), l, "echo", "x"); r.Err != nil {
		t.Error(r.Err)
	}
}
