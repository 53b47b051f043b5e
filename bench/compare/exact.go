package compare

import (
	"fmt"
	"slices"

	"github.com/fourlevels/fourlevels/bench/samples"
	"github.com/fourlevels/fourlevels/bench/stat"
)

// counted are the units that are exact, but for those that only say what was done.
// Of all of them, more is worse. Bytes allocated are among them: the median over a
// sample's tasks was the same in all 52 samples of one binary at five levels, 9 to 12 of
// each, taken at a load of about ten on two processors, just as the other counts were.
var counted = func() (units []string) {
	units = append(units, "B/op")
	for _, u := range samples.Units {
		if u.Key == "assume" && u.Value == "exact" && u.Name != "checksum" && u.Name != "latencies" {
			units = append(units, u.Name)
		}
	}
	return units
}()

// count judges what can be counted. A count of one binary should be the same in every
// round. Where it is not, since a cache was emptied or a reply came in two pieces, no
// more is asked than that head's usual count is one that the base has had, too.
func (r *Report) count(p pair) {
	for _, unit := range counted {
		base, head := p.base.Values(unit), p.head.Values(unit)
		if len(base) == 0 || len(head) == 0 {
			continue
		}
		if p.control != nil {
			base = slices.Concat(base, p.control.Values(unit))
		}
		row := p.row(unit)
		row.Exact = true
		row.Verdict, row.Why = counts(base, head, unit == "lost/op" || unit == "dup/op")
		ratio := float64(row.Head) / float64(row.Base)
		row.Ratio = stat.Interval{Center: ratio, Lo: ratio, Hi: ratio, N: len(head)}
		r.Rounds = max(r.Rounds, len(head))
		r.Judged = append(r.Judged, row)
	}
}

// counts compares counts. If none may be worse, one is enough to fail: a task that is
// lost in one round of ten is lost.
func counts(base, head []float64, none bool) (Verdict, string) {
	most, usual := slices.Max(base), stat.Median(head)
	above := 0
	for _, v := range head {
		if v > most {
			above++
		}
	}
	switch {
	case above > 0 && none:
		return Fail, fmt.Sprintf("up to %.6g where the base never had more than %.6g", slices.Max(head), most)
	case usual > most:
		return Fail, fmt.Sprintf("%.6g, where the base never had more than %.6g", usual, most)
	case above > 0:
		return Pass, fmt.Sprintf("usually not more than the base, but in %d of %d rounds, up to %.6g", above, len(head), slices.Max(head))
	case slices.Max(head) < slices.Min(base):
		return Pass, fmt.Sprintf("better: %.6g, where the base never had less than %.6g", usual, slices.Min(base))
	case slices.Min(base) != most:
		return Pass, fmt.Sprintf("not more than the base, which itself varies from %.6g to %.6g", slices.Min(base), most)
	}
	return Pass, ""
}
