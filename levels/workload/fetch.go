package workload

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

const (
	maxBody  = 16 << 20 // of an answer; more is an error
	maxURL   = 8 << 10  // of an input; more is no URL of ours
	inFlight = 16 << 10 // fetches at once that keep their connections afterwards
)

// client makes all fetches of this process. The default transport keeps two
// connections to a host and closes the rest after use, and opening connections
// would then be most of the work. A fetch that fails because an idle connection
// was closed under it is repeated once by net/http, as any GET may be.
var client = &http.Client{
	Transport: &http.Transport{
		MaxIdleConnsPerHost: inFlight,
		IdleConnTimeout:     90 * time.Second,
		DisableCompression:  true,
	},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Timeout:       30 * time.Second, // a task that never ends is worse than one that fails
}

// fetchText returns the body of the answer to a GET of the URL that is its input.
func fetchText(ctx context.Context, input []byte) ([]byte, error) {
	if len(input) > maxURL {
		return nil, fmt.Errorf("fetch: URL of %d bytes is over the limit of %d", len(input), maxURL)
	}
	body, err := fetch(ctx, string(input))
	if err != nil && ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return body, err
}

func fetch(ctx context.Context, address string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("fetch: %w", err)
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err // it says "Get", the URL and why
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		// What is read to its end leaves a connection that can be used again.
		reason, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
		line, _, _ := bytes.Cut(reason, []byte("\n"))
		return nil, fmt.Errorf("fetch %q: status %s: %.200q", req.URL.Redacted(), resp.Status, line)
	}
	body, err := readBody(resp)
	if err != nil {
		return nil, fmt.Errorf("fetch %q: %w", req.URL.Redacted(), err)
	}
	return body, nil
}

func readBody(resp *http.Response) ([]byte, error) {
	var b bytes.Buffer
	if n := resp.ContentLength; 0 < n && n <= 1<<20 { // memory does not follow larger claims
		b.Grow(int(n) + bytes.MinRead) // room for the read that finds the end
	}
	n, err := b.ReadFrom(io.LimitReader(resp.Body, maxBody+1))
	if err == nil && n > maxBody {
		err = fmt.Errorf("answer is over the limit of %d bytes", maxBody)
	}
	return b.Bytes(), err
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
