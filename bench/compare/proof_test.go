package compare

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/fourlevels/fourlevels/bench/samples"
)

// The gate keeps its word on a run that was recorded on two shared processors, beside
// whatever else ran there: on what computes. Of an empty task it can promise less.
func TestProofOfARecordedRun(t *testing.T) {
	run, err := samples.Open(filepath.Join("..", "..", "results", "kvm-2x-epyc", "aa"))
	if err != nil {
		t.Fatal(err)
	}
	proofs, err := Proofs(run)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, p := range proofs {
		var out strings.Builder
		p.Write(&out)
		t.Log("\n" + out.String())
		seen[p.Work] = p.OK()
	}
	if !seen["cpu"] || seen["empty"] || len(seen) != 2 {
		t.Errorf("have %v, want that cpu is good enough, and empty is not", seen)
	}
}

// Rows of which each second sample takes longer are not what the test takes them for.
func TestProofSeesAnOrder(t *testing.T) {
	run := made{rounds: 80, noise: 0.01, cells: []madeCell{{name: named("thread", "cpu"), cpu: 1000}}}.run(t)
	for i, s := range run.Cells[0].Samples {
		s.Values[cpu] *= 1 + 0.05*float64(i%2)
	}
	proofs, err := Proofs(run)
	if err != nil || len(proofs) != 1 || proofs[0].Checks[0].OK {
		t.Errorf("have %+v, %v, want that its alarms are too many", proofs, err)
	}
}

func TestProofNeedsRounds(t *testing.T) {
	run := made{rounds: 39, noise: 0.01, cells: []madeCell{{name: named("thread", "cpu"), cpu: 5}}}.run(t)
	if _, err := Proofs(run); err == nil || !strings.Contains(err.Error(), "the longest has 39") {
		t.Errorf("have %v", err)
	}
	if _, err := Proofs(&samples.Run{}); err == nil {
		t.Error("nothing was proven")
	}
}
