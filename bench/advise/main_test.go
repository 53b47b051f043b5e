package advise

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/levels/workload"
)

func TestMain(m *testing.M) {
	os.Setenv("GORACE", "atexit_sleep_ms=0")
	fleet.Main(workload.Funcs())
	os.Setenv(fleet.Role, "1")
	goleak.VerifyTestMain(m)
}
