//go:build unix

package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/samples"
)

// selfRunner measures with this test binary, so that nothing need be built. The role
// of a worker goes to the origin alone.
func selfRunner(out string) (Runner, error) {
	if err := os.Setenv(fleet.Role, ""); err != nil {
		return Runner{}, err
	}
	self, err := os.Executable()
	if err != nil {
		return Runner{}, err
	}
	hash, err := hashOf(self)
	return Runner{
		Out:    out,
		Worker: []string{"env", fleet.Role + "=1", self},
		Binary: &Binary{Path: self, Commit: "abc", Hash: hash},
	}, err
}

// runner is selfRunner for a test, with a corpus of one page.
func runner(t *testing.T) (r Runner, p Plan) {
	t.Helper()
	t.Setenv(fleet.Role, "") // and back
	r, err := selfRunner(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	noTemporaryFiles(t)
	corpus := t.TempDir()
	write(t, corpus, "page", "text of a page")
	return r, tinyPlan(corpus)
}

// tinyPlan takes about a second, most of it to start processes.
func tinyPlan(corpus string) Plan {
	return Plan{
		Axes:   []Axes{{Levels: []string{"serial", "thread"}, Works: []string{"empty"}}},
		Rounds: 3, Benchtime: time.Millisecond, Corpus: corpus, Patience: -1,
		Seed: 4, // of which the rounds have twins
	}
}

// shape is what a run has samples of, in words.
func shape(t *testing.T, dir string) (all []string) {
	t.Helper()
	run, err := samples.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range run.Cells {
		for _, s := range c.Samples {
			all = append(all, fmt.Sprint(c.Name.Full, " round ", s.Round, " twin ", s.Twin))
		}
		if c.Failed != "" {
			all = append(all, c.Name.Full+" "+c.Failed)
		}
	}
	slices.Sort(all)
	return append(all, fmt.Sprint("sealed ", run.Sealed, " ended ", run.Ended, " rounds ", run.Rounds, " ", run.Setting("binary"), run.Setting("plan")))
}

// theRun is the folder of the only run in out; one without a plan was never begun.
func theRun(t *testing.T, out string) string {
	t.Helper()
	plans, err := filepath.Glob(filepath.Join(out, "2*", PlanFile))
	if err != nil || len(plans) != 1 {
		t.Fatalf("runs %q, %v", plans, err)
	}
	return filepath.Dir(plans[0])
}
