// Package lab has what it takes to see how a Redis loses things: servers of one's own
// that crash and come back, cables that are pulled, and lines on which answers get lost.
package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
	"github.com/fourlevels/fourlevels/levels/machine/store"
	"github.com/fourlevels/fourlevels/levels/process/child"
	"github.com/fourlevels/fourlevels/levels/scratch"
)

// Needs says what is missing here to start servers, and "" if nothing is.
func Needs() string {
	if store.Server() == "" {
		return "needs redis-server or valkey-server on PATH, and there is neither"
	}
	return ""
}

// A Server is a Redis of one's own, and a client of it that repeats nothing by itself.
type Server struct {
	*redis.Client

	dir    *scratch.Folder
	config store.Config
	store  *store.Store
}

// Start starts a server with lines of a redis.conf. It keeps nothing unless they say so.
// Close it.
func Start(ctx context.Context, settings ...string) (*Server, error) {
	dir, err := scratch.New("redis")
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, config: store.Config{Settings: settings, Dir: dir.Path, Env: child.Environ()}}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Server) start(ctx context.Context) (err error) {
	if s.store, err = store.Open(ctx, s.config); err != nil {
		return err
	}
	return s.connect(ctx)
}

func (s *Server) connect(ctx context.Context) error {
	options, err := queue.Options(s.URL())
	if err != nil {
		return err
	}
	s.Client = redis.NewClient(options)
	return Until(ctx, "the server has loaded its data", func() bool { return s.Ping(ctx).Err() == nil })
}

// URL is where it is, with its password.
func (s *Server) URL() string { return s.store.URL }

// Crash ends the server as kill -9 does. What it has on disk stays there.
func (s *Server) Crash() { s.store.Crash() }

// Died says how the server has ended, and that its folder is full if it is; nil if it lives.
// Whoever means to crash it asks before: then it was its own death.
func (s *Server) Died() error {
	err := s.store.Died()
	if err == nil {
		return nil
	}
	if full := s.room(); full != nil {
		return fmt.Errorf("%w: %w", err, full)
	}
	return err
}

// room is an error if there is none in the server's folder.
func (s *Server) room() error {
	name := filepath.Join(s.config.Dir, "room")
	defer os.Remove(name)
	return os.WriteFile(name, make([]byte, 64<<10), 0o600)
}

// Name is what the server is, such as "redis-7.0.15".
func (s *Server) Name() string { return s.store.Name }

// Through is the URL for whoever reaches the server by a cable that begins at addr.
func (s *Server) Through(addr string) string { return "redis://:" + s.Options().Password + "@" + addr }

// A Client is the library's, for those who may not import it.
type Client = redis.Client

// Dial is a client of the server at a URL that repeats nothing by itself. Close it.
func Dial(url string) (*Client, error) {
	options, err := queue.Options(url)
	if err != nil {
		return nil, err
	}
	options.ContextTimeoutEnabled = true
	return redis.NewClient(options), nil
}

// Restart starts a server that has crashed again, where it was, with what it has on disk.
func (s *Server) Restart(ctx context.Context) error {
	s.Client.Close()
	if err := s.store.Restart(ctx); err != nil {
		return err
	}
	return s.connect(ctx)
}

// Close ends the server, and deletes what it has on disk.
func (s *Server) Close() error {
	if s.Client != nil {
		s.Client.Close()
	}
	if s.store != nil {
		s.store.Close() // what one says that was killed is no news
	}
	return s.dir.Close()
}

// patience is what a condition is waited for: servers that are started on a busy machine
// take a second or two.
const patience = 20 * time.Second

// Until waits until a condition holds.
func Until(ctx context.Context, what string, holds func() bool) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("not within %v: %s", patience, what))
	defer cancel()
	for !holds() {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(2 * time.Millisecond):
		}
	}
	return nil
}
