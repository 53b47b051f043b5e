package queue

import (
	"errors"
	"strings"
	"syscall"

	"github.com/redis/go-redis/v9"
)

// Advise adds to an error of a Redis, or of the way to it, what can be done about it. What
// there is no advice for it returns as it is. Of a long answer it keeps the beginning.
func Advise(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ECONNREFUSED):
		return &advised{err, err.Error() + "; start a Redis there, or give the URL of another"}
	case strings.HasPrefix(err.Error(), "redis: can't parse"): // what an error of that kind quotes may be anything
		return &advised{err, "what answers is no Redis; check the port, and take rediss:// if it is for TLS"}
	case strings.Contains(err.Error(), "first record does not look like a TLS handshake"):
		return &advised{err, "no TLS is spoken there; take redis:// instead of rediss://"}
	}
	for _, a := range advice {
		if redis.HasErrorPrefix(err, a.prefix) {
			text := err.Error()
			if first, _, more := strings.Cut(text, ". "); more {
				text = first
			}
			return &advised{err, clip(strings.TrimSuffix(text, "."), 160) + "; " + a.todo}
		}
	}
	return err
}

var advice = []struct{ prefix, todo string }{
	{"NOAUTH", "put the password into the URL, as in redis://user:password@host:port"},
	{"WRONGPASS", "check the user and the password in the URL"},
	{"DENIED", "set requirepass there, and put the password into the URL"},
	{"NOPERM", "allow that to the user of the URL, see ACL SETUSER"},
	{"LOADING", "try again when it has read its data"},
	{"READONLY", "give the URL of its primary: a replica takes no writes"},
	{"OOM", "raise maxmemory there, or make room"},
	{"MISCONF", "it cannot write to its disk: its log says why"},
	{"BUSY", "wait, or end with SCRIPT KILL what keeps it busy"},
	{"MASTERDOWN", "wait until its primary is back"},
	{"NOREPLICAS", "wait until its replicas are back"},
	{"CLUSTERDOWN", "wait until its cluster is whole again"},
	{"MOVED", "it is part of a cluster: use queue.New with a cluster client"},
	{"NOSCRIPT", "it forgets scripts at once: use a Redis that keeps them"},
	{"ERR unknown command", "use Redis 6.2 or newer, or Valkey"},
}

// clip cuts a text that has more than n bytes.
func clip(text string, n int) string {
	if len(text) <= n {
		return text
	}
	return strings.ToValidUTF8(text[:n], "") + "…"
}

// An advised error reads otherwise than the one it is.
type advised struct {
	error
	text string
}

func (a *advised) Error() string { return a.text }
func (a *advised) Unwrap() error { return a.error }
