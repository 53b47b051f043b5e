// Package store finds the Redis that holds the queues: one that is given, or
// else a private one, started for the occasion.
//
// A private one is a redis-server or valkey-server from PATH, and where there
// is none, an embedded stand-in (miniredis). Both run in a process of their
// own: inside the caller's, a round trip would cost a quarter of what it costs
// to any real server, and the level of machines would look better than it is.
// The stand-in is for learning: it keeps nothing, and what is measured on it
// says little about a real Redis. So a store has a name, and whoever shows a
// result shows the name.
package store

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
	"github.com/fourlevels/fourlevels/levels/process/child"
)

// Config tells where to look for a Redis. At its zero value only a server on
// PATH will do.
type Config struct {
	URL string // of the Redis to use; "" means a private one

	// Embedded starts the stand-in: it must call [ServeEmbedded]. It is used
	// where there is no server on PATH, or always if Only is set.
	Embedded []string
	Only     bool

	Env []string // of the processes started; nil means this process' own

	// Settings are lines of a redis.conf on top of those of a private server, which
	// keeps nothing; and Dir is where it keeps what they have it keep: "" means the
	// folder of temporary files. No other store has either.
	Settings []string
	Dir      string
}

// A Store is a Redis that is ready.
type Store struct {
	URL  string // with the password, if any: not for display
	Name string // such as "redis-7.0.15" or "miniredis-2.40.0"

	process  *child.Process   // nil if the store was given
	start    func() *exec.Cmd // nil if it is not a server of our own
	settings string           // what that reads when it starts
}

// Open finds or starts a Redis and waits until it answers.
func Open(ctx context.Context, c Config) (*Store, error) {
	program := Server()
	switch set := len(c.Settings) > 0 || c.Dir != ""; {
	case c.URL == "" && program != "" && !c.Only:
		return private(ctx, program, c)
	case set && c.URL != "":
		return nil, errors.New("a Redis that is given has settings of its own: only a private one takes others")
	case set:
		return nil, errors.New("no Redis that takes settings: install redis-server")
	case c.URL != "":
		return given(ctx, c.URL)
	case len(c.Embedded) > 0:
		return embedded(ctx, c)
	}
	return nil, errors.New("no Redis: give the URL of one, or install redis-server")
}

func given(ctx context.Context, rawURL string) (*Store, error) {
	name, err := identify(ctx, rawURL)
	if err != nil {
		return nil, err
	}
	return &Store{URL: rawURL, Name: name}, nil
}

func embedded(ctx context.Context, c Config) (*Store, error) {
	cmd := exec.Command(c.Embedded[0], c.Embedded[1:]...)
	cmd.Env = c.Env
	p, err := child.Start(cmd)
	if err != nil {
		return nil, fmt.Errorf("start embedded Redis: %w", err)
	}
	s := &Store{process: p}
	p.Stdout.SetReadDeadline(time.Now().Add(10 * time.Second))
	line, err := bufio.NewReader(p.Stdout).ReadString('\n')
	if s.URL = strings.TrimSpace(strings.TrimPrefix(line, ready)); err == nil {
		s.Name, err = identify(ctx, s.URL)
	}
	if err != nil {
		s.Close()
		return nil, fmt.Errorf("start embedded Redis: %w: %w", err, p.Obituary())
	}
	return s, nil
}

// identify asks the server what it is.
func identify(ctx context.Context, rawURL string) (string, error) {
	options, err := queue.Options(rawURL)
	if err != nil {
		return "", err
	}
	rdb := redis.NewClient(options)
	defer rdb.Close()
	var info string
	err = queue.Loaded(ctx, options.Addr, func() (err error) {
		info, err = rdb.Info(ctx, "server").Result()
		return err
	})
	if err != nil && strings.Contains(err.Error(), "section (server) is not supported") {
		return Embedded, nil // so says the stand-in
	}
	if err != nil {
		return "", fmt.Errorf("reach Redis at %s: %w", options.Addr, queue.Advise(err))
	}
	fields := map[string]string{}
	for line := range strings.Lines(info) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		fields[key] = value
	}
	if v := fields["valkey_version"]; v != "" {
		return "valkey-" + v, nil
	}
	return "redis-" + cmp.Or(fields["redis_version"], "unknown"), nil
}

// Pid is the process id of a private store, and 0 for one that was given.
func (s *Store) Pid() int {
	if s.process == nil {
		return 0
	}
	return s.process.Pid()
}

// Died says how a private store has ended, and nil if it lives.
func (s *Store) Died() error {
	if s.process == nil || !s.process.Ended() {
		return nil
	}
	return s.process.Obituary()
}

// Close ends a private store, which leaves nothing but what it was set to keep. One that
// was given stays as it is.
func (s *Store) Close() error {
	if s.process == nil {
		return nil
	}
	if s.start != nil {
		s.process.Terminate()
	}
	return s.process.Stop(2 * time.Second)
}

// Pinger returns a function that asks the Redis at the URL for a sign of life,
// over one connection, and another that closes it.
func Pinger(rawURL string) (ping func(context.Context) error, closing func() error, err error) {
	options, err := queue.Options(rawURL)
	if err != nil {
		return nil, nil, err
	}
	rdb := redis.NewClient(options)
	return func(ctx context.Context) error { return rdb.Ping(ctx).Err() }, rdb.Close, nil
}
