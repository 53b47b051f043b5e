package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/fourlevels/fourlevels/bench/samples"
)

var loadHeads = []Head{
	{"tasks/s\n±%", "tasks_per_s", ""}, {"p50", "p50_s", "s"}, {"p99", "p99_s", "s"}, {"p99.9", "p999_s", "s"}, {"service\np99", "svc_p99_s", "s"},
}

// loadSections show latency under load: with as many callers as there are tasks in
// flight, each waiting for its answer, and with tasks that begin at a given rate
// whether or not the level is ready. Only the second is what users of a busy system
// see: a caller that waits asks less of a system that is slow.
func loadSections(s *survey) (sections []Section) {
	for _, cells := range groups(s.all(based("Load")), byWork) {
		sec := Section{Key: "load", Title: "Latency under load: " + samples.Clip(samples.Clean(cells[0].Name.Work), 40) + sized(cells), Axis: "load", Heads: loadHeads,
			About: "closed is as many callers as tasks in flight; the others begin tasks at that share of its rate, ready or not",
			Notes: []string{"Latency counts from when a task should have begun; service from when it did: what is between them is the queue, which the caller waits in, too."}}
		var late []string
		for _, c := range cells {
			l := newLine(c, cells, "mode", "load")
			l.At = mode(c.Name)
			l.Cells = make([]Cell, len(loadHeads))
			if l.Invalid == "" {
				l.Cells = []Cell{measured(c, "tasks/s"), counted(c, "p50-sec", 0), counted(c, "p99-sec", 1000), counted(c, "p99.9-sec", 10_000), counted(c, "svc-p99-sec", 1000)}
				if share := dropped(c); share.Center > 0 {
					l.Figures = append(l.Figures, Figure{Head{"dropped", "dropped_share", "%"}, share})
					late = append(late, fmt.Sprintf("%s of %s at %s", percent(share.Center), l.Label, l.At))
				}
			}
			sec.Lines = append(sec.Lines, l)
		}
		if len(late) > 0 {
			sec.Notes = slices.Insert(sec.Notes, 0, "Open loops could not begin all tasks at the rate, and dropped some: "+enumerate(late)+".")
		}
		sections = append(sections, sec)
	}
	return sections
}

// sized says how large the tasks are, if all are alike: those under load are longer than
// those of the tables.
func sized(cells []*samples.Cell) string {
	size := func(c *samples.Cell) string {
		text := grained(c.Name)
		if us, err := strconv.ParseUint(c.Name.Part("wait-us"), 10, 40); err == nil {
			text += ", waits of " + (time.Duration(us) * time.Microsecond).String()
		}
		return text
	}
	if slices.ContainsFunc(cells, func(c *samples.Cell) bool { return size(c) != size(cells[0]) }) {
		return ""
	}
	return size(cells[0])
}

func mode(n samples.Name) string {
	if m := n.Part("mode"); m != "open" {
		return samples.Clip(samples.Clean(m), 12)
	}
	return samples.Clip(samples.Clean(n.Part("load")), 8) + "%"
}

// counted is a percentile with enough latencies for it: as many as need be in all
// rounds, and a tenth of them in each. With less it would be made of the ten worst.
func counted(c *samples.Cell, unit string, need float64) Cell {
	counts := c.Values("latencies")
	total, fewest := 0.0, math.Inf(1)
	for _, n := range counts {
		total, fewest = total+n, min(fewest, n)
	}
	if cell := measured(c, unit); cell.N == 0 && len(counts) == 0 {
		return cell
	}
	if need > 0 && (len(counts) < c.Rounds() || total < need || fewest < need/10) {
		return Cell{Why: fmt.Sprintf("a %s needs %.0f latencies in all rounds together and %.0f in each", percentile(unit), need, need/10)}
	}
	return measured(c, unit)
}
