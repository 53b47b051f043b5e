package store

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// Embedded is the name of the stand-in.
const Embedded = "miniredis"

const ready = "ready "

// ServeEmbedded is the process that [Config.Embedded] starts: it runs the
// stand-in on a loopback port, under a random password, writes one line with
// its URL to w, and serves until ctx ends.
func ServeEmbedded(ctx context.Context, w io.Writer) error {
	m := miniredis.NewMiniRedis()
	password := rand.Text()
	m.RequireAuth(password)
	if err := m.StartAddr("127.0.0.1:0"); err != nil {
		return fmt.Errorf("start embedded Redis: %w", err)
	}
	defer m.Close()
	if _, err := fmt.Fprintf(w, "%sredis://:%s@%s\n", ready, password, m.Addr()); err != nil {
		return err
	}
	// Its keys do not expire by themselves, so somebody must move its time.
	const step = time.Second
	tick := time.NewTicker(step)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			m.FastForward(step)
		case <-ctx.Done():
			return nil
		}
	}
}
