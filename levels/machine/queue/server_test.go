package queue_test

import (
	"testing"

	"github.com/fourlevels/fourlevels/levels/machine/store/lab"
)

// serve starts a server with some lines of configuration. It returns nil where
// none is installed.
func serve(t *testing.T, settings ...string) *lab.Server {
	t.Helper()
	if missing := lab.Needs(); missing != "" {
		t.Log("this is not tested: it " + missing)
		return nil
	}
	s, err := lab.Start(t.Context(), settings...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
