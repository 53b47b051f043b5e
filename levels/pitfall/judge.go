package pitfall

import (
	"cmp"
	"fmt"
	"math"
	"strings"
)

// Unlike says how what one run showed is not what the entry says of that program, as far as
// one run can tell, and "" if it is: a ratio of times takes more. Of a broken program that
// is judged by time only its forbidden outcomes are asked for, if any are.
func (p Pitfall) Unlike(which Which, s Seen) string {
	forbidden, expected, least := s.Sum(Forbidden), s.Sum(Expected), cmp.Or(p.Least, p.Work)
	kept := expected + s.Sum(Allowed)
	switch {
	case p.Class.Timed() && s.Took <= 0:
		return "it has not done what is timed"
	case which == Broken && p.Class == Count && !p.Breaks.Has(float64(forbidden)):
		return fmt.Sprintf("%d %s, and should be %s", forbidden, p.Unit, p.Breaks)
	case which == Broken && forbidden < p.Shows:
		return fmt.Sprintf("%d forbidden outcomes, and should be at least %d", forbidden, p.Shows)
	case which == Broken:
		return ""
	case forbidden > 0:
		return "it must never happen, and does: " + s.list(Forbidden)
	case kept != p.Work:
		return fmt.Sprintf("of %d pieces of work %d ended as promised", p.Work, kept)
	case expected < least:
		return fmt.Sprintf("of %d pieces of work %d ended as expected, and should be at least %d", p.Work, expected, least)
	}
	return ""
}

// list writes the outcomes of a verdict that came to pass.
func (s Seen) list(v Verdict) string {
	var all []string
	for _, o := range s.Outcomes {
		if o.Verdict == v && o.Count > 0 {
			all = append(all, fmt.Sprintf("%s (%d x)", o.What, o.Count))
		}
	}
	return strings.Join(all, ", ")
}

// Wrong says why a program that was seen so is not fixed, and "" if it is.
func (p Pitfall) Wrong(s Side) string { return p.against(Fixed, s) }

// against says what speaks against a side being the broken or the fixed one.
func (p Pitfall) against(which Which, s Side) string {
	seen := Seen{Outcomes: s.Outcomes}
	if len(s.Samples) == Rounds { // each was timed
		seen.Took = s.Samples[0]
	}
	if wrong := p.Unlike(which, seen); wrong != "" || !p.Class.Timed() {
		return wrong
	}
	should := p.Holds
	if which == Broken {
		should = p.Breaks
	}
	if !should.Has(s.Number) {
		return fmt.Sprintf("%.3g %s, and should be %s", s.Number, p.Unit, should)
	}
	return ""
}

// String writes a range as in a sentence.
func (r Range) String() string {
	switch {
	case r.Min == r.Max:
		return fmt.Sprintf("%.4g", r.Min)
	case math.IsInf(r.Max, 1):
		return fmt.Sprintf("at least %.4g", r.Min)
	case r.Min == 0:
		return fmt.Sprintf("at most %.4g", r.Max)
	}
	return fmt.Sprintf("%.4g to %.4g", r.Min, r.Max)
}
