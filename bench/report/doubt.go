package report

import (
	"fmt"
	"slices"

	"github.com/fourlevels/fourlevels/bench/load"
	"github.com/fourlevels/fourlevels/bench/samples"
	"github.com/fourlevels/fourlevels/bench/stat"
	"golang.org/x/perf/benchunit"
)

// The limits beyond which figures are not shown.
const (
	littleLo = 100 * (1 - load.MaxLittle) // percent: throughput times response time, of the tasks in flight
	littleHi = 100 * (1 + load.MaxLittle)

	mostEfficient = 110 // percent: more than all processors can do is a mistake of the clock
)

// doubts are the reasons for which figures cannot be believed, though the outputs
// are right. Where a figure is a median over rounds, so is what it is judged by: one
// bad round is what the median is for. Faults, lost and doubled tasks are not forgiven once.
var doubts = []func(*samples.Cell) string{faulty, undelivered, unknownUnit, littlesLaw, tooEfficient, lateGenerator}

// doubt is the first of the reasons, or "".
func doubt(s *samples.Cell) string {
	for _, d := range doubts {
		if why := d(s); why != "" {
			return why
		}
	}
	return ""
}

// faulty tells what was made good while it was measured. The outputs are right, and the
// time that it took is in the figures.
func faulty(s *samples.Cell) string {
	sum := 0.0
	for _, sample := range s.Samples { // of twins, too
		sum += sample.Values["faults"]
	}
	if sum == 0 {
		return ""
	}
	return fmt.Sprintf("%s has faults=%.0f: workers died, or jobs were tried again, while it was measured", s.Name.Base, sum)
}

func undelivered(s *samples.Cell) string {
	for _, u := range []struct{ unit, what string }{{"lost/op", "tasks without a result"}, {"dup/op", "tasks with more than one result"}} {
		if values := s.Values(u.unit); len(values) > 0 && slices.Max(values) > 0 {
			return fmt.Sprintf("%s has %s: %.3g a task in one round", s.Name.Base, u.what, slices.Max(values))
		}
	}
	return ""
}

// tidied are the known units as the reader of samples turns them: ns into sec. It leaves
// a value of 0 as it is, in its own unit.
var tidied = func() map[string]bool {
	units := map[string]bool{}
	for _, u := range samples.Units {
		_, unit := benchunit.Tidy(1, u.Name)
		units[unit], units[u.Name] = true, true
	}
	return units
}()

// unknownUnit finds numbers of which nobody knows what they mean.
func unknownUnit(s *samples.Cell) string {
	if len(s.Samples) == 0 {
		return ""
	}
	var unknown []string
	for unit := range s.Samples[0].Values {
		if !tidied[unit] {
			unknown = append(unknown, unit)
		}
	}
	if len(unknown) == 0 {
		return ""
	}
	return fmt.Sprintf("%s has a value in the unknown unit %s", s.Name.Base, samples.Clip(samples.Clean(slices.Min(unknown)), 40))
}

// littlesLaw checks that what was counted and what was timed are the same load: in
// any steady system the tasks in flight are throughput times response time.
func littlesLaw(s *samples.Cell) string {
	return beyond(s, "little-%", littleLo, littleHi,
		"%s breaks Little's law: throughput times response time is %.0f %% of the tasks in flight")
}

func tooEfficient(s *samples.Cell) string {
	return beyond(s, "efficiency-%", 0, mostEfficient, "%s is at %.0f %% of what the processors can do")
}

func beyond(s *samples.Cell, unit string, lo, hi float64, words string) string {
	if v := stat.Median(s.Values(unit)); v < lo || v > hi { // false of NaN, which is no value at all
		return fmt.Sprintf(words, s.Name.Base, v)
	}
	return ""
}

// lateGenerator compares how late tasks were begun with what is told of them, at the
// median and, where there are enough tasks for it, at p99.
func lateGenerator(s *samples.Cell) string {
	for _, p := range []string{"p50", "p99"} {
		var shares []float64
		for _, sample := range s.Samples {
			late, measured := sample.Values["sched-lag-"+p+"-sec"]
			if took := sample.Values[p+"-sec"]; measured && took > 0 && !sample.Twin {
				shares = append(shares, late/took)
			}
		}
		if share := stat.Median(shares); share > load.MaxLateness {
			return fmt.Sprintf("%s was begun late: the generator's own delay is %.0f %% of the %s", s.Name.Base, 100*share, p)
		}
	}
	return ""
}

// dropped is the percentage of tasks that an open loop could not begin. What it
// measured is right, of a lower rate.
func dropped(s *samples.Cell) Cell {
	shares := s.Values("dropped/op")
	for i := range shares {
		shares[i] *= 100
	}
	return summarize(shares)
}

// Fault says why nothing in a cell can be believed, or "". It looks at the cell alone;
// checksums of others are for those who compare.
func Fault(c *samples.Cell) string { return fault(c) }

// ShortName is what to call the level of a benchmark: its impl is left out if it is the
// usual one.
func ShortName(n samples.Name) string { return shortName(n) }

// Markdown makes clean text mean only itself in Markdown.
func Markdown(s string) string { return escape(s) }
