package queue

import (
	"time"

	"github.com/redis/go-redis/v9"
)

// Scripts are the queue's scripts by name.
func Scripts() map[string]*redis.Script {
	return map[string]*redis.Script{
		"enqueue": enqueueScript, "claim": claimScript, "finish": finishScript,
		"giveBack": giveBackScript, "beat": beatScript, "cancel": cancelScript,
	}
}

// ErrGone is the cause of a handler's ctx when its job is no longer its own.
var ErrGone = errGone

// Impatient makes clients look soon whether their jobs still exist.
func Impatient(c Config) Config {
	c.patience = time.Second
	return c
}

// Name is the client's, which its list is named after.
func (c *Client) Name() string { return c.name }
