package bench

import (
	"fmt"
	"time"

	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/levels/pitfall"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// A Cell is what one process measures: one kind, of one workload, at one level; or one of
// a pitfall's two programs, which have neither: their Spec is nil.
type Cell struct {
	Kind  string
	Spec  fleet.Spec
	Work  string
	Grain int           // 0 means the workload's own
	Batch int           // 0 means [Batch]'s
	RTT   time.Duration // to machines
	Wait  time.Duration // that the origin adds to each answer; 0 means as the plan says
	Every int           // measured in every so many rounds ...
	Axes  int           // ... and with the others of the same axes, by their index

	Pitfall string // its id, of kind pitfall
	Called  string // its name
	Variant pitfall.Which
}

// NewCell is the cell of a kind at a level, as wide as the workload takes it.
func NewCell(kind, level, work string) (Cell, error) {
	spec, err := fleet.Parse(level)
	if err != nil {
		return Cell{}, err
	}
	c := Cell{Kind: kind, Spec: spec, Work: work}
	c.fill()
	return c, nil
}

// fill is what a kind takes where nothing else was asked for. An open loop makes its load
// on the processors that it measures: of short tasks it would begin so many that it is
// late itself, so it has more than usual to do.
func (c *Cell) fill() {
	if c.Kind != "load" {
		c.Spec = Widen(c.Spec, Waits(c.Work))
		return
	}
	c.Spec = widenLoad(c.Spec, Waits(c.Work))
	switch {
	case Waits(c.Work):
		c.Wait = 20 * time.Millisecond
	case c.Work == "cpu":
		orDefault(&c.Grain, 2_000_000)
	}
}

func newCell(kind, level, work string, workers, grain, batch int, rtt time.Duration) (c Cell, ok bool) {
	spec, err := fleet.Parse(level)
	if err != nil {
		return c, false
	}
	if workers > 0 && spec[0].Width == 0 && spec[0].Level != "serial" {
		spec[0].Width = workers
	}
	c = Cell{Kind: kind, Spec: spec, Work: work, Grain: grain, RTT: rtt}
	if kind == Kinds[0].Name {
		c.Batch = batch
	}
	if outline(work).Size == 0 || kind == "metg" { // which tries all sizes
		c.Grain = 0
	}
	c.fill()
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
	if c.Pitfall != "" {
		return fmt.Sprintf("pitfall %s, %s", c.Pitfall, c.Variant)
	}
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

// Names are the benchmarks that measure the cell, as go test prints them, but for
// GOMAXPROCS.
func (c Cell) Names(w workload.Workload) (names []string) {
	if c.Pitfall != "" {
		return []string{fmt.Sprintf("Pitfall/id=%s/name=%s/variant=%s", c.Pitfall, c.Called, c.Variant)}
	}
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
	if len(c.Spec) == 2 && c.Spec[0].Level == "machine" && c.Spec[1].Level == "async" && c.Spec[1].Impl == "pool" {
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
	if c.Wait > 0 {
		name += fmt.Sprintf("/wait-us=%d", c.Wait.Microseconds())
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
