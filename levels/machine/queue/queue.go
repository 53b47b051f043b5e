// Package queue is a job queue on Redis: callers leave jobs, workers on any
// machine take them, and whoever left a job can wait for its result.
//
// A job runs at least once and has one recorded result. A worker that claims a
// job gets it for a lease, which it renews while it works. If the worker
// dies, the lease runs out and the job goes to another. Each claim counts as a
// try, and only the last try may finish the job, so a worker that was thought
// dead and comes back cannot overwrite anything. A job that has cost too many
// workers their lives is given up, and its caller is told.
//
// All time is Redis' own, so the workers' clocks do not matter. All keys of a
// queue carry its name in braces, so that a cluster keeps them in one place.
package queue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// Config tells which queue to use, and how. Callers and workers of one queue
// use the same.
type Config struct {
	Redis    string        // its URL, as redis://[user:password@]host:port/db, rediss://… or unix://…; "" means redis://127.0.0.1:6379
	Name     string        // of the queue; "" means "levels"
	Lease    time.Duration // how long after a worker's death its jobs go to another; 0 means 10 s
	MaxTries int           // how many workers a job may cost before it is given up; 0 means 3

	patience time.Duration // of a client, before it looks whether its jobs still exist; 0 means 5 s
}

// Version is that of the keys and scripts. It is part of every key, so that
// programs of different versions never meet.
const Version = "1"

// A store is one queue in Redis.
type store struct {
	rdb      *redis.Client
	keys     []string // in the order of the scripts' KEYS
	prefix   string
	lease    time.Duration
	maxTries int
}

// open connects to Redis and checks that it answers.
func open(ctx context.Context, c Config) (*store, error) {
	if c.Lease != 0 && c.Lease < 10*time.Millisecond {
		return nil, fmt.Errorf("a lease of %v is too short: it must be 10ms or more", c.Lease)
	}
	options, err := Options(cmp.Or(c.Redis, "redis://127.0.0.1:6379"))
	if err != nil {
		return nil, err
	}
	prefix := "levels" + Version + ":{" + cmp.Or(c.Name, "levels") + "}:"
	s := &store{
		rdb:      redis.NewClient(options),
		prefix:   prefix,
		keys:     []string{prefix + "job", prefix + "try", prefix + "ready", prefix + "lease", prefix + "wake", prefix + "died"},
		lease:    cmp.Or(c.Lease, 10*time.Second),
		maxTries: max(cmp.Or(c.MaxTries, 3), 1),
	}
	if err := s.rdb.Ping(ctx).Err(); err != nil {
		s.rdb.Close()
		return nil, fmt.Errorf("reach Redis at %s: %w", options.Addr, err)
	}
	return s, nil
}

func (s *store) replyKey(client string) string { return s.prefix + "reply:" + client }

// Options parses a Redis URL, for a client like the queue's own. The library's
// parser puts the password into its errors; this one does not.
func Options(rawURL string) (*redis.Options, error) {
	o, err := redis.ParseURL(rawURL)
	if err == nil && strings.Contains(rawURL, "#") {
		return nil, fmt.Errorf("URL of Redis %s: a # in it, or in its password, must be written as %%23", Redact(rawURL))
	}
	if err != nil {
		return nil, fmt.Errorf("URL of Redis %s: %s", Redact(rawURL), reason(err))
	}
	// The client must not repeat what it got no answer to: a repeated trim of
	// a reply list would drop a reply. Scripts may be repeated, and are, by us.
	o.MaxRetries, o.DialerRetries = -1, 1
	o.DialTimeout = cmp.Or(o.DialTimeout, 2*time.Second)
	o.DisableIdentity = true
	quiet()
	return o, nil
}

// quiet keeps the client library from writing to stderr by itself: what it has
// to say comes as an error too. The setting is the library's, and global.
var quiet = sync.OnceFunc(func() { redis.SetLogger(silence{}) })

type silence struct{}

func (silence) Printf(context.Context, string, ...any) {}

// reason is what is wrong with a URL, without any part of it.
func reason(err error) string {
	if e := (*url.Error)(nil); errors.As(err, &e) {
		err = e.Err
	}
	text := err.Error()
	for _, known := range []string{"invalid port", "invalid URL scheme", "invalid database number", "missing protocol scheme", "invalid userinfo", "invalid host"} {
		if strings.Contains(text, strings.TrimPrefix(known, "invalid ")) {
			return known
		}
	}
	return "want redis://[user:password@]host:port/db, rediss://… or unix://path"
}

// Redact returns rawURL without user and password, for messages. It does not
// parse, for a password may be what keeps a URL from being one: whatever stands
// before the last "@" is left out, and without one, what does not parse.
func Redact(rawURL string) string {
	scheme, rest, ok := strings.Cut(rawURL, "://")
	if !ok {
		scheme, rest = "", rawURL
	} else {
		scheme += "://"
	}
	if i := strings.LastIndex(rest, "@"); i >= 0 {
		return scheme + "***" + rest[i:]
	}
	if _, err := url.Parse(rawURL); err != nil {
		return scheme + "…"
	}
	return rawURL
}
