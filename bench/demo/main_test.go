package demo

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/fourlevels/fourlevels/bench/fleet"
)

// TestMain lets the test binary be its own workers.
func TestMain(m *testing.M) {
	os.Setenv("GORACE", "atexit_sleep_ms=0") // or every worker built with -race takes a second to leave
	fleet.Main(Funcs())
	os.Setenv(fleet.Role, "1")
	goleak.VerifyTestMain(m)
}
