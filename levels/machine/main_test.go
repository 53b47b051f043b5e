package machine_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/fourlevels/fourlevels/levels/machine/store"
)

const role = "MACHINE_TEST_ROLE"

// stores are what the queues of these tests lie in: the embedded store, and a
// private server. Where no server is installed, both are embedded.
var stores [2]*store.Store

// TestMain lets the test binary play the embedded store.
func TestMain(m *testing.M) {
	os.Setenv("GORACE", "atexit_sleep_ms=0") // or the store, built with -race, takes a second to leave
	if os.Getenv(role) == "" {
		os.Exit(run(m))
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() { io.Copy(io.Discard, os.Stdin); cancel() }()
	if err := store.ServeEmbedded(ctx, os.Stdout); err != nil {
		panic(err)
	}
}

func run(m *testing.M) (code int) {
	for i := range stores {
		s, err := store.Open(context.Background(), store.Config{
			Embedded: []string{os.Args[0]},
			Only:     i == 0,
			Env:      append(os.Environ(), role+"=embedded"),
		})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer s.Close()
		stores[i] = s
	}
	return m.Run()
}
