package compare

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fourlevels/fourlevels/bench/samples"
	"github.com/fourlevels/fourlevels/bench/stat"
)

// A pair is a benchmark on both sides, and the base's once more.
type pair struct {
	base, head, control *samples.Cell // control may be nil
	label               string
}

func (p pair) row(unit string) Row {
	return Row{
		Name: p.base.Name.Full, Label: p.label, Unit: unit,
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
		p := pair{b, h, controls[b.Name.Full], labels[b.Name.Full]}
		if why := p.refuse(); why != "" {
			row := p.row("")
			row.Verdict, row.Why = Environment, why
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
		r.note("only %s has %s, as %s: not compared", side, plural(len(names), "benchmark"), samples.Clip(samples.Clean(names[0]), 120))
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

// refuse says why a benchmark cannot be compared, or "".
func (p pair) refuse() string {
	switch {
	case p.base.Failed != "":
		return "base " + p.base.Failed
	case p.head.Failed != "":
		return "head " + p.head.Failed
	}
	seen := map[float64]bool{}
	for _, c := range []*samples.Cell{p.base, p.head} {
		for _, v := range c.Values("checksum") {
			seen[v] = true
		}
		if v := stat.Median(c.Values("efficiency-%")); v > 110 {
			return fmt.Sprintf("INVALID: efficiency of %.3g %%: the measurement is wrong", v)
		}
		if v := stat.Median(c.Values("little-%")); v < 90 || v > 110 {
			return fmt.Sprintf("INVALID: %.3g %% of what Little's law demands: the measurement is wrong", v)
		}
	}
	if len(seen) > 1 {
		return fmt.Sprintf("INVALID: the checksums differ (%d of them): the sides did not do the same work", len(seen))
	}
	return ""
}

// shorten gives each benchmark a label: the level, the work, and as much of the rest
// as tells it from others with the same.
func shorten(cells []*samples.Cell) map[string]string {
	brief := func(n samples.Name) string {
		label := n.Level
		if n.Impl != "" && n.Impl != n.Level {
			label += "/" + n.Impl
		}
		label += " " + n.Work
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
