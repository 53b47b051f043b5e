package workload

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/fourlevels/fourlevels/levels"
)

const (
	maxBody  = 16 << 20 // of an answer; more is an error
	maxURL   = 8 << 10  // of an input; more is no URL of ours
	inFlight = 16 << 10 // fetches at once that keep their connections afterwards
)

// transport makes all fetches of this process. The default one keeps two connections to
// a host and closes the rest after use, and opening connections would then be most
// of the work. A fetch that fails because an idle connection was closed under it
// is repeated once by net/http, as any GET may be. No http.Client stands before it:
// nothing here follows redirects or keeps cookies, and it costs a twelfth more.
var transport = &http.Transport{
	MaxIdleConnsPerHost: inFlight,
	IdleConnTimeout:     90 * time.Second,
	DisableCompression:  true,
	ReadBufferSize:      512, // a connection that waits costs 7 KiB less than with 4 KiB for either,
	WriteBufferSize:     512, // and a long body is read past the buffer
}

// patience is for a whole fetch: a task that never ends is worse than one that fails.
const patience = 30 * time.Second

// Get returns a Func that fetches the URL that is its input. The output is the body, or
// what then makes of it; then may be nil. The body is lent to then: its memory is
// another's as soon as then returns, so no part of it may be kept, or be the output.
func Get(then func(ctx context.Context, input, body []byte) (output []byte, err error)) levels.Func {
	return func(ctx context.Context, input []byte) ([]byte, error) {
		if len(input) > maxURL {
			return nil, fmt.Errorf("fetch: URL of %d bytes is over the limit of %d", len(input), maxURL)
		}
		body := new(bytes.Buffer)
		if then != nil {
			body = bodies.Get().(*bytes.Buffer)
			defer giveBack(body)
		}
		if err := fetch(ctx, string(input), body); err != nil {
			if ctx.Err() != nil {
				err = context.Cause(ctx)
			}
			return nil, err
		}
		if then == nil {
			return body.Bytes(), nil
		}
		return then(ctx, input, body.Bytes())
	}
}

// bodies are the memory of those that were lent. New memory for each is what collecting
// garbage takes most of its time for.
var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func giveBack(body *bytes.Buffer) {
	const large = 256 << 10 // is rare, and not worth keeping
	if body.Cap() <= large {
		body.Reset()
		bodies.Put(body)
	}
}

// fetch appends what the URL says to body.
func fetch(ctx context.Context, address string, body *bytes.Buffer) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("no answer within %v", patience))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return fmt.Errorf("fetch: %w", err)
	}
	if user := req.URL.User; user != nil { // which else an http.Client does
		password, _ := user.Password()
		req.SetBasicAuth(user.Username(), password)
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return fmt.Errorf("fetch %q: %w", req.URL.Redacted(), err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		// What is read to its end leaves a connection that can be used again.
		reason, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
		line, _, _ := bytes.Cut(reason, []byte("\n"))
		return fmt.Errorf("fetch %q: status %s: %.200q", req.URL.Redacted(), resp.Status, line)
	}
	if err := readBody(body, resp); err != nil {
		return fmt.Errorf("fetch %q: %w", req.URL.Redacted(), err)
	}
	return nil
}

func readBody(b *bytes.Buffer, resp *http.Response) error {
	if n := resp.ContentLength; 0 < n && n <= 1<<20 { // memory does not follow larger claims
		b.Grow(int(n) + bytes.MinRead) // room for the read that finds the end
	}
	n, err := b.ReadFrom(io.LimitReader(resp.Body, maxBody+1))
	if err == nil && n > maxBody {
		err = fmt.Errorf("answer is over the limit of %d bytes", maxBody)
	}
	return err
}

func ioWork(env Env) (Workload, error) {
	origin, err := env.origin("io")
	if err != nil {
		return Workload{}, err
	}
	return Workload{
		Name:  "io",
		About: "Waiting: one HTTP fetch from an origin that takes its time.",
		Input: func(i, _ int) []byte {
			q := env.query()
			q.Set("i", strconv.Itoa(i))
			return []byte(origin + "/wait?" + q.Encode())
		},
		Check:    checkToken,
		Distinct: 64,
		Waits:    true,
	}, nil
}

// query returns what env asks for with each fetch.
func (env Env) query() url.Values {
	q := url.Values{}
	if env.Latency > 0 {
		q.Set("latency", env.Latency.String())
	}
	return q
}

func checkToken(input, output []byte) error {
	u, err := url.Parse(string(input))
	if err != nil {
		return fmt.Errorf("input is no URL: %w", err)
	}
	i, err := strconv.ParseUint(u.Query().Get("i"), 10, 64)
	if err != nil {
		return fmt.Errorf("input %.200q has no number i: %w", input, err)
	}
	if want := token(i); string(output) != want {
		return fmt.Errorf("answer to i=%d is %.80q, want %q", i, output, want)
	}
	return nil
}

// token is what an origin answers to i: the FNV-1a hash of its digits, in hex.
// It is spelled out here and taken from a library there, so that a check is
// more than the origin's own word.
func token(i uint64) string {
	h := uint64(14695981039346656037)
	for _, digit := range strconv.FormatUint(i, 10) {
		h = (h ^ uint64(digit)) * 1099511628211
	}
	return fmt.Sprintf("%016x", h)
}
