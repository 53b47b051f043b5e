package compare

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/fourlevels/fourlevels/bench/report"
	"github.com/fourlevels/fourlevels/bench/samples"
	"github.com/fourlevels/fourlevels/bench/stat"
)

// A pair is a benchmark on both sides, and the base's once more.
type pair struct {
	base, head, control *samples.Cell // control may be nil
	label               string
	changed             bool // the benchmarks or the workloads differ, too
}

// row is a row of which nothing is known yet but the medians.
func (p pair) row(unit string) Row {
	unknown := Float(math.NaN())
	return Row{
		Name: p.base.Name.Full, Label: p.label, Unit: unit,
		Ratio: stat.Unpaired(nil, nil), P: unknown, Adjusted: unknown, Margin: unknown, Detectable: unknown,
		Base: Float(stat.Median(p.base.Values(unit))), Head: Float(stat.Median(p.head.Values(unit))),
	}
}

// match finds the benchmarks that both sides have, and judges what of them needs no
// statistics. It is not ok if the sides cannot be compared at all.
func (r *Report) match(base, head, control *samples.Run) (pairs []pair, ok bool) {
	if why := r.mismatch(base, head); why != "" {
		r.Verdict, r.Why = Environment, why
		return nil, false
	}
	of := func(run *samples.Run) map[string]*samples.Cell {
		cells := map[string]*samples.Cell{}
		if run != nil {
			for _, c := range run.Cells {
				cells[c.Name.Full] = c
			}
		}
		return cells
	}
	heads, controls := of(head), of(control)
	labels := shorten(base.Cells)
	alone := []string{}
	inOrder := slices.SortedStableFunc(slices.Values(base.Cells), func(a, b *samples.Cell) int {
		return cmp.Compare(labels[a.Name.Full], labels[b.Name.Full])
	})
	for _, b := range inOrder {
		h := heads[b.Name.Full]
		if h == nil {
			alone = append(alone, samples.Clean(b.Name.Full))
			continue
		}
		delete(heads, b.Name.Full)
		p := pair{b, h, controls[b.Name.Full], labels[b.Name.Full], head.Setting("benchmarks") == "changed"}
		if verdict, why := p.refuse(); why != "" {
			row := p.row("")
			row.Verdict, row.Why = verdict, why
			r.Judged = append(r.Judged, row)
			continue
		}
		r.count(p)
		pairs = append(pairs, p)
	}
	r.onlyIn("base", alone)
	r.onlyIn("head", slices.Sorted(maps.Keys(heads)))
	if len(pairs) == 0 && len(r.Judged) == 0 {
		r.Verdict, r.Why = Environment, "the two sides have no benchmark in common"
		return nil, false
	}
	return pairs, true
}

func (r *Report) onlyIn(side string, names []string) {
	if len(names) > 0 {
		r.note("only %s has %s, as %s: not compared", side, report.Count(len(names), "benchmark", "benchmarks"), samples.Clip(samples.Clean(names[0]), 120))
	}
}

// mismatch says why two runs are no comparison, or "". What only may matter is noted:
// the checksums will tell whether it changed the work.
func (r *Report) mismatch(base, head *samples.Run) string {
	for _, key := range []string{"goos", "goarch", "cpu", "cores", "store", "latency", "sample", "benchtime"} {
		was, is := base.Setting(key), head.Setting(key)
		switch {
		case was != "" && is != "" && was != is:
			return fmt.Sprintf("%s was %.60q and is %.60q: different circumstances, not a different version", key, was, is)
		case was != is:
			r.note("only one side says its %s (%.60q): it is taken to be the same", key, was+is)
		}
	}
	for _, key := range []string{"go", "corpus"} {
		if was, is := base.Setting(key), head.Setting(key); was != is {
			r.note("%s was %.60q and is %.60q: part of a difference may be due to that", key, was, is)
		}
	}
	return ""
}

// refuse says why the times and counts of a benchmark cannot be compared, or "". Where
// the base works and head does not, that is the worst of all ways to get slower: a FAIL.
// Whatever is wrong with the base says nothing about head.
func (p pair) refuse() (Verdict, string) {
	sums := slices.Clone(p.base.Values("checksum"))
	if why := report.Fault(p.base); why != "" {
		return Environment, "base is INVALID: " + why
	}
	if p.control != nil {
		if why := report.Fault(p.control); why != "" {
			return Environment, "control is INVALID: " + why
		}
		sums = append(sums, p.control.Values("checksum")...)
	}
	if p.head.Failed != "" {
		return Fail, "head " + p.head.Failed
	}
	right, other := distinct(sums), distinct(slices.Concat(sums, p.head.Values("checksum")))
	switch {
	case len(right) > 1:
		return Environment, fmt.Sprintf("INVALID: the base itself has %d checksums", len(right))
	case len(right) == 1 && len(other) > 1 && p.changed:
		return Environment, "INVALID: the checksums differ, as the benchmarks or the workloads do: the sides did not do the same work"
	case len(right) == 1 && len(other) > 1 && p.control != nil:
		return Fail, "another checksum than base and control, which agree: head does other work, or does it wrong"
	case len(right) == 1 && len(other) > 1:
		return Environment, fmt.Sprintf("INVALID: the checksums differ (%d of them): the sides did not do the same work", len(other))
	case p.undelivered(): // which is counted
		return "", ""
	}
	if why := report.Fault(p.head); why != "" {
		return Environment, "head is INVALID: " + why
	}
	return "", ""
}

// undelivered tells whether head lost or doubled a task in any round.
func (p pair) undelivered() bool {
	values := slices.Concat(p.head.Values("lost/op"), p.head.Values("dup/op"))
	return slices.ContainsFunc(values, func(v float64) bool { return v > 0 })
}

func distinct(values []float64) map[float64]bool {
	seen := map[float64]bool{}
	for _, v := range values {
		seen[v] = true
	}
	return seen
}

// shorten gives each benchmark a label: the level, the work, and as much of the rest
// as tells it from others with the same.
func shorten(cells []*samples.Cell) map[string]string {
	brief := func(n samples.Name) string {
		label := report.ShortName(n) + " " + n.Work
		if n.Base != "Throughput" {
			label += " " + n.Base
		}
		return strings.TrimSpace(label)
	}
	same := map[string][]samples.Name{}
	for _, c := range cells {
		same[brief(c.Name)] = append(same[brief(c.Name)], c.Name)
	}
	labels := map[string]string{}
	for label, names := range same {
		for _, n := range names {
			labels[n.Full] = samples.Clip(samples.Clean(label+rest(n, names)), 80)
		}
	}
	return labels
}

// rest are the parts of a name that differ among its likes.
func rest(n samples.Name, likes []samples.Name) (text string) {
	for _, key := range []string{"grain", "workers", "inflight", "batch", "rtt-us", "mode", "load", "gomaxprocs"} {
		differs := func(other samples.Name) bool { return other.Part(key) != n.Part(key) }
		if slices.ContainsFunc(likes, differs) && n.Part(key) != "" {
			text += " " + key + "=" + n.Part(key)
		}
	}
	return text
}
