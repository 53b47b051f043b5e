package live

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// PageConfig says where a page is served, and what is on it. It works at zero.
type PageConfig struct {
	Addr      string // on loopback; "" means 127.0.0.1 and a free port
	Title     string // "" means "fourlevels"
	Alt       string // what there is to see, in a sentence, for those who cannot see it
	Projector bool   // large, 8 lanes, no scrolling; a reader gets it by ?projector=1, too
}

// A Page is a [Viewer] in the browser: one page, served on loopback, that draws what it is
// sent. Whoever opens it late sees the whole scene; whoever is too slow skips what he
// missed. It is there until Close; what is on the screen by then stays there.
type Page struct {
	config PageConfig
	port   string
	token  string // only the page knows it: who has it may press keys
	html   []byte
	policy string

	feed   feed
	keys   chan rune
	seats  chan struct{} // one for each browser that looks
	closed chan struct{}

	server  http.Server
	serving sync.WaitGroup // the listener
	conns   sync.WaitGroup // connections, and the goroutines that serve them
	failed  error          // of the listener; read it after serving
	close   sync.Once
}

// What a page does at most: how often a browser is told something, and how many are.
const (
	pageTick    = 33 * time.Millisecond
	pageBeat    = time.Second // sent though nothing happened, so that clocks go on
	pageSeats   = 32
	pageLast    = 3 * time.Second // for all to take the last frame
	pageTimeout = 5 * time.Second // for a browser to take a frame, or to make a request
)

// NewPage serves an empty page. The caller closes it.
func NewPage(c PageConfig) (*Page, error) {
	if c.Title == "" {
		c.Title = "fourlevels"
	}
	if c.Alt == "" {
		c.Alt = "What each lane does over time, as bars. The table has the same in words."
	}
	listener, err := listenLocal(c.Addr)
	if err != nil {
		return nil, err
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	p := &Page{
		config: c, port: port, token: rand.Text(),
		keys: make(chan rune, 16), seats: make(chan struct{}, pageSeats), closed: make(chan struct{}),
	}
	if p.html, p.policy, err = renderPage(c, p.token); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	p.setServer()
	p.serving.Go(func() { p.failed = p.server.Serve(listener) })
	return p, nil
}

// listenLocal refuses every address that others could reach.
func listenLocal(addr string) (net.Listener, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("page address %.80q: give a host and a port, as in 127.0.0.1:8080", addr)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("page address %.80q: must be on loopback, as in 127.0.0.1:8080", addr)
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("serve page: %w", err)
	}
	return listener, nil
}

// URL is where the page is.
func (p *Page) URL() string { return "http://127.0.0.1:" + p.port + "/" }

// Keys are what was pressed on the page. It is never closed.
func (p *Page) Keys() <-chan rune { return p.keys }

// Show hands an event on. It does not wait for any browser.
func (p *Page) Show(e Event) { p.feed.add(e) }

// Close sends the last of the show to all who look, and then stops serving. It returns what
// could not be sent.
func (p *Page) Close() error {
	p.close.Do(func() {
		p.feed.end()
		close(p.closed)
		// Streams end by themselves. What still is open after a while had sent nothing, or
		// takes nothing: it is cut off.
		ctx, cancel := context.WithTimeout(context.Background(), pageLast)
		defer cancel()
		if p.server.Shutdown(ctx) != nil {
			p.server.Close()
		}
		p.serving.Wait()
		p.conns.Wait()
	})
	if errors.Is(p.failed, http.ErrServerClosed) {
		return p.feed.failure()
	}
	return errors.Join(p.feed.failure(), fmt.Errorf("serve page: %w", p.failed))
}
