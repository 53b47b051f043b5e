package compare

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/fourlevels/fourlevels/bench/report"
	"github.com/fourlevels/fourlevels/bench/samples"
	"github.com/fourlevels/fourlevels/bench/stat"
)

// A Verdict is what a comparison came to.
type Verdict string

// The verdicts. Of a table, the first that any row has counts, in this order;
// but a slow-down that was found on a machine whose control failed is none.
const (
	Fail         Verdict = "FAIL"         // shown to be worse
	Environment  Verdict = "ENVIRONMENT"  // cannot be compared, here or at all
	Inconclusive Verdict = "INCONCLUSIVE" // neither shown to be worse, nor not to be
	Pass         Verdict = "PASS"         // shown not to be worse
)

// A Config says how strict a comparison is.
type Config struct {
	Alpha  float64 // false alarms of all judged times together; 0 is that of stat.Gate
	Margin float64 // a slow-down that nobody minds, as a share; 0 is that of stat.Gate
}

func (c Config) gate() stat.Gate {
	return stat.Gate{Alpha: c.Alpha, Margin: c.Margin}.Defaults()
}

// A Report is a comparison of two sides.
type Report struct {
	Verdict  Verdict  `json:"verdict"`
	Why      string   `json:"why"`
	Paired   bool     `json:"paired"` // the sides took turns; else one ran after the other
	Base     Side     `json:"base"`
	Head     Side     `json:"head"`
	Rounds   int      `json:"rounds"` // of the row that has most
	Alpha    float64  `json:"alpha"`
	Margin   float64  `json:"margin"`
	Judged   []Row    `json:"judged"`
	Comments []Row    `json:"comments"` // reported, and not judged
	Control  Control  `json:"control"`
	Notes    []string `json:"notes"`
}

// A Side is what was measured.
type Side struct {
	Run    string `json:"run"`
	Commit string `json:"commit"`
	Binary string `json:"binary,omitempty"` // hash
}

func sideOf(r *samples.Run) Side {
	return Side{Run: samples.Clean(cmp.Or(r.Dir, r.File)), Commit: cmp.Or(r.Setting("commit"), "unknown"), Binary: r.Setting("binary")}
}

// A Row is one number of one benchmark on both sides.
type Row struct {
	Name     string        `json:"benchmark"`
	Label    string        `json:"label"` // as short as tells it from the others
	Unit     string        `json:"unit"`
	Exact    bool          `json:"exact"` // counted, so judged without statistics
	Base     Float         `json:"base"`  // the medians
	Head     Float         `json:"head"`
	Ratio    stat.Interval `json:"-"` // of head over base
	P        Float         `json:"p"`
	Adjusted Float         `json:"adjusted"` // for the number of rows
	Margin   Float         `json:"margin"`   // that counts here: the row's noise, if above the usual
	// Detectable is the minimum detectable effect: the slow-down, as a ratio, that would
	// have been a FAIL in four of five cases. Of counts there is none.
	Detectable Float   `json:"detectable"`
	Verdict    Verdict `json:"verdict,omitempty"` // none of a comment
	Why        string  `json:"why,omitempty"`
}

// refused tells a row whose benchmark could not be compared: it stands for all units.
func (row Row) refused() bool { return row.Unit == "" }

// Compare judges head against base, whose rounds were measured in turns. The control
// is the base measured once more in each round; without it, nil, the base's own
// rounds must tell how noisy they are.
func Compare(base, head, control *samples.Run, c Config) *Report {
	r := begin(base, head, c)
	r.Paired = true
	pairs, ok := r.match(base, head, control)
	if !ok {
		return r
	}
	r.times(pairs, control != nil, c.gate())
	r.comment(pairs, func(p pair, unit string) (stat.Interval, float64) {
		x, y := samples.Pair(p.head, p.base, unit)
		logs, _ := stat.LogRatios(x, y)
		return stat.Ratio(x, y), stat.SignedRank(logs)
	})
	r.conclude()
	return r
}

func begin(base, head *samples.Run, c Config) *Report {
	g := c.gate()
	r := &Report{Base: sideOf(base), Head: sideOf(head), Alpha: g.Alpha, Margin: g.Margin}
	if r.Base.Binary != "" && r.Base.Binary == r.Head.Binary {
		r.note("both sides are the same binary, %s: whatever differs is noise, or the flags", r.Base.Binary)
	}
	return r
}

func (r *Report) note(format string, args ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
}

