package queue

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// memory makes a link to a Redis of its own, in this process' memory, which is
// gone when the link is closed. It is an imitation (miniredis): for tests, for
// trying out, for learning.
func memory() *link {
	m := miniredis.NewMiniRedis()
	options := redis.Options{
		Addr: "mem",
		Dialer: func(context.Context, string, string) (net.Conn, error) {
			c, err := m.Dial()
			if err != nil {
				return nil, err
			}
			return newSpool(c), nil
		},
		MaxRetries:            -1,
		DialerRetries:         1,
		DisableIdentity:       true,
		ContextTimeoutEnabled: true,
		Protocol:              2,
		// Or each client looks its address up in the DNS, which is none.
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
	quiet()
	again := func(read time.Duration) redis.UniversalClient {
		o := options
		o.ReadTimeout = read
		return redis.NewClient(&o)
	}
	l := &link{rdb: again(answer), again: again, where: "mem://"}

	// Its keys do not expire by themselves, so somebody must move its time.
	ctx, cancel := context.WithCancel(context.Background())
	var ticking sync.WaitGroup
	ticking.Go(func() { // close waits for it
		const step = time.Second
		tick := time.NewTicker(step)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				m.FastForward(step)
			case <-ctx.Done():
				return
			}
		}
	})
	l.close = func() error {
		cancel()
		ticking.Wait()
		err := l.rdb.Close()
		m.Close()
		return err
	}
	return l
}
