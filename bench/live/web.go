package live

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"
)

var (
	//go:embed page/page.html
	pageHTML string
	//go:embed page/page.css
	pageStyle string
	//go:embed page/model.js
	pageModel string
	//go:embed page/draw.js
	pageDraw string
	//go:embed page/main.js
	pageMain string
)

var pageTemplate = template.Must(template.New("page").Parse(pageHTML))

// renderPage makes the page and the policy that goes with it. The page is one file, and the
// policy lets nothing run or be loaded but what is in it: if a name from the show ever got
// into its markup, it still would be text.
func renderPage(c PageConfig, token string) (page []byte, policy string, err error) {
	script := pageModel + pageDraw + pageMain
	var b bytes.Buffer
	err = pageTemplate.Execute(&b, struct {
		PageConfig
		Token  string
		States any
		Style  template.CSS
		Script template.JS
	}{c, token, pageStates(), template.CSS(pageStyle), template.JS(script)})
	if err != nil {
		return nil, "", fmt.Errorf("page: %w", err)
	}
	return b.Bytes(), fmt.Sprintf("default-src 'none'; script-src '%s'; style-src '%s'; connect-src 'self'; img-src data:; "+
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
		sourceHash(script), sourceHash(pageStyle)), nil
}

// sourceHash names a script or style for a content security policy.
func sourceHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// pageStates are the states as the page's legend has them.
func pageStates() any {
	type state struct {
		State State
		Glyph string
		Means string
	}
	var states []state
	for _, g := range Glyphs {
		states = append(states, state{g.State, string(g.Glyph), g.Means})
	}
	return states
}

// setServer says who may ask what, and how long it may take.
func (p *Page) setServer() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", p.index)
	mux.HandleFunc("GET /events", p.stream)
	mux.HandleFunc("POST /key", p.key)
	p.server = http.Server{
		Handler:           p.guard(mux),
		ReadHeaderTimeout: pageTimeout,
		ReadTimeout:       pageTimeout, // of requests; a stream lifts it
		WriteTimeout:      pageTimeout, // of answers; a stream sets it anew for each frame
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          log.New(io.Discard, "", 0), // the terminal belongs to the show
		ConnState: func(_ net.Conn, s http.ConnState) {
			switch s {
			case http.StateNew:
				p.conns.Add(1)
			case http.StateClosed, http.StateHijacked:
				p.conns.Done()
			}
		},
	}
}

// guard answers only those who ask for this page by its own name. A page from elsewhere can
// make its name point here (DNS rebinding), and a browser then takes it for ours; the name
// in the request still is the other's.
func (p *Page) guard(next http.Handler) http.Handler {
	hosts := []string{"127.0.0.1:" + p.port, "localhost:" + p.port, "[::1]:" + p.port}
	if p.port == "80" {
		hosts = append(hosts, "127.0.0.1", "localhost", "[::1]")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", p.policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if !slices.Contains(hosts, r.Host) {
			http.Error(w, "this page is served as "+hosts[0]+" only", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (p *Page) index(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write(p.html)
}

// sameOrigin reports whether a request comes from the page itself, or from no page.
func sameOrigin(r *http.Request) bool {
	site, origin := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Origin")
	return (site == "" || site == "same-origin" || site == "none") && (origin == "" || origin == "http://"+r.Host)
}

// key takes a key from the presenter, who is whoever has the page: it alone knows the token.
func (p *Page) key(w http.ResponseWriter, r *http.Request) {
	token := []byte(r.Header.Get("X-Page-Token"))
	if !sameOrigin(r) || subtle.ConstantTimeCompare(token, []byte(p.token)) != 1 {
		http.Error(w, "keys are taken from this page only: reload it", http.StatusForbidden)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, utf8.UTFMax))
	key, size := utf8.DecodeRune(body)
	if err != nil || size != len(body) || key == utf8.RuneError || !unicode.IsPrint(key) && key != '\n' {
		http.Error(w, "that is not one key", http.StatusBadRequest)
		return
	}
	select {
	case p.keys <- key:
		w.WriteHeader(http.StatusNoContent)
	default:
		http.Error(w, "nobody has taken the keys before it yet", http.StatusTooManyRequests)
	}
}
