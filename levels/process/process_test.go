package process_test

import (
	"os"
	"testing"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/leveltest"
	"github.com/fourlevels/fourlevels/levels/process"
)

// TestMain lets the test binary be its own worker.
func TestMain(m *testing.M) {
	process.Main(&levels.Serial{Funcs: leveltest.Funcs()})
	os.Setenv("GORACE", "atexit_sleep_ms=0") // or every worker built with -race takes a second to leave
	os.Exit(m.Run())
}

func Test(t *testing.T) {
	leveltest.Suite{Isolated: true, Inline: true, Open: func(testing.TB) levels.Level {
		return process.New(process.Config{Processes: 2})
	}}.Run(t)
}
