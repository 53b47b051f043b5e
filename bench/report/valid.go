package report

import "fmt"

// shortfall finds the cells that lack samples and writes so beside them. It
// returns how much of the run was done, or "" for all.
//
// A run that was stopped lacks rounds everywhere, give or take the round it was
// in: that is a partial run, and its rows are fine. A cell that lacks more than
// the others lost a sample on the way, and is not.
func shortfall(raw *raw, book journal) (partial string) {
	if raw.rounds == 0 {
		return "" // nothing was planned, so nothing is missing
	}
	most := 0
	for _, s := range raw.cells {
		most = max(most, len(s.rounds))
	}
	done := raw.rounds
	for _, s := range raw.cells {
		have, want, begun := len(s.rounds), raw.rounds, book.of(s.name)
		switch {
		case s.failed != "":
			continue // a better reason than a count
		case book.complete && begun != nil:
			want = len(begun)
			if have == want+1 && have <= raw.rounds {
				want = have // stopped after the sample, before its entry
			}
		case most < raw.rounds:
			want = max(have, most-1)
		}
		if have != want {
			s.failed = fmt.Sprintf("has %d samples of %d rounds", have, want)
			continue
		}
		done = min(done, have)
	}
	if done < raw.rounds {
		return fmt.Sprintf("%d of %d rounds", done, raw.rounds)
	}
	return ""
}

// judge writes into Invalid why a row cannot be believed. Checksums are compared
// like with like: in a round with other rounds, and Throughput with Throughput,
// Latency with Latency of the serial row, which may have run other tasks.
func judge(rows []Row) {
	for i := range rows {
		r := &rows[i]
		for _, s := range []*samples{r.crowded, r.lone} {
			if r.Invalid == "" && s != nil {
				r.Invalid = s.fault()
			}
		}
	}
	for _, kind := range []func(*Row) *samples{crowded, lone} {
		judgeOutputs(rows, kind)
	}
}

func crowded(r *Row) *samples { return r.crowded }
func lone(r *Row) *samples    { return r.lone }

// judgeOutputs compares the checksums of one kind of benchmark with that of the
// serial row. Without one nobody knows the right outputs: then all must agree.
func judgeOutputs(rows []Row, kind func(*Row) *samples) {
	var sums []float64
	for i := range rows {
		if r := &rows[i]; r.Invalid == "" {
			if sum, ok := kind(r).checksum(); ok && (len(sums) == 0 || sum != sums[0]) {
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
func compare(s, serial *samples) string {
	have, checked := s.checksum()
	want, known := serial.checksum()
	switch {
	case !known || have == want && checked:
		return ""
	case !checked:
		return fmt.Sprintf("%s has no checksum: its outputs were not checked", s.name.base)
	}
	return fmt.Sprintf("checksum of %s is %.0f, of serial %.0f", s.name.base, have, want)
}

// fault is what is wrong with the samples by themselves, or "".
func (s *samples) fault() string {
	if s.failed != "" {
		return s.name.base + " " + s.failed
	}
	sums := s.values("checksum")
	if len(sums) > 0 && len(sums) < len(s.rounds) {
		return fmt.Sprintf("%s has no checksum in %d of %d rounds", s.name.base, len(s.rounds)-len(sums), len(s.rounds))
	}
	for _, sum := range sums {
		if sum != sums[0] {
			return fmt.Sprintf("checksum of %s is %.0f in one round and %.0f in another", s.name.base, sums[0], sum)
		}
	}
	return ""
}

// checksum is the sum over all outputs, the same in each round; see fault.
func (s *samples) checksum() (sum float64, ok bool) {
	if sums := s.values("checksum"); len(sums) > 0 {
		return sums[0], true
	}
	return 0, false
}

// baseline finds the serial row to compare r with: the one whose name is like
// that of r, or the only one there is. It returns nil if there is none.
func baseline(rows []Row, r *Row) *Row {
	var like, all []*Row
	for i := range rows {
		if s := &rows[i]; s.name.level == "serial" {
			all = append(all, s)
			if s.name.flavour() == r.name.flavour() {
				like = append(like, s)
			}
		}
	}
	if len(like) == 0 && len(all) == 1 {
		return all[0]
	}
	for _, s := range like {
		if s.name.batch == r.name.batch {
			return s
		}
	}
	if len(like) > 0 {
		return like[0]
	}
	return nil
}
