package lab_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/machine/store/lab"
)

// behind is a client that reaches the server by a cable.
func behind(t *testing.T, server *lab.Server) (*lab.Cable, *lab.Client) {
	cable, err := lab.Lay(server.Options().Addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cable.Close)
	client, err := lab.Dial(server.Through(cable.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	closes(t, client)
	return cable, client
}

// A cable carries; pulled, it tells both ends; clogged, it tells none; and plugged in, it
// carries again.
func TestCable(t *testing.T) {
	leaves(t)
	server, err := lab.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	closes(t, server)
	cable, client := behind(t, server)
	for _, test := range []struct {
		name    string
		do      func()
		carries bool
	}{
		{"new", func() {}, true},
		{"pulled", cable.Pull, false},
		{"plugged in", cable.Plug, true},
		{"clogged", cable.Clog, false},
		{"plugged in again", cable.Plug, true},
	} {
		before := server.Get(t.Context(), "n").Val()
		test.do()
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		if test.carries { // at the second try at the latest: the first may meet a connection that broke
			cancel()
			ctx, cancel = context.WithTimeout(t.Context(), 10*time.Second)
			if client.Ping(ctx).Err() != nil {
				client.Ping(ctx)
			}
		}
		err := client.Incr(ctx, "n").Err()
		cancel()
		if after := server.Get(t.Context(), "n").Val(); (err == nil) != test.carries || (after != before) != test.carries {
			t.Errorf("%s: %v, and the count went from %q to %q", test.name, err, before, after)
		}
	}
	cable.Clog()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := client.Ping(ctx).Err(); err == nil {
		t.Error("an answer came over a clogged cable")
	}
	if clients := server.ClientList(t.Context()).Val(); strings.Count(clients, "\n") < 2 {
		t.Errorf("the server was told that its client has gone: it knows of %s", clients)
	}
}

// A server that is back serves those who were cut off from it.
func TestRestartBehindCable(t *testing.T) {
	leaves(t)
	server, err := lab.Start(t.Context(), "appendonly yes", "appendfsync always")
	if err != nil {
		t.Fatal(err)
	}
	closes(t, server)
	_, client := behind(t, server)
	if err := client.Set(t.Context(), "key", "value", 0).Err(); err != nil {
		t.Fatal(err)
	}
	server.Crash()
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	err = lab.Until(t.Context(), "the client is served again", func() bool { return client.Get(t.Context(), "key").Val() == "value" })
	if err != nil {
		t.Error(err)
	}
}
