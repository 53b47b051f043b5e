package simulation

import (
	"flag"
	"testing"

	"github.com/fourlevels/fourlevels/levels/machine/store/storetest"
)

func TestMain(m *testing.M) {
	flag.Set("rapid.nofailfile", "true") // a failure prints its seed: nothing is written
	flag.Set("rapid.checks", "60")
	flag.Set("rapid.steps", "60")
	storetest.Main(m)
}
