package origin_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fourlevels/fourlevels/levels/workload"
	"github.com/fourlevels/fourlevels/levels/workload/origin"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const greeting = "<script>alert('hello, world')</script>\n"

// corpus returns a corpus of two pages and the folder they are in.
func corpus(t testing.TB) (*workload.Corpus, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "texts")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"a": greeting, "b": "second"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	c, err := workload.OpenCorpus(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c, dir
}

// ask sends one request to h and returns the answer.
func ask(h http.Handler, method, target string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, target, nil))
	return w
}

func TestAnswers(t *testing.T) {
	c, _ := corpus(t)
	h := origin.Handler(c)
	const text = "text/plain; charset=utf-8"
	for _, c := range []struct {
		target, body, kind string
	}{
		{"/page/0", greeting, text},
		{"/page/1?latency=1ms", "second", text},
		{"/page/1?latency=0s", "second", text},
		{"/page/1?latency=", "second", text},
		{"/page/1?latency=1%C2%B5s", "second", text},
		{"/wait?i=7", "af63aa4c86019796", text},
		{"/wait?i=63&latency=1ms", "07f58d07b4b7ca4e", text},
		{"/", `{"name":"texts","pages":2,"bytes":45}` + "\n", "application/json"},
	} {
		for _, method := range []string{"GET", "HEAD"} {
			w := ask(h, method, c.target)
			head := w.Header()
			if w.Code != 200 || w.Body.String() != c.body || head.Get("Content-Type") != c.kind ||
				head.Get("X-Content-Type-Options") != "nosniff" || head.Get("Content-Length") != strconv.Itoa(len(c.body)) {
				t.Errorf("%s %s: status %d, head %v, body %q, want %s %q", method, c.target, w.Code, head, w.Body, c.kind, c.body)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	c, _ := corpus(t)
	h := origin.Handler(c)
	for _, c := range []struct {
		request string
		status  int
		want    string
	}{
		{"GET /page/2", 404, `"2": there are 2`},
		{"GET /page/-1", 404, `"-1"`},
		{"GET /page/+1", 404, `"+1"`},
		{"GET /page/01", 404, `"01"`},
		{"GET /page/x%0Ay", 404, `"x\ny"`},
		{"GET /page/99999999999999999999", 404, "there are 2"},
		{"GET /page/" + strings.Repeat("9", 5000), 404, "there are 2"},
		{"GET /page/", 404, "not found"},
		{"GET /page/0/b", 404, "not found"},
		{"GET /page/..%2f..%2fetc%2fpasswd", 404, "no page"},
		{"GET /elsewhere", 404, "not found"},
		{"GET /page/0?latency=soon", 400, `latency "soon" is no duration`},
		{"GET /page/0?latency=2", 400, `"2" is no duration`},
		{"GET /page/0?latency=-1ms", 400, `"-1ms" is not within 0s and 10s`},
		{"GET /page/0?latency=10.1s", 400, `"10.1s"`},
		{"GET /page/0?latency=9999999h", 400, `"9999999h"`},
		{"GET /page/0?latency=%zz", 400, "%zz"},
		{"GET /wait?i=1&latency=x%0A", 400, `"x\n"`},
		{"GET /wait", 400, `i is ""`},
		{"GET /wait?i=-1", 400, `i is "-1"`},
		{"GET /wait?i=x&latency=2ms", 400, `i is "x"`},
		{"POST /page/0", 405, "not allowed"},
		{"PUT /wait?i=1", 405, "not allowed"},
		{"DELETE /", 405, "not allowed"},
	} {
		method, target, _ := strings.Cut(c.request, " ")
		w := ask(h, method, target)
		body := w.Body.String()
		if w.Code != c.status || !strings.Contains(strings.ToLower(body), c.want) || strings.Count(body, "\n") != 1 || len(body) > 300 {
			t.Errorf("%.80s: status %d, body %q, want %d and one line with %q", c.request, w.Code, body, c.status, c.want)
		}
		if w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%.80s: nosniff is missing", c.request)
		}
	}
}

func TestWithoutACorpus(t *testing.T) {
	h := origin.Handler(nil)
	if w := ask(h, "GET", "/wait?i=7"); w.Code != 200 || w.Body.Len() != 16 {
		t.Errorf("/wait: status %d, body %q", w.Code, w.Body)
	}
	if w := ask(h, "GET", "/page/0"); w.Code != 404 {
		t.Errorf("/page/0: status %d", w.Code)
	}
	var info origin.Info
	if err := json.Unmarshal(ask(h, "GET", "/").Body.Bytes(), &info); err != nil || info != (origin.Info{}) {
		t.Errorf("/: %+v, %v", info, err)
	}
}

func TestInfoOf(t *testing.T) {
	c, _ := corpus(t)
	var info origin.Info
	if err := json.Unmarshal(ask(origin.Handler(c), "GET", "/").Body.Bytes(), &info); err != nil || info != origin.InfoOf(c) {
		t.Errorf("/ says %+v, %v, want %+v", info, err, origin.InfoOf(c))
	}
}

// A page that has changed is an error, and not one that tells where it lies.
func TestChangedPage(t *testing.T) {
	c, dir := corpus(t)
	if err := os.WriteFile(filepath.Join(dir, "a"), []byte("new"), 0o666); err != nil {
		t.Fatal(err)
	}
	w := ask(origin.Handler(c), "GET", "/page/0")
	if body := w.Body.String(); w.Code != 500 || !strings.Contains(body, "changed") || strings.Contains(body, dir) {
		t.Errorf("status %d, body %q", w.Code, body)
	}
}

func TestLatencyIsWaitedFor(t *testing.T) {
	c, _ := corpus(t)
	h := origin.Handler(c)
	for _, target := range []string{"/page/0?latency=30ms", "/wait?i=1&latency=30ms"} {
		start := time.Now()
		if w := ask(h, "GET", target); w.Code != 200 || time.Since(start) < 30*time.Millisecond {
			t.Errorf("%s: status %d after %v", target, w.Code, time.Since(start))
		}
	}
}

func TestLatencyEndsWithTheRequest(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	w := httptest.NewRecorder()
	start := time.Now()
	origin.Handler(nil).ServeHTTP(w, httptest.NewRequestWithContext(ctx, "GET", "/wait?i=1&latency=10s", nil))
	if took := time.Since(start); w.Code != 503 || took > 5*time.Second {
		t.Errorf("status %d after %v", w.Code, took)
	}
}

func ExampleHandler() {
	server := httptest.NewServer(origin.Handler(nil)) // without a corpus it can still wait
	defer server.Close()

	resp, err := http.Get(server.URL + "/wait?i=7&latency=2ms")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	fmt.Println(resp.Status, string(body), err)
	// Output: 200 OK af63aa4c86019796 <nil>
}
