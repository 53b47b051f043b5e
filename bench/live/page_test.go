package live_test

import (
	"bufio"
	"encoding/json"
	"io"
	"math"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fourlevels/fourlevels/bench/live"
)

// open serves a page. In the end no goroutine may be left.
func open(t *testing.T, c live.PageConfig) *live.Page {
	t.Helper()
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		goleak.VerifyNone(t, before)
	})
	p, err := live.NewPage(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// ask makes a request, and returns the answer with its body read.
func ask(t *testing.T, method, url, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(text)
}

// A picture is a frame as the page gets it.
type picture struct {
	Reset  bool
	Now    time.Duration
	Events []live.Event
	last   bool
}

// watch opens the stream. What it returns reads the next frame.
func watch(t *testing.T, p *live.Page) (next func() picture) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", p.URL()+"events", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("the stream is %s, %q", answer.Status, answer.Header.Get("Content-Type"))
	}
	lines := bufio.NewReader(answer.Body)
	return func() (f picture) {
		t.Helper()
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				t.Fatalf("the stream broke off: %v", err)
			}
			if line == "event: end\n" {
				f.last = true
			}
			if data, ok := strings.CutPrefix(line, "data: "); ok {
				if err := json.Unmarshal([]byte(data), &f); err != nil {
					t.Fatal(err)
				}
				return f
			}
		}
	}
}

func span(lane string, t0, t1 int64, state live.State) live.Event {
	return live.Event{At: time.Duration(max(t0, t1)), Span: &live.Span{Lane: lane, State: state, T0: t0, T1: t1}}
}

// The page brings all it needs, and its policy allows just that.
func TestPageIsWhole(t *testing.T) {
	p := open(t, live.PageConfig{Title: `</title><script>alert("1")</script>`, Alt: `"><b>`})
	answer, text := ask(t, "GET", p.URL(), "")
	for name, want := range map[string]string{
		"Content-Type":           "text/html; charset=utf-8",
		"X-Content-Type-Options": "nosniff",
		"Referrer-Policy":        "no-referrer",
		"Cache-Control":          "no-store",
	} {
		if got := answer.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	policy := answer.Header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "connect-src 'self'", "script-src 'sha256-", "frame-ancestors 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy %q lacks %q", policy, want)
		}
	}
	if strings.Contains(policy, "unsafe") {
		t.Errorf("the policy %q allows too much", policy)
	}
	if n := strings.Count(text, "<script"); n != 1 {
		t.Errorf("there are %d scripts, want 1: a title became markup", n)
	}
	if strings.Contains(text, `"><b>`) {
		t.Error("a description became markup")
	}
	if from := regexp.MustCompile(`(src|href)="[^d]|https?://|@import`).FindString(text); from != "" {
		t.Errorf("the page loads something: %q", from)
	}
	if answer, _ := ask(t, "GET", p.URL()+"other", ""); answer.StatusCode != http.StatusNotFound {
		t.Errorf("another path is %s", answer.Status)
	}
}

// A name that was made to point here does not get the page, nor its stream, nor its keys.
func TestPageHasOneName(t *testing.T) {
	p := open(t, live.PageConfig{})
	_, port, _ := net.SplitHostPort(strings.TrimSuffix(strings.TrimPrefix(p.URL(), "http://"), "/"))
	for _, host := range []string{"evil.example", "evil.example:" + port, "127.0.0.1", "localhost.evil.example:" + port, "127.0.0.1:1"} {
		for _, what := range []struct{ method, path string }{{"GET", ""}, {"GET", "events"}, {"POST", "key"}} {
			if answer, _ := ask(t, what.method, p.URL()+what.path, "x", "Host", host); answer.StatusCode != http.StatusForbidden {
				t.Errorf("%s /%s as %s is %s, want 403", what.method, what.path, host, answer.Status)
			}
		}
	}
	for _, host := range []string{"localhost:" + port, "[::1]:" + port} {
		if answer, _ := ask(t, "GET", p.URL(), "", "Host", host); answer.StatusCode != http.StatusOK {
			t.Errorf("as %s it is %s", host, answer.Status)
		}
	}
	if answer, _ := ask(t, "GET", p.URL()+"events", "", "Sec-Fetch-Site", "cross-site"); answer.StatusCode != http.StatusForbidden {
		t.Errorf("to another site's page the stream is %s, want 403", answer.Status)
	}
}

func TestPageIsOnLoopback(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0", "example.com:0", "8080", "127.0.0.1"} {
		if p, err := live.NewPage(live.PageConfig{Addr: addr}); err == nil {
			p.Close()
			t.Errorf("a page is served on %q", addr)
		} else if !strings.Contains(err.Error(), "127.0.0.1:8080") {
			t.Errorf("%q: %v: does not say what to do", addr, err)
		}
	}
}

