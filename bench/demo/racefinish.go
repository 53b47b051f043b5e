package demo

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fourlevels/fourlevels/bench/live"
)

// tie is how much slower than the first a level may be and still shares its flag: one run
// on a shared machine cannot tell less.
const tie = 1.05

// place is where a team came in, from 1; those before it are faster by more than a tie.
func place(took []float64, i int) int {
	n := 1
	for _, other := range took {
		if other >= 0 && other*tie < took[i] {
			n++
		}
	}
	return n
}

// finish are the times so far. Flags are given when all levels are in.
func finish(teams []*team, took []float64) live.Bars {
	bars := live.Bars{Title: "time for all 64", Unit: "s"}
	levels := took[:len(racers)]
	for i, t := range teams {
		bar := live.Bar{Label: t.name, Value: took[i]}
		switch {
		case i == len(racers):
			bar.Note = "the yardstick"
		case slices.Min(levels) >= 0:
			bar.Note = ordinal(place(levels, i))
		}
		bars.Bars = append(bars.Bars, bar)
	}
	return bars
}

func ordinal(n int) string {
	if n == 1 {
		return "1st: flag"
	}
	return []string{"2nd", "3rd", "4th"}[min(n, 4)-2]
}

// winners are the levels that share the first place.
func winners(took []float64) (names []string) {
	for i, name := range racers {
		if place(took[:len(racers)], i) == 1 {
			names = append(names, name)
		}
	}
	return names
}

// verdict says who won, and what that is worth.
func verdict(r round, took []float64) string {
	first := winners(took)
	serial := took[len(racers)]
	return fmt.Sprintf("%s: %s %s, %s as fast as one task after another.", r.name, strings.Join(first, ", "),
		map[bool]string{true: "is first", false: "share the flag"}[len(first) == 1], times(serial/slices.Min(took[:len(racers)])))
}

// standings is the table at the end.
func standings(rounds []round, all [][]float64) live.Table {
	t := live.Table{Title: "The race: seconds for 64 tasks, and how many times as fast as serial", Head: []string{"level"}}
	for _, r := range rounds {
		t.Head = append(t.Head, r.name)
	}
	for i, name := range append(racers[:len(racers):len(racers)], "serial") {
		row := []string{name}
		for _, took := range all {
			mark := ""
			if i < len(racers) && place(took[:len(racers)], i) == 1 {
				mark = "*"
			}
			row = append(row, fmt.Sprintf("%.3f s %7s", took[i], mark+times(took[len(racers)]/took[i])))
		}
		t.Rows = append(t.Rows, row)
	}
	t.Note = "* has the flag: first, or within 5 % of it. One run on this machine, levels one after another."
	return t
}

// times is a ratio in two digits or more, as in 1.9x and 36x.
func times(ratio float64) string {
	if ratio >= 10 {
		return fmt.Sprintf("%.0fx", ratio)
	}
	return fmt.Sprintf("%.2gx", ratio)
}
