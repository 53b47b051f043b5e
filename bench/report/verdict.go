package report

import (
	"fmt"
	"slices"
	"strings"
)

// verdict says who won the table, and whether theory agrees.
func verdict(t *Table) string {
	rate, lesson := columns[0], lessonOf(t.Work)
	var rivals []*Row
	for i := range t.Rows {
		if t.Rows[i].Rate.N > 0 {
			rivals = append(rivals, &t.Rows[i])
		}
	}
	won := best(t.Rows, rate)
	switch {
	case len(rivals) == 0:
		return "No verdict: no row has a speed that can be believed."
	case len(rivals) == 1:
		return fmt.Sprintf("No verdict: only %s has a speed, and there is nothing to compare it with.", rivals[0].Label)
	case len(won) == 0:
		return early(rivals, lesson) + leftOut(t)
	case len(won) == len(rivals):
		return undecided(lesson) + leftOut(t)
	}
	return decided(won, rivals, lesson) + leftOut(t)
}

// decided words the case of one winner, or of several that tie.
func decided(won, rivals []*Row, l lesson) string {
	who := winners(won)
	switch {
	case l.work == "":
		return who + "."
	case expected(won, rivals, l):
		return fmt.Sprintf("%s, as expected: %s.", who, l.because)
	}
	return fmt.Sprintf("Unexpected: %s.%s Look at %s.", who, l.theory(), l.look)
}

// early words the case of too few rounds to have intervals.
func early(rivals []*Row, l lesson) string {
	ahead := rivals[0]
	for _, r := range rivals {
		if r.Rate.Center > ahead.Rate.Center {
			ahead = r
		}
	}
	return fmt.Sprintf("Too early to tell: %s is ahead after %s, but it takes %d to name a winner.",
		ahead.Label, count(ahead.Rate.N, "round"), enough) + l.theory()
}

// undecided words the case where nothing sets any row apart.
func undecided(l lesson) string {
	return "Nothing to tell: the intervals of all rows overlap; more rounds or a quieter machine may set them apart." + l.theory()
}

// theory says who should win, where the measurement does not.
func (l lesson) theory() string {
	if l.work == "" {
		return ""
	}
	return fmt.Sprintf(" On this workload %s, because %s.", l.usually, l.because)
}

// winners names who won, and by how much if it is one.
func winners(won []*Row) string {
	if len(won) > 1 {
		var names []string
		for _, r := range won {
			names = append(names, r.Label)
		}
		return enumerate(names) + " tie, their intervals overlap"
	}
	r := won[0]
	if r.Gain.Bounded() && r.Name.Level != "serial" {
		return fmt.Sprintf("%s wins, at %s the speed of serial", r.Label, roomy.cell(r.Gain, "x"))
	}
	return r.Label + " wins"
}

// expected reports whether one of the winners is one that should win.
func expected(won, rivals []*Row, l lesson) bool {
	most := 0
	for _, r := range rivals {
		most = max(most, r.AtOnce)
	}
	return slices.ContainsFunc(won, func(r *Row) bool {
		return slices.Contains(l.wins, r.Name.Level) || l.most && most > 0 && r.AtOnce == most
	})
}

// leftOut says how many rows took no part.
func leftOut(t *Table) string {
	n := 0
	for _, r := range t.Rows {
		if r.Invalid != "" {
			n++
		}
	}
	switch n {
	case 0:
		return ""
	case 1:
		return " One row is INVALID and took no part."
	}
	return fmt.Sprintf(" %d rows are INVALID and took no part.", n)
}

// enumerate writes "a, b and c".
func enumerate(names []string) string {
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// count writes "1 round" or "3 rounds".
func count(n int, what string) string { return Count(n, what, what+"s") }
