package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fourlevels/fourlevels/bench/samples"
)

// A caveat is what the tables do not measure, and when that matters. In its text
// {machines} and {cores} stand for those of the run.
type caveat struct {
	when func(*Run) bool
	text string
}

// caveats are printed once, below the tables.
var caveats = []caveat{
	{always, "Not measured: a network. Whatever goes between machines, store and origin goes over loopback, which loses nothing and is never far away."},
	{hasMachines, "The {machines} are processes on this one host: they share its cores with each other and with the one who hands them tasks."},
	{hasOrigin, "Not counted: the CPU and memory of the origin that serves the pages."},
	{hasTables, "Peak memory adds up the peak of each process: pages they share count in each, and the peaks need not have been at the same time."},
	{hasNoPlan, "These results were not made by levels bench. If one process made them all, its peak memory only rises: a row shows also what the rows before it took."},
	{hasFewCores, "{cores} not sixteen: with more of them the order of the levels may be another."},
	{hasGivenStore, "The Redis was given: what it uses is not counted, as that of a private one is."},
	{hasMiniredis, "The store was miniredis, an embedded test double in a process of its own: its figures are not comparable with those of a real Redis."},
}

// notes are the caveats that matter to run, with the figures of the run.
func notes(run *Run, others []string) []string {
	var notes []string
	figures := strings.NewReplacer("{machines}", machines(run), "{cores}", cores(run))
	for _, c := range caveats {
		if c.when(run) {
			notes = append(notes, figures.Replace(c.text))
		}
	}
	if len(others) > 0 {
		var names []string
		for _, name := range others[:min(len(others), 8)] {
			names = append(names, samples.Clip(samples.Clean(name), 40))
		}
		if more := len(others) - len(names); more > 0 {
			names = append(names, fmt.Sprintf("%d more", more))
		}
		notes = append(notes, "In the raw results only: "+enumerate(names)+".")
	}
	return notes
}

func always(*Run) bool { return true }

func hasTables(run *Run) bool { return len(run.Tables) > 0 }

func hasMachines(run *Run) bool {
	return slices.ContainsFunc(run.Tables, func(t Table) bool {
		return slices.ContainsFunc(t.Rows, func(r Row) bool { return r.Level == "machine" })
	}) || slices.ContainsFunc(run.Sections, func(s Section) bool {
		return slices.ContainsFunc(s.Lines, func(l Line) bool { return l.Level == "machine" })
	})
}

func hasOrigin(run *Run) bool {
	return slices.ContainsFunc(run.Tables, func(t Table) bool { return t.Work == "io" || t.Work == "words" })
}

func hasNoPlan(run *Run) bool { return run.Rounds == 0 && hasTables(run) }

func hasFewCores(run *Run) bool {
	n, err := strconv.Atoi(samples.Find(run.Config, "cores"))
	return err == nil && n < 16
}

func hasGivenStore(run *Run) bool {
	return strings.HasSuffix(samples.Find(run.Config, "store"), "(given)")
}

func hasMiniredis(run *Run) bool {
	return strings.HasPrefix(samples.Find(run.Config, "store"), "miniredis")
}

// machines writes "2 machines", or "machines" if the rows do not agree on how many.
func machines(run *Run) string {
	number := ""
	for _, t := range run.Tables {
		for _, r := range t.Rows {
			workers := samples.Find(r.More, "workers")
			if r.Level != "machine" || workers == number {
				continue
			}
			if number != "" || workers == "" {
				return "machines"
			}
			number = workers
		}
	}
	return strings.TrimSpace(number + " machines")
}

// cores writes "2 cores are" or "1 core is".
func cores(run *Run) string {
	number := samples.Find(run.Config, "cores")
	if number == "1" {
		return "1 core is"
	}
	return number + " cores are"
}
