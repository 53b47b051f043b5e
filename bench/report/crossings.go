package report

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/fourlevels/fourlevels/bench/samples"
	"github.com/fourlevels/fourlevels/bench/stat"
	"github.com/fourlevels/fourlevels/bench/stat/crossover"
)

var crossHeads = []Head{{"task", "task_s", "s"}, {"grain", "grain", ""}}

// crossoverSections say from which size of task on one level overtakes another. The
// size is told in rounds of work and as the time that a task takes serially, which is
// what a reader can compare with tasks of their own.
func crossoverSections(s *survey) []Section {
	sizes := s.sizes()
	sec := Section{Key: "crossover", Title: "Crossover: cpu", Axis: "overtakes", Heads: crossHeads,
		About: "the size of task from which on a level is faster than another; as time, what it takes serially"}
	for i, slow := range sizes {
		for _, fast := range sizes[i+1:] {
			if l, ok := cross(slow, fast, sizes[0]); ok {
				sec.Lines = append(sec.Lines, l)
			}
		}
	}
	if len(sec.Lines) == 0 {
		return nil
	}
	return []Section{sec}
}

// A family is one level by grain.
type family []*samples.Cell

// sizes are the families of cpu tasks, serial first; none without serial, or with one
// size only.
func (s *survey) sizes() (all []family) {
	var cells []*samples.Cell
	for _, c := range s.all(tabled) {
		if c.Name.Base == throughput && c.Name.Work == "cpu" && !s.spare[c] && fault(c) == "" && grain(c) > 0 {
			cells = append(cells, c)
		}
	}
	for _, g := range groups(cells, func(n samples.Name) string {
		return n.Level + "/" + n.Impl + "/" + n.Part("workers") + "/" + n.Part("inflight")
	}) {
		slices.SortStableFunc(g, func(a, b *samples.Cell) int { return cmp.Compare(grain(a), grain(b)) })
		g = slices.CompactFunc(g, func(a, b *samples.Cell) bool { return grain(a) == grain(b) })
		if len(g) >= 2 {
			all = append(all, g)
		}
	}
	slices.SortStableFunc(all, func(a, b family) int { return byPlace(Row{Name: a[0].Name}, Row{Name: b[0].Name}) })
	if len(all) == 0 || all[0][0].Name.Level != "serial" {
		return nil
	}
	return all
}

func grain(c *samples.Cell) float64 {
	g, err := strconv.ParseFloat(c.Name.Grain, 64)
	if err != nil || math.IsInf(g, 0) {
		return 0
	}
	return g
}

// cross compares two families. It is not ok where nothing is to be told of them: two
// levels that never cross, other than serial, whose order the tables show.
func cross(a, b, serial family) (l Line, ok bool) {
	l = Line{Level: samples.Clean(b[0].Name.Level), Impl: samples.Clean(b[0].Name.Impl), Work: "cpu", Label: shortName(b[0].Name), At: shortName(a[0].Name)}
	found, err := crossover.Find(common(a, b))
	versus := len(serial) > 0 && a[0] == serial[0]
	switch {
	case errors.Is(err, crossover.ErrRows):
		l.Says = fmt.Sprintf("%s against %s: cannot tell: too few rounds have both, at two sizes or more.", l.Label, l.At)
		return l, versus
	case found.Status == crossover.CannotTell:
		l.Says = fmt.Sprintf("%s against %s: cannot tell: %s.", l.Label, l.At, found.Why)
		return l, versus
	case found.Status == crossover.AlwaysA:
		l.Says = fmt.Sprintf("%s is not faster than %s at any size that was measured.", l.Label, l.At)
		return l, versus
	case found.Status == crossover.AlwaysB:
		l.Says = fmt.Sprintf("%s is faster than %s at every size that was measured.", l.Label, l.At)
		return l, versus
	case len(found.Crossings) > 1:
		l.Says = fmt.Sprintf("%s against %s: %s, so there is no one size.", l.Label, l.At, found.Why)
		return l, true
	}
	at := found.Crossings[0]
	if at.Above == "A" {
		l.Label, l.At, l.Level, l.Impl = l.At, l.Label, samples.Clean(a[0].Name.Level), samples.Clean(a[0].Name.Impl)
	}
	n := len(common(a, b)[0].A)
	l.Cells = []Cell{
		{Center: serial.spends(at.Grain), Lo: serial.spends(at.Lo), Hi: serial.spends(at.Hi), N: n},
		{Center: at.Grain, Lo: at.Lo, Hi: at.Hi, N: n},
	}
	l.Says = fmt.Sprintf("%s overtakes %s at %s %s.", l.Label, l.At, spent(l.Cells[0].Center), between(l.Cells[0], "s"))
	return l, true
}

// common are the times of a task by grain, in the rounds that have all of them:
// a round is drawn as a whole.
func common(a, b family) (rows []crossover.Row) {
	var pairs [][2]*samples.Cell
	for _, x := range a {
		for _, y := range b {
			if x.Name.Grain == y.Name.Grain {
				pairs = append(pairs, [2]*samples.Cell{x, y})
			}
		}
	}
	at := func(c *samples.Cell, round int) (float64, bool) {
		for _, s := range c.Samples {
			if v := s.Values["tasks/s"]; s.Round == round && !s.Twin && v > 0 {
				return 1 / v, true
			}
		}
		return 0, false
	}
	rows = make([]crossover.Row, len(pairs))
	for i, p := range pairs {
		rows[i].Grain = grain(p[0])
	}
	for _, s := range a[0].Samples {
		var times []float64
		for _, p := range pairs {
			x, okX := at(p[0], s.Round)
			y, okY := at(p[1], s.Round)
			if okX && okY && !s.Twin {
				times = append(times, x, y)
			}
		}
		if len(times) < 2*len(pairs) {
			continue
		}
		for i := range rows {
			rows[i].A, rows[i].B = append(rows[i].A, times[2*i]), append(rows[i].B, times[2*i+1])
		}
	}
	return rows
}

// spends is the time of a task of some size, between those that were measured.
func (f family) spends(size float64) float64 {
	i := 1
	for i < len(f)-1 && grain(f[i]) < size {
		i++
	}
	x0, x1 := math.Log(grain(f[i-1])), math.Log(grain(f[i]))
	y0, y1 := -math.Log(stat.Median(f[i-1].Values("tasks/s"))), -math.Log(stat.Median(f[i].Values("tasks/s")))
	return math.Exp(y0 + (y1-y0)*(math.Log(size)-x0)/(x1-x0))
}
