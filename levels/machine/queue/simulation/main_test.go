package simulation

import (
	"flag"
	"runtime/debug"
	"testing"

	"github.com/fourlevels/fourlevels/levels/machine/store/storetest"
)

func TestMain(m *testing.M) {
	debug.SetGCPercent(800)              // a story keeps most of what it makes, and ends soon: to look for garbage took a third of its time
	flag.Set("rapid.nofailfile", "true") // a failure prints its seed: nothing is written
	flag.Set("rapid.checks", "60")
	flag.Set("rapid.steps", "60")
	storetest.Main(m)
}
