package compare

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/fourlevels/fourlevels/bench/samples"
)

// A made is a run that was made up: benchmarks with noise around a truth.
type made struct {
	config string
	rounds int
	seed   uint64
	noise  float64 // of each sample, as a share
	drift  float64 // from the first round to the last, as a share
	cells  []madeCell
}

type madeCell struct {
	name  string
	cpu   float64 // ns; 0 is none
	noise float64 // instead of the run's
	more  func(round int) string
}

const circumstances = "go: go1.26.8\ngoos: linux\ngoarch: amd64\ncpu: Some CPU\ncores: 2\nstore: none\nlatency: 2ms\nsample: 128\nbenchtime: 40ms\n"

func named(level, work string) string {
	return fmt.Sprintf("Throughput/level=%s/impl=%s/work=%s/grain=1/workers=2/inflight=2/batch=256", level, level, work)
}

func (m made) text() string {
	random := rand.New(rand.NewPCG(m.seed, 77))
	if m.config == "" {
		m.config = circumstances
	}
	var b strings.Builder
	b.WriteString(m.config + "\n")
	for round := range m.rounds {
		slow := 1 + m.drift*float64(round)/float64(m.rounds)
		for _, c := range m.cells {
			noise := m.noise
			if c.noise != 0 {
				noise = c.noise
			}
			fmt.Fprintf(&b, "Benchmark%s-2 10 %g ns/op", c.name, 1000*slow*math.Exp(10*noise*random.NormFloat64()))
			if c.cpu > 0 {
				fmt.Fprintf(&b, " %g cpu-ns/op", c.cpu*slow*math.Exp(noise*random.NormFloat64()))
			}
			if c.more != nil {
				b.WriteString(" " + c.more(round+1))
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

func (m made) run(t testing.TB) *samples.Run {
	t.Helper()
	run, err := samples.Read(strings.NewReader(m.text()), "made up")
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// always gives every round the same further values.
func always(values string) func(int) string { return func(int) string { return values } }
