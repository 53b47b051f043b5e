package fleet_test

import (
	"flag"
	"slices"
	"strings"
	"testing"

	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/leveltest"
)

var allNestings = flag.Bool("nestings", false, "hold all nestings of two and three levels to their promises, not a sample")

// Every level keeps its promises, with workers in processes of their own.
func TestConformance(t *testing.T) {
	for _, name := range []string{"serial", "machine/rpc", "machine/queue", "process", "thread", "thread/gil", "async", "async/loop"} {
		keeps(t, name)
	}
}

// So does one inside another, and one inside that.
func TestConformanceNested(t *testing.T) {
	names := []string{"process>thread", "machine/rpc>process", "process>process>async", "process>async/loop", "machine/queue:2>process:2>async"}
	if *allNestings {
		names = nestings()
	}
	for _, name := range names {
		keeps(t, name)
	}
}

func keeps(t *testing.T, name string) {
	t.Run(strings.ReplaceAll(name, "/", "."), func(t *testing.T) {
		spec, err := fleet.Parse(name)
		if err != nil {
			t.Fatal(err)
		}
		last := spec[len(spec)-1].Level
		leveltest.Suite{
			Isolated: spec[0].Level == "machine" || spec[0].Level == "process",
			Inline:   last == "serial" || last == "process", // in which tasks run serially
			Open:     func(tb testing.TB) levels.Level { return open(tb, spec, config()) },
		}.Run(t)
	})
}

// nestings names every way to put two or three levels into one another.
func nestings() (names []string) {
	holders := []string{"machine/rpc:2", "machine/queue:2", "process:2"}
	leaves := []string{"serial", "thread:2", "thread/gil:2", "async:8", "async/loop:8"}
	for _, outer := range holders {
		for _, inner := range slices.Concat(holders, leaves) {
			names = append(names, outer+">"+inner)
			for _, leaf := range leaves {
				if slices.Contains(holders, inner) {
					names = append(names, outer+">"+inner+">"+leaf)
				}
			}
		}
	}
	return names
}
