package queue

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// A link is the way to one Redis.
type link struct {
	rdb   redis.UniversalClient
	again func(read time.Duration) redis.UniversalClient // another client like it, that waits that long for answers
	close func() error
	where string // its address, for messages
}

// dial makes the link that a URL asks for, over connections of the dialer, unless it is nil.
func dial(rawURL string, dialer Dialer) (*link, error) {
	if strings.HasPrefix(rawURL, "mem://") {
		return memory(), nil
	}
	options, err := Options(rawURL)
	if err != nil {
		return nil, err
	}
	if dialer != nil {
		options.Dialer = secured(dialer, options.TLSConfig)
	}
	return newLink(redis.NewClient(options))
}

// secured returns the dialer with TLS on top, unless c is nil: a dialer of a client's own
// is all that it has.
func secured(dialer Dialer, c *tls.Config) Dialer {
	if c == nil {
		return dialer
	}
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		below, err := dialer(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		conn := tls.Client(below, c)
		if err := conn.HandshakeContext(ctx); err != nil {
			below.Close()
			return nil, err
		}
		return conn, nil
	}
}

// newLink makes a link with the options of a client, but not its settings for
// retries and replicas: what is sent again is this package's decision. (A cluster's
// redirections are followed as they were set.)
func newLink(client redis.UniversalClient) (*link, error) {
	var again func(time.Duration) redis.UniversalClient
	var where string
	switch c := client.(type) {
	case *redis.Client:
		o := *c.Options()
		o.MaxRetries, o.DialerRetries = -1, 1
		o.ContextTimeoutEnabled, o.Protocol = true, 2
		where = o.Addr
		again = func(read time.Duration) redis.UniversalClient {
			o := o
			o.ReadTimeout = read
			return redis.NewClient(&o)
		}
	case *redis.ClusterClient:
		o := *c.Options()
		o.ContextTimeoutEnabled, o.Protocol = true, 2
		o.ReadOnly, o.RouteByLatency, o.RouteRandomly = false, false, false // a replica may lag behind
		where = strings.Join(o.Addrs, ",")
		again = func(read time.Duration) redis.UniversalClient {
			o := o
			o.ReadTimeout = read
			return redis.NewClusterClient(&o)
		}
	default:
		return nil, fmt.Errorf("client of Redis is a %T: want *redis.Client or *redis.ClusterClient", client)
	}
	quiet()
	l := &link{rdb: again(answer), again: again, where: where}
	l.close = l.rdb.Close
	return l, nil
}

// answer is how long Redis may take to answer: longer than any script, shorter
// than anybody's patience.
const answer = 3 * time.Second

// block is how long a command blocks in Redis: then it is seen whether all is well.
const block = 5 * time.Second

// blocking makes a client for commands that block. Closing it interrupts them.
func (l *link) blocking() redis.UniversalClient { return l.again(block + answer) }

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
	o.DisableIdentity, o.Protocol = true, 2 // version 3 looks for notifications before every command, which costs a system call
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
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
	return "want redis://[user:password@]host:port/db, rediss://…, unix://path or mem://"
}

// Redact returns rawURL without user and password, for messages. It does not
// parse, for a password may be what keeps a URL from being one: whatever stands
// before the last "@" is left out, but for a scheme of letters; and without one, what
// does not parse.
func Redact(rawURL string) string {
	scheme, rest, ok := strings.Cut(rawURL, "://")
	if !ok || strings.ContainsFunc(scheme, func(r rune) bool { return r < 'a' || r > 'z' }) { // a password may have :// in it
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

// inspect refuses a server that cannot hold a queue, and warns once of one that
// may lose it. What a server does not tell (an imitation, or one that forbids INFO) is
// taken on trust.
func (l *link) inspect(ctx context.Context) error {
	info, err := l.rdb.Info(ctx).Result()
	if err != nil {
		return nil
	}
	fields := map[string]string{}
	for line := range strings.Lines(info) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		fields[key] = value
	}
	var major, minor int
	n, _ := fmt.Sscanf(fields["redis_version"], "%d.%d", &major, &minor)
	switch {
	case n == 2 && (major < 6 || major == 6 && minor < 2):
		return fmt.Errorf("store at %s is Redis %s: a queue needs 6.2 or newer", l.where, fields["redis_version"])
	case fields["role"] == "slave":
		return fmt.Errorf("store at %s is a replica, which takes no writes: use its primary, %s:%s", l.where, fields["master_host"], fields["master_port"])
	}
	_, cluster := l.rdb.(*redis.ClusterClient)
	if fields["cluster_enabled"] == "1" && !cluster {
		return fmt.Errorf("store at %s is part of a cluster: use queue.New with a cluster client", l.where)
	}
	policy := fields["maxmemory_policy"]
	if policy != "" && policy != "noeviction" && fields["maxmemory"] != "0" {
		warnEviction(l.where, policy)
	}
	return nil
}

var warned sync.Map // by address

func warnEviction(where, policy string) {
	if _, before := warned.LoadOrStore(where, true); !before {
		slog.Warn("Redis may evict the queue's keys when its memory is full, and jobs with them: set maxmemory-policy noeviction", "redis", where, "policy", policy)
	}
}

// Loaded asks a Redis something, and again while it is reading its data from disk: for up
// to five seconds, or until ctx ends. It says once that it waits.
func Loaded(ctx context.Context, where string, ask func() error) error {
	ctx, cancel := patience(ctx)
	defer cancel()
	for {
		err := ask()
		if !noteLoading(where, err) || ctx.Err() != nil {
			return err
		}
		pause(ctx, 100*time.Millisecond)
	}
}

var loading sync.Map // by address, until it has answered

// noteLoading reports whether Redis is still reading its data, and tells so once each time it does.
func noteLoading(where string, err error) bool {
	if !redis.HasErrorPrefix(err, "LOADING") {
		if err == nil || isReply(err) {
			loading.Delete(where)
		}
		return false
	}
	if _, before := loading.LoadOrStore(where, true); !before {
		slog.Info("Redis at " + where + " is loading its dataset: waiting")
	}
	return true
}

// isReply reports whether err is Redis' own answer, as opposed to none.
func isReply(err error) bool {
	_, ok := errors.AsType[redis.Error](err)
	return ok && !errors.Is(err, redis.ErrClosed)
}

// passes reports whether an answer of Redis is one that passes by itself: it is
// loading, full, busy, or about to be replaced.
func passes(err error) bool {
	for _, prefix := range []string{"LOADING", "OOM", "MISCONF", "READONLY", "BUSY", "TRYAGAIN", "CLUSTERDOWN", "MASTERDOWN", "NOREPLICAS"} {
		if redis.HasErrorPrefix(err, prefix) {
			return true
		}
	}
	return false
}

// notSent reports whether err says that nothing was sent: there was no connection.
func notSent(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial" || errors.Is(err, redis.ErrPoolTimeout)
}

// ignoreNil drops the error that says that there is nothing.
func ignoreNil(err error) error {
	if errors.Is(err, redis.Nil) {
		return nil
	}
	return err
}

// pause waits, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
