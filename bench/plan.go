package bench

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchproc"

	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// A Plan says what to measure. Its zero value is the main job: every level,
// four workloads, six rounds, in less than three minutes on two processors.
type Plan struct {
	Axes   []Axes // what to measure, and of what; none means those of the [Quick] preset
	Filter string // of cells, in benchproc's words, as "/level:thread /work:(cpu OR io)"; "" means all

	Rounds    int           // 0 means 6, the least that gives a median an interval of 95 %
	Benchtime time.Duration // of each benchmark; 0 means 150 ms
	Seed      uint64        // of the order of cells, and of the inputs; 0 is a seed like any other

	Latency time.Duration // that the origin adds to each answer; 0 means 2 ms, and less than 0 none
	Sample  int           // pages that words visits; 0 means 128, and less than 0 all of them
	Corpus  string        // folder of the pages; "" means the source of the Go standard library

	Quiet    float64       // pressure in percent, see package noise, under which the machine is quiet; 0 means 10
	Patience time.Duration // for all samples together, to wait until it is; 0 means a twentieth of the time planned, and less than 0 none

	Redis    string `json:"-"` // URL of the Redis for machine/queue; "" means a private one
	Embedded bool   // take the embedded stand-in even if a server is on PATH

	whole bool // its defaults are filled in
}

// Axes span cells: each combination of their values that makes sense is one. A list
// that is empty means the usual.
type Axes struct {
	Kinds   []string        // what to measure, of [Kinds]; none means table
	Levels  []string        // as fleet.Parse reads them; none means [Levels]
	Works   []string        // names of workloads; none means those that the kind is usually measured with
	Workers []int           // width of the outermost level; 0 means [Widen]'s
	Grains  []int           // size of a task in rounds or bytes, where it has one; 0 means the workload's own
	Batches []int           // tasks handed over at once, of table; 0 means [Batch]'s
	RTTs    []time.Duration // round trip to machines, of levels that have some
	Every   int             // measure in every so many rounds only; 0 means in all

	Pitfalls []string `json:",omitempty"` // of kind pitfall, by id or name; none means all that can run here
}

// Levels are what is compared by default: the yardstick, and the four levels in the
// order of the talk, each as it is usually built.
var Levels = []string{"serial", "machine/rpc", "machine/queue", "process", "thread", "async"}

// Works are the workloads of a table by default.
var Works = []string{"empty", "cpu", "io", "words"}

// Kinds are what can be measured of a level and a workload.
var Kinds = []Kind{
	{"table", "tasks a second, CPU and memory in batches; the latency of a lone task", []string{"Throughput", "Latency"}, Works},
	{"load", "latency under load: a closed loop, then open loops at half and four fifths of its capacity", []string{"Load"}, []string{"cpu", "io"}},
	{"metg", "the smallest task that is worth it: METG(50%) and METG(90%)", []string{"METG"}, []string{"cpu", "io"}},
	{"startup", "from nothing to the first result", []string{"Startup"}, []string{"empty"}},
	{"cost", "what can be counted of a task: allocations, commands, bytes, memory in flight", []string{"Cost"}, []string{"empty", "bytes"}},
	{ofPitfalls, "programs that go wrong beside their fixed twins: what is forbidden, and times", []string{"Pitfall"}, nil},
}

// A Kind is one sort of measurement: the benchmarks that a process runs.
type Kind struct {
	Name, About string
	Benchmarks  []string
	Works       []string // that it is measured with by default
}

// Complete returns the plan with its defaults filled in, or what is wrong with
// it.
func (p Plan) Complete() (Plan, error) {
	if p.whole {
		return p, nil
	}
	if len(p.Axes) == 0 {
		p.Axes = Quick.Axes
	}
	p.Axes = slices.Clone(p.Axes)
	for i := range p.Axes {
		if err := p.Axes[i].complete(); err != nil {
			return p, err
		}
	}
	if p.Rounds < 0 || p.Benchtime < 0 || p.Quiet < 0 {
		return p, fmt.Errorf("plan of %d rounds, benchtime %v, quiet at %v %%: none can be less than 0", p.Rounds, p.Benchtime, p.Quiet)
	}
	orDefault(&p.Rounds, 6)
	orDefault(&p.Benchtime, 150*time.Millisecond)
	orDefault(&p.Latency, 2*time.Millisecond)
	orDefault(&p.Sample, 128)
	orDefault(&p.Quiet, 10)
	p.Latency, p.Sample = max(p.Latency, 0), max(p.Sample, 0) // from here on 0 is none, and all
	if _, err := benchproc.NewFilter(p.filter()); err != nil {
		return p, fmt.Errorf("filter %.80q: %w", p.Filter, err)
	}
	if len(p.Cells()) == 0 {
		if p.Filter == "" {
			return p, errors.New("nothing to measure: no pair of level and workload makes sense for what is asked (a round trip is for machines, METG for cpu and io, startup for empty)")
		}
		return p, fmt.Errorf("filter %.80q leaves nothing to measure", p.Filter)
	}
	orDefault(&p.Patience, p.Estimate()/20)
	p.Patience = max(p.Patience, 0)
	p.whole = true
	return p, nil
}

