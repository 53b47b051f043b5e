package chaos

import (
	"fmt"
	"slices"
	"time"
)

// A Report is what came out.
type Report struct {
	Way      string        `json:"way"`
	Store    string        `json:"store"`
	Log      string        `json:"log"` // what it says of its log
	Seed     uint64        `json:"seed"`
	Lease    time.Duration `json:"lease"`
	Workers  int           `json:"workers"`
	Apart    bool          `json:"apart"` // each had a network of its own
	Rounds   []Counts      `json:"rounds"`
	Sum      Counts        `json:"sum"`
	Faults   []*Fault      `json:"faults"`
	Seen     []Seen        `json:"seen"`
	Recovery Waits         `json:"recovery"`  // of the jobs of killed workers
	Outage   Waits         `json:"disturbed"` // of those that another fault hit meanwhile
	Rest     Waits         `json:"rest"`      // second phases
	Took     time.Duration `json:"took"`
	Broken   []string      `json:"broken"` // what does not hold; none if all does

	began time.Time
	waits Recovery
	rests []time.Duration
}

// Seen is a rare case, and how often it was met.
type Seen struct {
	What  string `json:"what"`
	Times int    `json:"times"`
}

// Waits are how long something took.
type Waits struct {
	Count int           `json:"count"`
	P50   time.Duration `json:"p50"`
	P99   time.Duration `json:"p99"`
	Max   time.Duration `json:"max"`
}

func newReport(c Config) *Report {
	return &Report{Way: c.Way, Seed: c.Seed, Lease: c.Lease, Workers: c.Workers, Apart: c.Apart, began: time.Now()}
}

// add judges a round.
func (r *Report) add(h History, faults []*Fault, store storeInfo) {
	c, waits := h.Judge()
	for _, list := range [][]string{c.Examples, c.Delays} {
		for i := range list {
			list[i] = fmt.Sprintf("seed %d: %s", r.Seed+uint64(len(r.Rounds)), list[i])
		}
	}
	r.Store, r.Log = store.name, store.log
	r.Rounds = append(r.Rounds, c)
	r.Sum.add(c)
	r.waits.Clear = append(r.waits.Clear, waits.Clear...)
	r.waits.Disturbed = append(r.waits.Disturbed, waits.Disturbed...)
	r.rests = append(r.rests, h.Rest)
	if r.Faults == nil {
		r.Faults = faults
		return
	}
	for i, f := range faults {
		r.Faults[i].Strikes += f.Strikes
	}
}

// close draws the conclusions.
func (r *Report) close() {
	r.Recovery, r.Outage = waitsOf(r.waits.Clear), waitsOf(r.waits.Disturbed)
	r.Rest = waitsOf(r.rests)
	r.Took = time.Since(r.began)
	r.Broken = append([]string{}, r.Sum.broken()...)
	if r.Log != "always" {
		r.Broken = append(r.Broken, "Redis did not log every change: log="+r.Log)
	}
	if n := r.Sum.Expired; n > 0 && !slices.ContainsFunc(r.Faults, func(f *Fault) bool { return !slices.Contains(gentle, f.Kind) }) {
		r.Broken = append(r.Broken, fmt.Sprintf("%d leases ran out, though whoever left could end its jobs or give them back", n))
	}
	if late, of := r.Sum.Late, r.Recovery.Count; of >= enough && late*100 > of {
		r.Broken = append(r.Broken, fmt.Sprintf("%d of %d jobs of dead workers waited for over a lease and %v", late, of, tolerance))
	}
	for i, c := range r.Rounds { // not of their sum: a soak of hundreds would hide one
		if c.Attempted >= many && c.Unknown*20 > c.Attempted {
			r.Broken = append(r.Broken, fmt.Sprintf("%d of %d producers were told that nobody knows, with seed %d: more than the faults explain", c.Unknown, c.Attempted, r.Seed+uint64(i)))
		}
	}
	r.see("a job was met in the middle by its worker's death", r.Recovery.Count+r.Outage.Count, "kill")
	r.see("a job was taken back when a lease ran out", r.Sum.Expired, "kill", "stop", "clog")
	r.see("a job ran to an end twice, and one result counted", r.Sum.Duplicated, "stop", "clog")
	for _, f := range r.Faults {
		if f.Strikes == 0 {
			r.Broken = append(r.Broken, "this never struck: "+f.Means)
		}
	}
}

// enough is how many jobs must have waited for another worker before more than one in a
// hundred that is late breaks the promise. With fewer, a single pause of a busy machine would be a broken promise; they are
// counted and named all the same.
const enough = 100

// many are enough jobs for a share of them to mean something.
const many = 1000

// gentle are faults that cost nobody a lease.
var gentle = []string{"leave", "producers"}

// see notes a rare case that one of some faults brings about. One that they did not bring
// about has not been shown to go well.
func (r *Report) see(what string, times int, by ...string) {
	if !r.plays(by...) {
		return
	}
	r.Seen = append(r.Seen, Seen{what, times})
	if times == 0 {
		r.Broken = append(r.Broken, "this was never seen: "+what)
	}
}

// plays reports whether there is a fault of any of the kinds.
func (r *Report) plays(kinds ...string) bool {
	return slices.ContainsFunc(r.Faults, func(f *Fault) bool { return slices.Contains(kinds, f.Kind) })
}

func (c *Counts) add(o Counts) {
	for _, row := range rows {
		*row.of(c) += *row.of(&o)
	}
	for _, e := range o.Examples {
		few(&c.Examples, e)
	}
	for _, d := range o.Delays {
		few(&c.Delays, d)
	}
}

func waitsOf(all []time.Duration) (w Waits) {
	if len(all) == 0 {
		return w
	}
	slices.Sort(all)
	at := func(percent int) time.Duration { return all[(len(all)*percent+99)/100-1] }
	return Waits{len(all), at(50), at(99), all[len(all)-1]}
}
