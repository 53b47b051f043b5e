package serve_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fourlevels/fourlevels/levels/internal/serve"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A watched listener tells when it is closed.
type watched struct {
	net.Listener
	once   sync.Once
	closed chan struct{}
}

func listen(t *testing.T) *watched {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return &watched{Listener: l, closed: make(chan struct{})}
}

func (w *watched) Close() error {
	defer w.once.Do(func() { close(w.closed) })
	return w.Listener.Close()
}

// fetch makes a request on a connection that is not used again.
func fetch(l net.Listener) (string, error) {
	transport := &http.Transport{DisableKeepAlives: true}
	resp, err := (&http.Client{Transport: transport}).Get("http://" + l.Addr().String())
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

type fetched struct {
	body string
	err  error
}

// slow is a handler that answers once it is released, or its request ends.
type slow struct{ arrived, released chan struct{} }

func newSlow() slow { return slow{make(chan struct{}), make(chan struct{})} }

func (s slow) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.arrived <- struct{}{}
	select {
	case <-s.released:
		io.WriteString(w, "done")
	case <-r.Context().Done():
	}
}

func TestFinishesWhatIsUnderWay(t *testing.T) {
	l, h := listen(t), newSlow()
	ctx, stop := context.WithCancel(context.Background())
	served, got := make(chan error, 1), make(chan fetched, 1)
	go func() { served <- serve.HTTP(ctx, l, h, serve.Times{Grace: time.Minute}) }()
	go func() {
		body, err := fetch(l)
		got <- fetched{body, err}
	}()
	<-h.arrived
	stop()
	<-l.closed
	close(h.released)
	if f := <-got; f.err != nil || f.body != "done" {
		t.Errorf("the request under way: %q, %v", f.body, f.err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
	if body, err := fetch(l); err == nil {
		t.Errorf("a server that has stopped answers %q", body)
	}
}

func TestCutsOffAfterTheGrace(t *testing.T) {
	l, h := listen(t), newSlow()
	ctx, stop := context.WithCancel(context.Background())
	served, got := make(chan error, 1), make(chan fetched, 1)
	go func() { served <- serve.HTTP(ctx, l, h, serve.Times{Grace: time.Millisecond}) }()
	go func() {
		body, err := fetch(l)
		got <- fetched{body, err}
	}()
	<-h.arrived
	stop()
	if err := <-served; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("err = %v, want one that says the time was over", err)
	}
	if f := <-got; f.err == nil {
		t.Errorf("a request that was cut off got %q", f.body)
	}
}

// The second connection is accepted after the first, which is never used.
func TestDoesNotWaitForUnusedConnections(t *testing.T) {
	l := listen(t)
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- serve.HTTP(ctx, l, http.NotFoundHandler(), serve.Times{Grace: time.Minute}) }()
	unused, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer unused.Close()
	if _, err := fetch(l); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	stop()
	if err := <-served; err != nil || time.Since(start) > 4*time.Second {
		t.Errorf("stopped after %v: %v", time.Since(start), err)
	}
}

func TestFailsWithItsListener(t *testing.T) {
	l := listen(t)
	l.Close()
	if err := serve.HTTP(context.Background(), l, http.NotFoundHandler(), serve.Times{Grace: time.Minute}); !errors.Is(err, net.ErrClosed) {
		t.Errorf("err = %v, want one that says the listener is closed", err)
	}
}

func TestAnEndedContext(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	stop()
	l := listen(t)
	if err := serve.HTTP(ctx, l, http.NotFoundHandler(), serve.Times{Grace: time.Minute}); err != nil {
		t.Error(err)
	}
	<-l.closed
}
