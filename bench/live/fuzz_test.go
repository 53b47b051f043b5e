package live

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzRequest asks the page for anything in anybody's name. Its secret is told only to who
// asks by the page's own name; only who knows the secret presses keys, one at a time; and
// every answer comes with the policy.
func FuzzRequest(f *testing.F) {
	page, err := NewPage(PageConfig{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { page.Close() })
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "evil.example", "127.0.0.1.evil.example"} {
		f.Add("GET", "/", host, true, "", "", false)
		f.Add("POST", "/key", host, true, "", " ", true)
		f.Add("POST", "/key", host, true, "http://evil.example", "q", true)
	}
	f.Add("POST", "/key", "127.0.0.1", true, "", "qq", true)
	f.Add("POST", "/key", "127.0.0.1", true, "", "\x1b", true)
	f.Add("POST", "/key", "127.0.0.1", true, "", "\u202e", true)
	f.Add("POST", "/key", "127.0.0.1", true, "", "q", false)
	f.Add("GET", "/events?x=<b>", "localhost", true, "null", "", false)
	f.Add("GET", "/../page.go", "localhost", false, "", "", false)
	f.Fuzz(func(t *testing.T, method, path, host string, port bool, origin, body string, knows bool) {
		r, err := http.NewRequest(method, "http://x/", strings.NewReader(body))
		if err != nil {
			return
		}
		r.URL.Path, r.URL.RawQuery, _ = strings.Cut(path, "?")
		if r.Host = host; port {
			r.Host += ":" + page.port
		}
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		if knows {
			r.Header.Set("X-Page-Token", page.token)
		}
		w := httptest.NewRecorder()
		page.server.Handler.ServeHTTP(w, r)
		own := slices.Contains([]string{"127.0.0.1", "localhost", "[::1]"}, host) && port
		if strings.Contains(w.Body.String(), page.token) && (!own || w.Code != http.StatusOK) || !own && w.Code != http.StatusForbidden {
			t.Errorf("%q of %q is answered with %d %.200q", path, r.Host, w.Code, w.Body)
		}
		if h := w.Header(); h.Get("Content-Security-Policy") != page.policy || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("the answer to %q has the headers %v", path, h)
		}
		select {
		case key := <-page.keys:
			if !own || !knows || method != "POST" || origin != "" && origin != "http://"+r.Host || body != string(key) || utf8.RuneCountInString(body) != 1 || key < ' ' && key != '\n' {
				t.Errorf("%s %q of %q from %q presses %q", method, path, r.Host, origin, key)
			}
		default:
		}
	})
}
