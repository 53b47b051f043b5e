package report

import (
	"math"
	"strconv"
	"strings"

	"github.com/fourlevels/fourlevels/bench/samples"
)

var metgHeads = []Head{{"METG\n50%", "metg50_s", "s"}, {"METG\n90%", "metg90_s", "s"}}

// metgSections tell from which size on a task is worth handing over: the one number
// that answers "when is it worth it?" (Slaughter et al., Task Bench, SC'20).
func metgSections(s *survey) (sections []Section) {
	for _, cells := range groups(s.all(based("METG")), byWork) {
		work := samples.Clip(samples.Clean(cells[0].Name.Work), 40)
		sec := Section{Key: "metg", Title: strings.TrimSpace("METG " + work), Heads: metgHeads,
			About: "the smallest task that runs at 50 % and at 90 % of peak efficiency"}
		if work == "io" {
			sec.About = "the shortest wait that is still worth handing over: half, and nine tenths, of the ideal schedule"
		}
		for _, c := range cells {
			l := newLine(c, cells)
			l.Cells = make([]Cell, len(metgHeads))
			if l.Invalid == "" {
				l.Cells[0], l.Cells[1] = reached(c, "metg50-sec"), reached(c, "metg90-sec")
			}
			sec.Lines = append(sec.Lines, l)
		}
		sections = append(sections, sec)
	}
	return sections
}

// reached summarises sizes of tasks. A round that found none counts as one that would
// take an endless task: leaving it out would make the level look better.
func reached(c *samples.Cell, unit string) Cell {
	values := c.Values(unit)
	missed := c.Rounds() - len(values)
	for range missed {
		values = append(values, math.Inf(1))
	}
	cell := summarize(values)
	if !finite(cell.Center) {
		percent := strings.TrimSuffix(strings.TrimPrefix(unit, "metg"), "-sec")
		return Cell{Why: count(missed, "round") + " of " + strconv.Itoa(len(values)) + " did not reach " + percent + " % with any size that was tried"}
	}
	return cell
}
