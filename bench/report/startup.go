package report

import (
	"slices"

	"github.com/fourlevels/fourlevels/bench/samples"
)

var startupHeads = []Head{{"first\nresult", "startup_s", "s"}, {"close", "close_s", "s"}}

// startupSections show what it takes to open a level, which the tables leave out.
func startupSections(s *survey) []Section {
	cells := s.all(based("Startup"))
	sec := Section{Key: "startup", Title: "Start-up", Heads: startupHeads,
		About: "from nothing to the first result, and to give everything back"}
	return filled(sec, cells, map[string]string{"startup_s": "startup-sec", "close_s": "close-sec"})
}

// filled adds a line for each cell, with the units of the fields.
func filled(sec Section, cells []*samples.Cell, units map[string]string) []Section {
	if len(cells) == 0 {
		return nil
	}
	for _, c := range cells {
		l := newLine(c, cells)
		l.fill(c, sec.Heads, func(h Head) string { return units[h.Field] })
		for i := range l.Cells {
			l.Cells[i] = countedUp(c, units[sec.Heads[i].Field], l.Cells[i])
		}
		sec.Lines = append(sec.Lines, l)
	}
	return []Section{sec}
}

var costHeads = []Head{
	{"allocs\n/task", "allocs_per_task", ""}, {"bytes\n/task", "bytes_per_task", "B"},
	{"Redis\ncommands", "redis_cmds_per_task", ""}, {"on the\nwire", "wire_bytes_per_task", "B"}, {"memory in\nflight", "inflight_bytes_per_task", "B"},
}

// costSections show what can be counted of a task. Counts need no quiet machine.
func costSections(s *survey) (sections []Section) {
	for _, cells := range groups(s.all(based("Cost")), byWork) {
		sec := Section{Key: "cost", Title: "Cost of a task: " + samples.Clip(samples.Clean(cells[0].Name.Work), 40), Heads: costHeads,
			About: "allocations of the caller, commands, bytes between caller and machines, memory that a waiting task holds"}
		sections = append(sections, filled(sec, cells, map[string]string{"allocs_per_task": "allocs/op", "bytes_per_task": "B/op",
			"redis_cmds_per_task": "redis-cmds/op", "wire_bytes_per_task": "wire-B/op", "inflight_bytes_per_task": "inflight-B/task"})...)
	}
	return sections
}

// countedUp gives a count that was the same in every round an interval of no width,
// though there be few rounds: it was not estimated.
func countedUp(c *samples.Cell, unit string, cell Cell) Cell {
	exact := slices.ContainsFunc(samples.Units, func(u samples.Unit) bool { return u.Name == unit && u.Value == "exact" })
	if exact {
		return steady(c, unit, cell)
	}
	return cell
}

// steady gives what was the same in every round an interval of no width.
func steady(c *samples.Cell, unit string, cell Cell) Cell {
	if values := c.Values(unit); cell.N > 1 && slices.Min(values) == slices.Max(values) {
		cell.Lo, cell.Hi = cell.Center, cell.Center
	}
	return cell
}