func (a *Axes) complete() (err error) {
	if len(a.Kinds) == 0 {
		a.Kinds = []string{Kinds[0].Name}
	}
	if len(a.Levels) == 0 {
		a.Levels = Levels
	}
	for _, kind := range a.Kinds {
		if err := fleet.Choose("kind of measurement", kind, kindNames()); err != nil {
			return err
		}
	}
	for _, level := range a.Levels {
		if _, err := fleet.Parse(level); err != nil {
			return err
		}
	}
	for _, work := range a.Works {
		if err := fleet.Choose("workload", work, workload.Names()); err != nil {
			return err
		}
	}
	for _, n := range slices.Concat(a.Workers, a.Grains, a.Batches) {
		if n < 0 {
			return fmt.Errorf("%d workers, rounds or tasks: none can be less than 0", n)
		}
	}
	for _, rtt := range a.RTTs {
		if rtt < 0 || rtt%time.Microsecond != 0 {
			return fmt.Errorf("round trip of %v: want whole microseconds, from 0 up", rtt)
		}
	}
	orDefault(&a.Every, 1)
	if slices.Contains(a.Kinds, ofPitfalls) {
		a.Pitfalls, err = completePitfalls(a.Pitfalls)
	}
	return err
}

func kindNames() (names []string) {
	for _, k := range Kinds {
		names = append(names, k.Name)
	}
	return names
}

// kindOf panics if there is no such kind: Complete has refused that.
func kindOf(name string) Kind {
	return Kinds[slices.IndexFunc(Kinds, func(k Kind) bool { return k.Name == name })]
}

func orDefault[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}

func orZero[T any](list []T) []T {
	if len(list) == 0 {
		return make([]T, 1)
	}
	return list
}

func (p Plan) filter() string {
	if p.Filter == "" {
		return "*"
	}
	return p.Filter
}

// Cells lists what a complete plan measures. What two axes have in common is
// measured once: the names of its benchmarks tell.
func (p Plan) Cells() []Cell {
	filter, err := benchproc.NewFilter(p.filter())
	if err != nil {
		return nil
	}
	var cells []Cell
	seen := map[string]bool{}
	for i, a := range p.Axes {
		for c := range a.cells {
			c.Axes, c.Every = i, min(c.Every, max(p.Rounds, 1)) // else its turn might never come
			if c.Wait > 0 {
				c.Wait = max(c.Wait, p.Latency)
			}
			names := c.Names(outline(c.Work))
			if id := strings.Join(names, "\n"); !seen[id] && slices.ContainsFunc(names, func(n string) bool { return matches(filter, n) }) {
				seen[id] = true
				cells = append(cells, c)
			}
		}
	}
	return cells
}

func matches(f *benchproc.Filter, name string) bool {
	m, err := f.Match(&benchfmt.Result{Name: benchfmt.Name(name), Values: []benchfmt.Value{{}}})
	return err == nil && m.Any()
}

// cells yields the combinations that make sense: a round trip only to where there are
// machines, and a size only of what has one.
func (a Axes) cells(yield func(Cell) bool) {
	for _, kind := range a.Kinds {
		if kind == ofPitfalls && !a.pitfalls(yield) {
			return
		}
		if kind == ofPitfalls {
			continue
		}
		works := a.Works
		if len(works) == 0 {
			works = kindOf(kind).Works
		}
		for _, work := range works {
			for _, level := range a.Levels {
				for _, workers := range orZero(a.Workers) {
					for _, grain := range orZero(a.Grains) {
						for _, batch := range orZero(a.Batches) {
							for _, rtt := range orZero(a.RTTs) {
								c, ok := newCell(kind, level, work, workers, grain, batch, rtt)
								if c.Every = a.Every; ok && !yield(c) {
									return
								}
							}
						}
					}
				}
			}
		}
	}
}

// Schedule is the order of a round: its cells, shuffled by the seed and the round's
// number. About one in ten is measured twice, the second time directly after the first:
// such twins differ by noise only.
func (p Plan) Schedule(round int) (turns []Turn) {
	r := rand.New(rand.NewPCG(p.Seed, uint64(round)))
	for _, c := range p.Cells() {
		if (round+c.Axes)%c.Every == 0 {
			turns = append(turns, Turn{Cell: c})
		}
	}
	r.Shuffle(len(turns), func(i, j int) { turns[i], turns[j] = turns[j], turns[i] })
	var all []Turn
	for _, t := range turns {
		all = append(all, t)
		if r.IntN(10) == 0 {
			all = append(all, Turn{t.Cell, true})
		}
	}
	return all
}

// A Turn is one cell that is to be measured.
type Turn struct {
	Cell
	Twin bool // again, directly after the first time
}
