package queue

import "github.com/redis/go-redis/v9"

// Scripts are the queue's scripts by name.
func Scripts() map[string]*redis.Script {
	return map[string]*redis.Script{
		"enqueue": enqueueScript, "claim": claimScript, "finish": finishScript,
		"giveBack": giveBackScript, "beat": beatScript, "cancel": cancelScript,
	}
}

// ErrGone is the cause of a handler's ctx when its job is no longer its own.
var ErrGone = errGone
