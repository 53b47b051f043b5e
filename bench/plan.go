package bench

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"time"

	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// A Plan says what to measure. Its zero value is the main job: every level,
// four workloads, six rounds, in less than three minutes on two processors.
type Plan struct {
	Levels []string // as fleet.Parse reads them; none means [Levels]
	Works  []string // names of workloads; none means [Works]

	Rounds    int           // 0 means 6, the least that gives a median an interval of 95 %
	Benchtime time.Duration // of each benchmark; 0 means 200 ms
	Seed      uint64        // of the order of cells, and of the inputs; 0 is a seed like any other

	Grain   int           // size of a task in rounds or bytes; 0 means each workload's own
	Latency time.Duration // that the origin adds to each answer; 0 means 2 ms, and less than 0 none
	Sample  int           // pages that words visits; 0 means 128, and less than 0 all of them
	Corpus  string        // folder of the pages; "" means the source of the Go standard library

	Redis    string // URL of the Redis for machine/queue; "" means a private one
	Embedded bool   // take the embedded stand-in even if a server is on PATH
}

// Levels are what a Plan compares by default: the yardstick, and the four levels in the
// order of the talk, each as it is usually built.
var Levels = []string{"serial", "machine/rpc", "machine/queue", "process", "thread", "async"}

// Works are the workloads of a Plan by default.
var Works = []string{"empty", "cpu", "io", "words"}

// A Cell is one workload at one level: a row of a table, measured once in each
// round.
type Cell struct {
	Spec fleet.Spec
	Work string
}

// Complete returns the plan with its defaults filled in, or what is wrong with
// it.
func (p Plan) Complete() (Plan, error) {
	if len(p.Levels) == 0 {
		p.Levels = Levels
	}
	if len(p.Works) == 0 {
		p.Works = Works
	}
	for _, level := range p.Levels {
		if _, err := fleet.Parse(level); err != nil {
			return p, err
		}
	}
	for _, work := range p.Works {
		if err := fleet.Choose("workload", work, workload.Names()); err != nil {
			return p, err
		}
	}
	if p.Rounds < 0 || p.Benchtime < 0 || p.Grain < 0 {
		return p, fmt.Errorf("plan of %d rounds, benchtime %v, grain %d: none can be less than 0", p.Rounds, p.Benchtime, p.Grain)
	}
	orDefault(&p.Rounds, 6)
	orDefault(&p.Benchtime, 200*time.Millisecond)
	orDefault(&p.Latency, 2*time.Millisecond)
	orDefault(&p.Sample, 128)
	p.Latency, p.Sample = max(p.Latency, 0), max(p.Sample, 0) // from here on 0 is none, and all
	return p, nil
}

func orDefault[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}

// Cells lists what a complete plan measures, in the order of its workloads and
// levels. A level named twice is measured once.
func (p Plan) Cells() []Cell {
	var cells []Cell
	for _, work := range p.Works {
		for _, level := range p.Levels {
			spec, _ := fleet.Parse(level)
			c := Cell{Widen(spec, Waits(work)), work}
			if !slices.ContainsFunc(cells, func(d Cell) bool { return d.String() == c.String() }) {
				cells = append(cells, c)
			}
		}
	}
	return cells
}

// String names the cell, as in "cpu at process:2>serial".
func (c Cell) String() string { return c.Work + " at " + c.Spec.String() }

// Schedule is the order of a round: all cells, shuffled by the seed and the
// round's number.
func (p Plan) Schedule(round int) []Cell {
	cells := p.Cells()
	r := rand.New(rand.NewPCG(p.Seed, uint64(round)))
	r.Shuffle(len(cells), func(i, j int) { cells[i], cells[j] = cells[j], cells[i] })
	return cells
}

// Waits reports whether tasks of the workload mostly wait.
func Waits(work string) bool { return work == "io" || work == "words" }

// Widen gives a level the number of tasks in flight that the benchmarks run it
// with, unless its Spec has a number already: one for each processor where
// tasks compute; where they wait, 16 if each of them holds a thread or a
// process, and 256 if it holds a goroutine. Two machines share that.
func Widen(s fleet.Spec, waits bool) fleet.Spec {
	s = slices.Clone(s)
	cores := runtime.GOMAXPROCS(0)
	inFlight, workers := cores, cores
	if waits {
		inFlight, workers = 256, 16
	}
	switch outer := &s[0]; {
	case outer.Width > 0:
	case outer.Impl == "loop" && !waits:
		outer.Width = 1 // it has one thread
	case outer.Level == "async" || outer.Impl == "asyncio":
		outer.Width = inFlight
	case outer.Level == "machine":
		outer.Width = 2
		if len(s) == 1 {
			s = append(s, fleet.Part{Level: "async", Impl: "pool", Width: max(inFlight/2, 1)})
		}
	case outer.Level == "process" && len(s) > 1:
		outer.Width = cores // which it is anyway, but the name should say so
	case outer.Level != "serial":
		outer.Width = workers
	}
	return s
}

// Grain is the size of the workload's tasks, if the plan asks for one and it has
// any.
func Grain(w workload.Workload, asked int) int {
	if asked > 0 && w.Size > 0 {
		return asked
	}
	return w.Size
}

// Batch is the number of tasks to hand over at once: enough to keep the level
// busy, and a multiple of the distinct inputs, so that each is in every batch
// equally often.
func Batch(s fleet.Spec, w workload.Workload) int {
	least := map[string]int{"empty": 4096, "cpu": 256, "skew": 256}[w.Name]
	least = max(least, 4*s.AtOnce(), w.Distinct)
	return (least + w.Distinct - 1) / w.Distinct * w.Distinct
}

// Name is the part of a benchmark's name that says what it measures.
func Name(s fleet.Spec, work string, grain, batch int) string {
	impl := s.Impl()
	if len(s) == 2 && s[0].Level == "machine" && s[1].Level == "async" {
		impl = s[0].Impl // what a machine runs inside by default
	}
	return fmt.Sprintf("level=%s/impl=%s/work=%s/grain=%d/workers=%d/inflight=%d/batch=%d",
		s[0].Level, impl, work, grain, max(s[0].Width, 1), s.AtOnce(), batch)
}

// names are the benchmarks of a cell.
func (p Plan) names(c Cell, w workload.Workload) []string {
	grain := Grain(w, p.Grain)
	return []string{
		"Throughput/" + Name(c.Spec, c.Work, grain, Batch(c.Spec, w)),
		"Latency/" + Name(c.Spec, c.Work, grain, 1),
	}
}
