package advise

import (
	"os"
	"testing"

	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/levels/workload"
)

func TestMain(m *testing.M) {
	os.Setenv("GORACE", "atexit_sleep_ms=0")
	fleet.Main(workload.Funcs())
	os.Setenv(fleet.Role, "1")
	os.Exit(m.Run())
}
