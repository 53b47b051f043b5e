package oneruneach

import (
	"math/rand/v2"
	"time"
)

// A busy machine, simulated. The figures are drawn so that identical code compared once
// with itself differs as it did when measured on two shared cores: 2.6-fold in one pair of
// twenty.
const (
	work    = 20 * time.Millisecond // that the code takes on a quiet machine
	arrives = 0.1                   // a neighbour comes before this share of quiet runs
	leaves  = 0.6                   // and goes before this share of disturbed ones
	jitter  = 0.03                  // of every run
)

type machine struct {
	dice     *rand.PCG
	disturbs float64 // how many times longer things take beside the neighbour; 0: there is none
}

// chance is from 0 to 1. It takes the generator's own numbers, which are the same in every
// version of Go.
func (m *machine) chance() float64 { return float64(m.dice.Uint64()>>11) / (1 << 53) }

// run runs code that takes so long on a quiet machine.
func (m *machine) run(alone time.Duration) time.Duration {
	switch {
	case m.disturbs > 0 && m.chance() < leaves:
		m.disturbs = 0
	case m.disturbs == 0 && m.chance() < arrives:
		m.disturbs = 1.2 + 2*m.chance()
	}
	return time.Duration(float64(alone) * max(1, m.disturbs) * (1 + jitter*m.chance()))
}

// A program runs on a machine, which knows what no comparison can: whether it was alone.
type program struct {
	on          *machine
	takes       time.Duration // alone
	runs, quiet int
}

func (p *program) run() time.Duration {
	took := p.on.run(p.takes)
	p.runs++
	if p.on.disturbs == 0 {
		p.quiet++
	}
	return took
}

// hidden reports whether the program ran often enough, and never alone: how long it takes
// then could not be seen.
func (p *program) hidden() bool { return p.runs >= enough && p.quiet == 0 }
