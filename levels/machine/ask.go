package machine

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/internal/wire"
	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

const (
	contentType    = "application/x-fourlevels-tasks"
	protocolHeader = "Fourlevels-Protocol"
)

// A sender sends one request at a time to one worker, and numbers them: so the worker need
// remember its last one only.
type sender struct {
	config *RPCConfig
	url    string
	name   string // nobody else's
	number uint64 // of its requests so far
	worker string // who runs the present one; "" until a worker has said its name
}

// ask sends a request until it is answered, the worker is gone, or ctx ends. Its error is
// [levels.ErrLost] if the tasks may have run: once a try is lost, no other error can say
// that they have not.
func (s *sender) ask(ctx context.Context, body []byte, results []levels.Result) error {
	s.number++
	var lost error
	var waited time.Duration
	for tries, moves := 1, 0; ; {
		err := s.post(ctx, lost != nil, body, results)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			s.giveUp(ctx)
			return context.Cause(ctx)
		}
		var full *fullError
		var moved movedError
		switch {
		case errors.As(err, &moved) && lost == nil && moves < 32:
			s.worker = moved.to
			moves++
		case errors.As(err, &full) && waited < cmp.Or(s.config.Patience, time.Minute):
			waited += pause(ctx, full.after+rand.N(full.after/2+1)) // not all at once
		case worthAnother(err, lost != nil) && tries < positive(s.config.Tries, 4):
			lost = cmp.Or(lost, err)                                              // the first one: a later one may be that nobody is there
			pause(ctx, min(time.Second, 10*time.Millisecond<<min(2*tries-2, 10))) // soon enough: see comeBack
			tries++
		case lost != nil && !errors.Is(err, levels.ErrLost):
			return fmt.Errorf("%w: asked again: %v", lost, err) // which is no answer about the first try
		default:
			return err
		}
	}
}

// worthAnother reports whether the worker may still answer: the connection broke, or,
// for a request that is on its way already, cannot be made. Where a connection is refused
// there is no worker any more.
func worthAnother(err error, again bool) bool {
	var b broken
	return errors.As(err, &b) || again && isDial(err) && !errors.Is(err, syscall.ECONNREFUSED)
}

func isDial(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// pause waits, or until ctx ends, and returns how long it was to wait.
func pause(ctx context.Context, d time.Duration) time.Duration {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	return d
}

// A broken connection: what was asked may be known to the worker.
type broken struct{ error }

func (b broken) Unwrap() error { return b.error }

// A fullError says that a worker does not take a request now, so that it has not run.
type fullError struct {
	machine string
	after   time.Duration // when to ask again
}

func (e *fullError) Error() string {
	return fmt.Sprintf("machine %s has as many requests as it takes", e.machine)
}

func (e *fullError) Unwrap() error { return levels.ErrFull }

// A movedError says that the address leads to another worker, who has not run the request.
type movedError struct{ machine, to string }

func (e movedError) Error() string {
	return fmt.Sprintf("machine %s is another worker each time", e.machine)
}

// post sends the request once, with the tasks in its body, and reads the answer.
func (s *sender) post(ctx context.Context, again bool, body []byte, results []levels.Result) error {
	req, err := s.request(ctx, http.MethodPost, again, bytes.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := s.config.Client.Do(req)
	if isDial(err) {
		return fmt.Errorf("ask machine: %w", err) // not lost: it never left
	}
	if err != nil {
		// Other connections may lead to the same dead worker: do not use them
		// again, or the next request may be lost before they are known to be closed.
		s.config.Client.CloseIdleConnections()
		return broken{fmt.Errorf("%w: %w", levels.ErrLost, err)}
	}
	defer resp.Body.Close()
	machine := req.URL.Redacted()
	if resp.StatusCode != http.StatusOK {
		return refusal(machine, resp)
	}
	s.worker = resp.Header.Get(workerHeader)
	answer, err := readBody(resp.Body, resp.ContentLength)
	if err != nil {
		return broken{fmt.Errorf("%w: answer of %s: %w", levels.ErrLost, machine, err)}
	}
	if err := wire.Results(answer, results); err != nil {
		return fmt.Errorf("%w: answer of %s: %w", levels.ErrLost, machine, err)
	}
	return nil
}

// request makes what is sent. The connection may not be made again by net/http: only a
// request of which nothing was written is sent again by itself.
func (s *sender) request(ctx context.Context, method string, again bool, body io.Reader) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, method, s.url, body)
	if err != nil {
		if parse := (*url.Error)(nil); errors.As(err, &parse) {
			err = parse.Err // without the URL, and the password in it
		}
		return nil, fmt.Errorf("ask machine %s: %w", queue.Redact(s.url), err)
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set(protocolHeader, strconv.Itoa(wire.Version))
	req.Header.Set(keyHeader, key{sender: s.name, number: s.number, again: again}.String())
	if s.worker != "" {
		req.Header.Set(workerHeader, s.worker)
	}
	if s.config.Token != "" {
		req.Header.Set("Authorization", "Bearer "+s.config.Token)
	}
	return req, nil
}

// giveUp tells the worker that nobody waits for the last request any more. It is a
// courtesy: a worker that does not hear it finds out after a while.
func (s *sender) giveUp(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	req, err := s.request(ctx, http.MethodDelete, false, nil)
	if err != nil {
		return
	}
	if resp, err := s.config.Client.Do(req); err == nil {
		resp.Body.Close()
	}
}

// refusal is the error of an answer that is not a worker's results. A worker
// that refuses says whose fault it is, the caller's; any other answer comes
// from somebody in between, who need not know whether the tasks have run.
func refusal(machine string, resp *http.Response) error {
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 200))
	why := strings.TrimSpace(string(text))
	if to := resp.Header.Get(workerHeader); resp.StatusCode == http.StatusPreconditionFailed && to != "" {
		return movedError{machine, to}
	}
	if resp.StatusCode >= 400 && resp.StatusCode < 500 {
		return fmt.Errorf("machine %s refuses: %s: %s", machine, resp.Status, why)
	}
	if resp.StatusCode == http.StatusServiceUnavailable && resp.Header.Get(protocolHeader) != "" { // the worker itself
		seconds, err := strconv.ParseUint(resp.Header.Get("Retry-After"), 10, 16)
		if err != nil {
			seconds = 1
		}
		return &fullError{machine, time.Duration(min(max(seconds, 1), 10)) * time.Second}
	}
	err := fmt.Errorf("%w: answer of %s: %s: %s", levels.ErrLost, machine, resp.Status, why)
	switch resp.StatusCode {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return broken{err} // between somebody and the worker
	}
	return err
}
