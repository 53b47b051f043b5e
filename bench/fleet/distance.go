package fleet

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/fourlevels/fourlevels/levels/machine/link"
)

// dialOf is how a level reaches its machines; nil is the usual way, at no cost.
func dialOf(d *link.Dialer) func(ctx context.Context, network, addr string) (net.Conn, error) {
	if d.RTT == 0 && d.Count == nil {
		return nil
	}
	return d.DialContext
}

// Traffic is how many bytes went between this process and the outermost machines, or
// their store, in both directions. It is not ok unless [Config.Count] is set, and for
// levels that have none.
func (f *Fleet) Traffic() (bytes int64, ok bool) {
	c := f.dialer.Count
	if c == nil || c.Dials.Load() == 0 {
		return 0, false
	}
	return c.Read.Load() + c.Written.Load(), true
}

// ErrUncounted means that the store does not say how many commands it has carried out:
// some do not know, and some do not tell everybody.
var ErrUncounted = errors.New("the store does not count its commands")

// Commands is how many commands the store has carried out so far for all who use it, but
// for those that this method sends. It is not ok unless [Config.Count] is set, and for
// levels without a store.
func (f *Fleet) Commands(ctx context.Context) (n int64, ok bool, err error) {
	if f.store == nil {
		return 0, false, nil
	}
	info, err := f.store.Info(ctx, "stats").Result()
	if refused := redis.Error(nil); errors.As(err, &refused) {
		return 0, false, fmt.Errorf("%w: %w", ErrUncounted, err)
	}
	if err != nil {
		return 0, false, fmt.Errorf("count the store's commands: %w", err)
	}
	const key = "total_commands_processed:"
	for line := range strings.Lines(info) {
		if text, found := strings.CutPrefix(line, key); found {
			total, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
			f.asked++ // its own call is counted by the next
			return total - f.asked + 1, err == nil, err
		}
	}
	return 0, false, ErrUncounted
}

// watch opens the connection of [Fleet.Commands].
func (f *Fleet) watch(ctx context.Context, url string) error {
	options, err := redis.ParseURL(url)
	if err != nil {
		return errors.New("watch the store: its URL cannot be read") // which may hold a password
	}
	options.DisableIdentity = true
	f.store = redis.NewClient(options)
	f.opened = append(f.opened, f.store.Close)
	if err := f.store.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("watch the store: %w", err)
	}
	return nil
}
