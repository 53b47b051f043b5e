package report

import (
	"fmt"

	"github.com/fourlevels/fourlevels/bench/samples"
)

// shortfall finds the cells that lack samples and writes so beside them. It
// returns how much of the run was done, or "" for all.
//
// A run that was stopped lacks rounds everywhere, give or take the round it was
// in: that is a partial run, and its rows are fine. A cell that lacks more than
// the others lost a sample on the way, and is not.
func shortfall(raw *samples.Run, cells []*samples.Cell) (partial string) {
	if raw.Rounds == 0 {
		return "" // nothing was planned, so nothing is missing
	}
	if raw.Sealed > 0 {
		return unfinished(raw, cells)
	}
	most := 0
	for _, s := range cells {
		most = max(most, s.Rounds())
	}
	done := raw.Rounds
	for _, s := range cells {
		have, want, begun := s.Rounds(), raw.Rounds, raw.Journal.Of(s.Name)
		switch {
		case s.Failed != "":
			continue // a better reason than a count
		case raw.Journal.Complete && len(begun) > 0:
			want = len(begun)
			if have == want+1 && have <= raw.Rounds {
				want = have // stopped after the sample, before its entry
			}
		case most < raw.Rounds:
			want = max(have, most-1)
		}
		if have != want {
			s.Failed = fmt.Sprintf("has %d samples of %d rounds", have, want)
			continue
		}
		done = min(done, have)
	}
	if done < raw.Rounds {
		return fmt.Sprintf("%d of %d rounds", done, raw.Rounds)
	}
	return ""
}

// unfinished is shortfall for a sealed run, which knows the round of each sample, and
// whether it was carried out. There a cell may be planned for some rounds only.
func unfinished(raw *samples.Run, cells []*samples.Cell) (partial string) {
	last := 0
	for _, s := range cells {
		begun := raw.Journal.Of(s.Name)
		if have := s.Rounds(); s.Failed == "" && len(begun) > 0 && have != len(begun) {
			s.Failed = fmt.Sprintf("has %d samples of %d rounds", have, len(begun))
		}
		for _, sample := range s.Samples {
			last = max(last, sample.Round)
		}
	}
	if raw.Ended {
		return ""
	}
	return fmt.Sprintf("%d of %d rounds", last-1, raw.Rounds)
}

// judge writes into Invalid why a row cannot be believed. Checksums are compared
// like with like: in a round with other rounds, and Throughput with Throughput,
// Latency with Latency of the serial row, which may have run other tasks.
func judge(rows []Row) {
	for i := range rows {
		r := &rows[i]
		for _, s := range []*samples.Cell{r.crowded, r.lone} {
			if r.Invalid == "" && s != nil {
				r.Invalid = fault(s)
			}
		}
	}
	for _, kind := range []func(*Row) *samples.Cell{crowded, lone} {
		judgeOutputs(rows, kind)
	}
}

func crowded(r *Row) *samples.Cell { return r.crowded }
func lone(r *Row) *samples.Cell    { return r.lone }

// judgeOutputs compares the checksums of one kind of benchmark with that of the
// serial row. Without one nobody knows the right outputs: then all must agree.
func judgeOutputs(rows []Row, kind func(*Row) *samples.Cell) {
	var sums []float64
	for i := range rows {
		if r := &rows[i]; r.Invalid == "" {
			if sum, ok := checksum(kind(r)); ok && (len(sums) == 0 || sum != sums[0]) {
				sums = append(sums, sum)
			}
		}
	}
	for i := range rows {
		r := &rows[i]
		if r.Invalid != "" || kind(r) == nil {
			continue
		}
		base := baseline(rows, r)
		if base == nil || base.Invalid != "" || kind(base) == nil {
			if len(sums) > 1 {
				r.Invalid = "checksums differ, and no serial row says which is right"
			}
			continue
		}
		r.Invalid = compare(kind(r), kind(base))
	}
}

// compare says how the outputs of s differ from those of the serial row.
func compare(s, serial *samples.Cell) string {
	have, checked := checksum(s)
	want, known := checksum(serial)
	switch {
	case !known || have == want && checked:
		return ""
	case !checked:
		return fmt.Sprintf("%s has no checksum: its outputs were not checked", s.Name.Base)
	}
	return fmt.Sprintf("checksum of %s is %.0f, of serial %.0f", s.Name.Base, have, want)
}

// fault is what is wrong with the samples by themselves, or "".
func fault(s *samples.Cell) string {
	if s.Failed != "" {
		return s.Name.Base + " " + s.Failed
	}
	sums := s.Values("checksum")
	if len(sums) > 0 && len(sums) < s.Rounds() {
		return fmt.Sprintf("%s has no checksum in %d of %d rounds", s.Name.Base, s.Rounds()-len(sums), s.Rounds())
	}
	for _, sum := range sums {
		if sum != sums[0] {
			return fmt.Sprintf("checksum of %s is %.0f in one round and %.0f in another", s.Name.Base, sums[0], sum)
		}
	}
	return doubt(s)
}

// checksum is the sum over all outputs, the same in each round; see fault.
func checksum(s *samples.Cell) (sum float64, ok bool) {
	if sums := s.Values("checksum"); len(sums) > 0 {
		return sums[0], true
	}
	return 0, false
}

// baseline finds the serial row to compare r with: the one whose name is like
// that of r, or the only one there is. It returns nil if there is none.
func baseline(rows []Row, r *Row) *Row {
	var like, all []*Row
	for i := range rows {
		if s := &rows[i]; s.Name.Level == "serial" {
			all = append(all, s)
			if s.Name.Flavour() == r.Name.Flavour() {
				like = append(like, s)
			}
		}
	}
	if len(like) == 0 && len(all) == 1 {
		return all[0]
	}
	for _, s := range like {
		if s.Name.Batch == r.Name.Batch {
			return s
		}
	}
	if len(like) > 0 {
		return like[0]
	}
	return nil
}
