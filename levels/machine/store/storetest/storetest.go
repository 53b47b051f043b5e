// Package storetest gives the tests of a package the stores to run on.
package storetest

import (
	"context"
	"fmt"
	"io"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/fourlevels/fourlevels/levels/machine/store"
)

// Stores are the embedded store and, where one is installed, a private server. They
// are there while [Main] runs the tests.
var Stores []*store.Store

// Best is the private server, if there is one.
func Best() *store.Store { return Stores[len(Stores)-1] }

const role = "STORETEST_ROLE"

// Main runs the tests and exits. Call it in TestMain: the test binary plays the
// embedded store too. No goroutine may be left in the end.
func Main(m *testing.M) {
	os.Setenv("GORACE", "atexit_sleep_ms=0") // or the store, built with -race, takes a second to leave
	code, err := 0, error(nil)
	if os.Getenv(role) != "" {
		err = serve()
	} else if code, err = run(m); code == 0 && err == nil {
		err = goleak.Find()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func serve() error {
	ctx, cancel := context.WithCancel(context.Background())
	go func() { io.Copy(io.Discard, os.Stdin); cancel() }() // ends with the process
	return store.ServeEmbedded(ctx, os.Stdout)
}

func run(m *testing.M) (code int, err error) {
	embedded := store.Config{Embedded: []string{os.Args[0]}, Only: true, Env: append(os.Environ(), role+"=embedded")}
	configs := []store.Config{embedded, {}}
	if store.Server() == "" {
		configs = configs[:1]
	}
	for _, c := range configs {
		s, err := store.Open(context.Background(), c)
		if err != nil {
			return 0, err
		}
		defer s.Close()
		Stores = append(Stores, s)
	}
	return m.Run(), nil
}
