package bench

import (
	"os"
	"slices"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/samples"
)

// Every kind of measurement goes through the harness, which is strict about names, units
// and numbers: of a level within this process, of one with workers, and of one that is
// far away.
func TestKindsRun(t *testing.T) {
	noTemporaryFiles(t)
	t.Setenv(fleet.Role, "") // which would make a worker of the test binary that it builds
	root, err := Root(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var axes []Axes
	for _, k := range Kinds {
		axes = append(axes, Axes{Kinds: []string{k.Name}, Levels: []string{"async"}, Works: k.Works[:min(1, len(k.Works))], Pitfalls: []string{"T2", "A2"}})
	}
	axes = append(axes,
		Axes{Kinds: []string{"table", "startup"}, Levels: []string{"process"}, Works: []string{"empty"}},
		Axes{Kinds: []string{"metg"}, Levels: []string{"async:4"}, Works: []string{"io"}},
		Axes{Kinds: []string{"table", "cost"}, Levels: []string{"machine/rpc"}, Works: []string{"bytes"}, RTTs: []time.Duration{time.Millisecond}})
	plan := Plan{Axes: axes, Rounds: 1, Benchtime: time.Millisecond}
	dir, err := Runner{Root: root, Out: t.TempDir(), Worker: []string{os.Args[0], "worker"}}.Run(t.Context(), plan)
	if err != nil {
		t.Fatal(err)
	}
	run, err := samples.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	units := map[string]string{ // one that each benchmark is about
		"Throughput": "tasks/s", "Latency": "p50-sec", "Load": "little-%", "METG": "metg50-sec", "Startup": "startup-sec", "Cost": "allocs/op",
		"Pitfall": "forbidden/op",
	}
	seen, crossed := map[string]bool{}, false
	for _, c := range run.Cells {
		switch unit := units[c.Name.Base]; {
		case c.Failed != "":
			t.Errorf("%s: %s", c.Name.Full, c.Failed)
		case len(c.Values(unit)) != 1 && c.Name.Base != "METG": // which not every cell has
			t.Errorf("%s has %v %s", c.Name.Full, c.Values(unit), unit)
		}
		seen[c.Name.Base] = true
		crossed = crossed || len(c.Values("metg50-sec")) > 0
	}
	if !crossed {
		t.Error("no cell has a METG")
	}
	for base := range units {
		if !seen[base] {
			t.Errorf("nothing was measured of %s", base)
		}
	}
	if far := slices.ContainsFunc(run.Cells, func(c *samples.Cell) bool { return c.Name.Part("rtt-us") == "1000" && c.Name.Base == "Cost" }); !far {
		t.Error("nothing was measured from far away")
	}
}
