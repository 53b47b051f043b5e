package bench

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
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
}

// A Kind is one sort of measurement: the benchmarks that a process runs.
type Kind struct {
	Name, About string
	Benchmarks  []string
	Works       []string // that it is measured with by default
}

// A Cell is what one process measures: one kind, of one workload, at one level.
type Cell struct {
	Kind  string
	Spec  fleet.Spec
	Work  string
	Grain int           // 0 means the workload's own
	Batch int           // 0 means [Batch]'s
	RTT   time.Duration // to machines
	Every int           // measured in every so many rounds ...
	Axes  int           // ... and with the others of the same axes, by their index
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

func (a *Axes) complete() error {
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
	return nil
}

func kindNames() (names []string) {
	for _, k := range Kinds {
		names = append(names, k.Name)
	}
	return names
}

func kindOf(name string) Kind {
	return Kinds[max(0, slices.IndexFunc(Kinds, func(k Kind) bool { return k.Name == name }))]
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
// measured once.
func (p Plan) Cells() []Cell {
	filter, err := benchproc.NewFilter(p.filter())
	if err != nil {
		return nil
	}
	var cells []Cell
	seen := map[string]bool{}
	for i, a := range p.Axes {
		for c := range a.cells {
			c.Axes = i
			if names := c.Names(outline(c.Work)); !seen[c.String()] && slices.ContainsFunc(names, func(n string) bool { return matches(filter, n) }) {
				seen[c.String()] = true
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

// NewCell is the cell of a kind at a level, as wide as the workload takes it.
func NewCell(kind, level, work string) (Cell, error) {
	spec, err := fleet.Parse(level)
	if err != nil {
		return Cell{}, err
	}
	return Cell{Kind: kind, Spec: Widen(spec, Waits(work)), Work: work}, nil
}

func newCell(kind, level, work string, workers, grain, batch int, rtt time.Duration) (c Cell, ok bool) {
	spec, err := fleet.Parse(level)
	if err != nil {
		return c, false
	}
	if workers > 0 && spec[0].Width == 0 && spec[0].Level != "serial" {
		spec[0].Width = workers
	}
	c = Cell{Kind: kind, Spec: Widen(spec, Waits(work)), Work: work, Grain: grain, RTT: rtt}
	if kind == Kinds[0].Name {
		c.Batch = batch
	}
	if outline(work).Size == 0 {
		c.Grain = 0
	}
	switch {
	case rtt > 0 && spec[0].Level != "machine":
		return c, false
	case kind == "metg" && work != "cpu" && work != "io":
		return c, false
	case kind == "startup" && work != "empty":
		return c, false
	}
	return c, true
}

// outline is a workload without its inputs: those of io and words need a corpus.
func outline(work string) workload.Workload {
	if Waits(work) {
		return workload.Workload{Name: work, Distinct: 1}
	}
	w, err := workload.Find(work, workload.Env{})
	if err != nil {
		return workload.Workload{Name: work, Distinct: 1}
	}
	return w
}

// String names the cell, as in "cpu at process:2>serial".
func (c Cell) String() string {
	s := c.Work + " at " + c.Spec.String()
	if c.Kind != Kinds[0].Name {
		s = c.Kind + " of " + s
	}
	for _, part := range []struct {
		key   string
		value int
	}{{"grain", c.Grain}, {"batch", c.Batch}} {
		if part.value > 0 {
			s += fmt.Sprintf(" %s %d", part.key, part.value)
		}
	}
	if c.RTT > 0 {
		s += fmt.Sprintf(" rtt %v", c.RTT)
	}
	return s
}

// Schedule is the order of a round: its cells, shuffled by the seed and the round's
// number. About one in ten is measured twice, the second time directly after the first:
// such twins differ by noise only.
func (p Plan) Schedule(round int) (turns []Turn) {
	r := rand.New(rand.NewPCG(p.Seed, uint64(round)))
	for _, c := range p.Cells() {
		if (round+c.Axes)%max(c.Every, 1) == 0 {
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

// Grain is the size of the workload's tasks, if one is asked for and it has any.
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
	return multiple(max(least, 4*s.AtOnce()), w.Distinct)
}

// multiple is the least multiple of of that is n or more.
func multiple(n, of int) int { return max(1, (n+of-1)/of) * of }

// Names are the benchmarks that measure the cell, as go test prints them, but for
// GOMAXPROCS.
func (c Cell) Names(w workload.Workload) (names []string) {
	for _, b := range kindOf(c.Kind).Benchmarks {
		switch name := b + "/" + c.name(w, b); b {
		case "Load":
			names = append(names, name+"/mode=closed")
			for _, percent := range Loads {
				names = append(names, fmt.Sprintf("%s/mode=open/load=%d", name, percent))
			}
		default:
			names = append(names, name)
		}
	}
	return names
}

// Loads are the rates of open loops, in percent of the capacity that the closed one
// found.
var Loads = []int{50, 80}

// name is the part of a benchmark's name that says what it measures.
func (c Cell) name(w workload.Workload, benchmark string) string {
	impl := c.Spec.Impl()
	if len(c.Spec) == 2 && c.Spec[0].Level == "machine" && c.Spec[1].Level == "async" {
		impl = c.Spec[0].Impl // what a machine runs inside by default
	}
	name := fmt.Sprintf("level=%s/impl=%s/work=%s", c.Spec[0].Level, impl, c.Work)
	if benchmark != "METG" { // which tries all sizes
		name += fmt.Sprintf("/grain=%d", Grain(w, c.Grain))
	}
	batch := 1
	switch benchmark {
	case "Throughput", "METG":
		batch = c.Tasks(w)
	}
	name += fmt.Sprintf("/workers=%d/inflight=%d/batch=%d", max(c.Spec[0].Width, 1), c.Spec.AtOnce(), batch)
	if c.RTT > 0 {
		name += fmt.Sprintf("/rtt-us=%d", c.RTT.Microseconds())
	}
	return name
}

// Tasks is how many tasks of the workload a batch of the cell has. Where the smallest
// task is looked for, 4096 that compute share the cost of a hand-over, or four waits of
// all that can wait at once.
func (c Cell) Tasks(w workload.Workload) int {
	switch {
	case c.Kind == "metg" && Waits(c.Work):
		return max(16, 4*c.Spec.AtOnce())
	case c.Kind == "metg":
		return 4096
	case c.Batch > 0:
		return multiple(c.Batch, w.Distinct)
	}
	return Batch(c.Spec, w)
}
