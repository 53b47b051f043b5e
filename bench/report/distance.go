package report

import (
	"strconv"
	"time"

	"github.com/fourlevels/fourlevels/bench/samples"
)

var distanceHeads = []Head{{"tasks/s\n±%", "tasks_per_s", ""}, {"vs no\ndistance", "vs_near", "x"}, {"p50\nalone", "p50_s", "s"}}

// distant reports whether the benchmark has machines that are far away.
func distant(n samples.Name) bool { return n.Part("rtt-us") != "" && tabled(n) }

// distanceSections show what a round trip to the machines costs. Those at no distance
// are in the tables, and here to compare with.
func distanceSections(s *survey) (sections []Section) {
	far := s.all(distant)
	for _, cells := range groups(s.all(tabled), func(n samples.Name) string { return n.Work + "/" + n.Grain }) {
		sec := Section{Key: "distance", Axis: "RTT", Heads: distanceHeads,
			Title: "Distance: " + samples.Clip(samples.Clean(cells[0].Name.Work), 40) + grained(cells[0].Name),
			About: "machines behind a link with this round trip"}
		var used []*samples.Cell
		for _, c := range cells {
			if c.Name.Base == throughput && hasFar(far, c.Name) {
				used = append(used, c)
			}
		}
		for _, c := range used {
			sec.Lines = append(sec.Lines, distanceLine(c, used, cells))
		}
		if len(used) > 0 {
			sections = append(sections, sec)
		}
	}
	return sections
}

func grained(n samples.Name) string {
	if n.Grain == "" || n.Grain == "0" {
		return ""
	}
	return ", grain " + samples.Clip(samples.Clean(n.Grain), 20)
}

func distanceLine(c *samples.Cell, used, all []*samples.Cell) Line {
	l := newLine(c, used, "rtt-us")
	l.At = roundTrip(c.Name)
	l.Cells = make([]Cell, len(distanceHeads))
	if l.Invalid != "" {
		return l
	}
	l.Cells[0] = measured(c, "tasks/s")
	l.Cells[1] = Cell{Why: "not measured: the same without distance"}
	for _, near := range used {
		switch {
		case near.Name.Part("rtt-us") != "" || place(near.Name) != place(c.Name):
		case near == c:
			l.Cells[1] = Cell{Center: 1, Lo: 1, Hi: 1, N: l.Cells[0].N}
		case fault(near) == "":
			l.Cells[1] = ratio(c, near, "tasks/s")
		}
	}
	var lone *samples.Cell
	for _, other := range all {
		if other.Name.Base == latency && other.Name.Row() == c.Name.Row() && fault(other) == "" {
			lone = other
		}
	}
	l.Cells[2] = measured(lone, "p50-sec")
	return l
}

// hasFar reports whether what n names was measured at a distance, too.
func hasFar(far []*samples.Cell, n samples.Name) bool {
	for _, c := range far {
		if c.Name.Base == throughput && place(c.Name) == place(n) && c.Name.Work == n.Work && c.Name.Grain == n.Grain {
			return true
		}
	}
	return false
}

// place is a row without its distance.
func place(n samples.Name) string {
	return n.Level + "/" + n.Impl + "/" + n.Part("workers") + "/" + n.Part("inflight")
}

func roundTrip(n samples.Name) string {
	us, err := strconv.ParseUint(n.Part("rtt-us"), 10, 40)
	if err != nil {
		return "none"
	}
	return (time.Duration(us) * time.Microsecond).String()
}