func TestKeysComeFromThePageOnly(t *testing.T) {
	p := open(t, live.PageConfig{})
	_, text := ask(t, "GET", p.URL(), "")
	token := regexp.MustCompile(`data-token="(\w{20,})"`).FindStringSubmatch(text)
	if token == nil {
		t.Fatal("the page has no token")
	}
	for _, c := range []struct {
		key     string
		want    int
		headers []string
	}{
		{"k", http.StatusForbidden, nil},
		{"k", http.StatusForbidden, []string{"X-Page-Token", "guess"}},
		{"k", http.StatusForbidden, []string{"X-Page-Token", token[1], "Origin", "http://evil.example"}},
		{"k", http.StatusForbidden, []string{"X-Page-Token", token[1], "Sec-Fetch-Site", "cross-site"}},
		{"kk", http.StatusBadRequest, []string{"X-Page-Token", token[1]}},
		{"", http.StatusBadRequest, []string{"X-Page-Token", token[1]}},
		{"\x1b", http.StatusBadRequest, []string{"X-Page-Token", token[1]}},
		{"\xff", http.StatusBadRequest, []string{"X-Page-Token", token[1]}},
		{strings.Repeat("k", 1<<20), http.StatusBadRequest, []string{"X-Page-Token", token[1]}},
		{"k", http.StatusNoContent, []string{"X-Page-Token", token[1], "Origin", strings.TrimSuffix(p.URL(), "/")}},
		{"é", http.StatusNoContent, []string{"X-Page-Token", token[1]}},
		{"\n", http.StatusNoContent, []string{"X-Page-Token", token[1]}},
	} {
		if answer, _ := ask(t, "POST", p.URL()+"key", c.key, c.headers...); answer.StatusCode != c.want {
			t.Errorf("key %.10q with %q is %s, want %d", c.key, c.headers, answer.Status, c.want)
		}
	}
	for _, want := range "ké\n" {
		if got := <-p.Keys(); got != want {
			t.Errorf("got key %q, want %q", got, want)
		}
	}
	for range 100 { // nobody takes them
		if answer, _ := ask(t, "POST", p.URL()+"key", "k", "X-Page-Token", token[1]); answer.StatusCode == http.StatusTooManyRequests {
			return
		}
	}
	t.Error("keys that nobody takes pile up")
}

// Who comes late sees the scene as it is, and nothing of the one before.
func TestLateViewer(t *testing.T) {
	p := open(t, live.PageConfig{})
	for _, e := range []live.Event{
		{Scene: &live.Scene{Title: "first"}},
		span("a", 1, 0, live.Running),
		{Count: &live.Count{Name: "old", Value: 1}},
		{Say: "hello"},
		{Scene: &live.Scene{Title: "second", Lanes: []string{"b"}}},
		span("a", 1, 9, live.Running), // began in the scene before
		span("b", 10, 0, live.Running),
		{Count: &live.Count{Name: "new", Value: 1}},
		{Count: &live.Count{Name: "new", Value: 2}},
		span("b", 10, 20, live.Running),
	} {
		p.Show(e)
	}
	next := watch(t, p)
	first := next()
	var got []string
	for _, e := range first.Events {
		text, _ := json.Marshal(e)
		got = append(got, string(text))
	}
	want := []string{
		`{"at":0,"scene":{"title":"second","lanes":["b"]}}`,
		`{"at":20,"span":{"lane":"b","task":0,"state":"run","t0":10,"t1":20}}`,
		`{"at":0,"count":{"name":"new","value":2}}`,
	}
	if !first.Reset || !slices.Equal(got, want) {
		t.Errorf("a late viewer gets (reset %v)\n%s\nwant\n%s", first.Reset, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	p.Show(span("b", 30, 0, live.Running))
	for f := next(); ; f = next() {
		if f.Reset {
			t.Error("a viewer who is up to date starts anew")
		}
		if len(f.Events) == 1 && f.Events[0].Span.T0 == 30 {
			break
		}
	}
}

// All who look get the end, and Close waits for nobody who does not take it.
func TestPageEnds(t *testing.T) {
	p := open(t, live.PageConfig{})
	deaf, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(p.URL(), "http://"), "/"))
	if err != nil {
		t.Fatal(err)
	}
	defer deaf.Close()
	if _, err := io.WriteString(deaf, "GET /events HTTP/1.1\r\nHost: "+deaf.RemoteAddr().String()+"\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	next := watch(t, p)
	next()
	long := strings.Repeat("x", 1<<20)
	for i := range 16 { // more than a connection holds by itself
		p.Show(live.Event{Count: &live.Count{Name: long + string(rune('a'+i))}})
	}
	p.Show(live.Event{At: time.Hour, Say: "done"})
	closed := make(chan error, 1)
	go func() { closed <- p.Close() }()
	for {
		f := next()
		if f.last {
			if f.Now != time.Hour {
				t.Errorf("the clock stops at %v, want 1h", f.Now)
			}
			break
		}
	}
	if err := <-closed; err != nil {
		t.Errorf("close: %v", err)
	}
	p.Show(live.Event{Say: "nobody hears this"})
	if err := p.Close(); err != nil {
		t.Errorf("close again: %v", err)
	}
}

// An event that cannot be told is missed at the end, and the rest is shown.
func TestWhatIsNoNumber(t *testing.T) {
	p := open(t, live.PageConfig{})
	p.Show(live.Event{Count: &live.Count{Name: "bad", Value: math.NaN()}})
	p.Show(live.Event{Say: "good"})
	if f := watch(t, p)(); len(f.Events) != 1 || f.Events[0].Say != "good" {
		t.Errorf("got %+v", f.Events)
	}
	if err := p.Close(); err == nil || !strings.Contains(err.Error(), "NaN") {
		t.Errorf("close: %v, want a word about NaN", err)
	}
}

func TestSeatsAreLimited(t *testing.T) {
	p := open(t, live.PageConfig{})
	for range 32 {
		watch(t, p)()
	}
	if answer, _ := ask(t, "GET", p.URL()+"events", ""); answer.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("the 33rd viewer gets %s, want 503", answer.Status)
	}
}