// times judges processor time, by round. A row's own noise may widen the margin.
func (r *Report) times(pairs []pair, controlled bool, g stat.Gate) {
	var tests []stat.Series
	var of []pair
	for _, p := range pairs {
		head, base := samples.Pair(p.head, p.base, cpu)
		if len(head) == 0 {
			r.oneSided(p)
			continue
		}
		r.Rounds = max(r.Rounds, len(head))
		tests = append(tests, stat.Series{Name: p.base.Name.Full, Head: head, Base: base, Floor: r.Control.calibrate(p)})
		of = append(of, p)
	}
	if controlled {
		r.Control.judge(of, g)
	}
	for i, v := range g.Judge(tests) {
		row := of[i].row(cpu)
		row.Ratio, row.P, row.Adjusted = v.Ratio, Float(v.P), Float(v.Adjusted)
		row.Margin, row.Detectable = Float(max(g.Margin, tests[i].Floor)), Float(v.Detectable)
		row.Verdict, row.Why = Verdict(v.Outcome), v.Why
		row.cap(g.Margin)
		r.Judged = append(r.Judged, row)
	}
}

// cap takes back a PASS that only the row's own noise allows: beyond twice the margin
// that was asked for, it would be none that anybody meant.
func (row *Row) cap(margin float64) {
	if most := 2 * margin; row.Verdict == Pass && row.Ratio.Hi >= 1+most {
		row.Verdict, row.Why = Inconclusive, fmt.Sprintf("so noisy that a slow-down by %.3g %% is not ruled out", 100*most)
	}
}

// oneSided adds a row for processor time that only one side has, or both in different
// rounds: it must not look as if it had been judged.
func (r *Report) oneSided(p pair) {
	if len(p.base.Values(cpu))+len(p.head.Values(cpu)) == 0 {
		return
	}
	row := p.row(cpu)
	row.Verdict, row.Why = Inconclusive, "no round has the processor time of both sides"
	r.Judged = append(r.Judged, row)
}

// cpu is what is judged of times, and the rest what is not.
const cpu = "cpu-sec/op"

var commented = []string{"tasks/s", "p50-sec", "p99-sec", "startup-sec", "metg50-sec", "metg90-sec", "peak-RSS-bytes", "inflight-B/task"}

// comment adds what decides nothing. It is adjusted for its number, too, since
// somebody will look for the smallest p in it.
func (r *Report) comment(pairs []pair, test func(p pair, unit string) (stat.Interval, float64)) {
	var ps []float64
	for _, p := range pairs {
		for _, unit := range commented {
			if len(p.base.Values(unit)) == 0 || len(p.head.Values(unit)) == 0 {
				continue
			}
			row := p.row(unit)
			ratio, probability := test(p, unit)
			if math.IsNaN(probability) {
				probability = 1
			}
			row.Ratio, row.P = ratio, Float(probability)
			ps = append(ps, probability)
			r.Comments = append(r.Comments, row)
		}
	}
	for i, adjusted := range stat.Holm(ps) {
		r.Comments[i].Adjusted = Float(adjusted)
	}
}

// conclude finds the verdict on the whole. What is broken or exact counts before the
// control: no machine is so unsteady that it loses a task.
func (r *Report) conclude() {
	has := func(v Verdict, of func(Row) bool) (n int) {
		for _, row := range r.Judged {
			if row.Verdict == v && of(row) {
				n++
			}
		}
		return n
	}
	all := func(Row) bool { return true }
	broken, counted := has(Fail, Row.refused), has(Fail, func(row Row) bool { return row.Exact })
	slower := has(Fail, all) - broken - counted
	refused, open := has(Environment, all), has(Inconclusive, all)
	switch {
	case broken > 0:
		r.Verdict, r.Why = Fail, report.Count(broken, "benchmark", "benchmarks")+" of head failed, or did other work than the base's"
	case counted > 0:
		r.Verdict, r.Why = Fail, report.Count(counted, "count", "counts")+" got worse, and counts are exact"
	case r.Control.Tripped:
		r.Verdict, r.Why = Environment, "the control failed: "+r.Control.Why
	case slower > 0:
		r.Verdict, r.Why = Fail, report.Count(slower, "benchmark", "benchmarks")+" got slower"
	case refused > 0:
		r.Verdict, r.Why = Environment, report.Count(refused, "benchmark", "benchmarks")+" cannot be compared"
	case len(r.Judged) == 0:
		r.Verdict, r.Why = Environment, "no benchmark has anything that can be judged: processor time, or counts (a pitfall's time is no cost, it is there to be slow)"
	case !slices.ContainsFunc(r.Judged, func(row Row) bool { return row.Unit == cpu }):
		r.Verdict, r.Why = Environment, "only counts were judged: no benchmark has processor time on both sides"
	case open > 0:
		r.Verdict, r.Why = Inconclusive, fmt.Sprintf("%d of %d could not be told: this is not the same as no change", open, len(r.Judged))
	default:
		r.Verdict, r.Why = Pass, fmt.Sprintf("all of %d shown not to be worse than the margin", len(r.Judged))
	}
}
