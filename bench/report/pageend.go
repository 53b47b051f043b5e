package report

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/fourlevels/fourlevels/bench/chart"
	"github.com/fourlevels/fourlevels/bench/samples"
)

// invalid is all that cannot be believed, and why.
func (p *pager) invalid() chart.Section {
	s := chart.Section{ID: "invalid", Title: "INVALID", Short: "INVALID",
		Says: []string{"These have no figures anywhere on this page: what cannot be believed is not shown."}}
	t := chart.Table{Head: []string{"benchmark", "why"}}
	add := func(of, label, why string) {
		t.Rows = append(t.Rows, []chart.Cell{{Text: of + ": " + label}, {Text: why, Bad: true}})
	}
	for i := range p.run.Tables {
		for _, r := range p.run.Tables[i].Rows {
			if r.Invalid != "" {
				add(p.name(&p.run.Tables[i]), r.Label, r.Invalid)
			}
		}
	}
	for _, section := range p.run.Sections {
		for _, l := range section.Lines {
			if l.Invalid != "" {
				add(section.Title, strings.TrimSpace(l.Label+" "+l.At), l.Invalid)
			}
		}
	}
	if len(t.Rows) > 0 {
		s.Tables = []chart.Table{t}
	}
	return s
}

// unmeasured is what the figures do not say.
func (r *Run) unmeasured() chart.Section {
	return chart.Section{ID: "notes", Title: "What was not measured, and how to read the rest", Short: "not measured", Notes: append(slices.Clone(r.Notes), r.legend()...)}
}

// again is how to measure the same, with a command that the run itself does not hold.
func (r *Run) again(command string) chart.Section {
	s := chart.Section{ID: "again", Title: "How to reproduce it", Short: "reproduce"}
	get := func(key string) string { return word(samples.Find(r.Config, key)) }
	commit, dirty := strings.CutSuffix(get("commit"), "-dirty")
	if commit != "" {
		s.Code = append(s.Code, "git checkout "+commit)
	}
	if dirty {
		s.Notes = append(s.Notes, "The tree had changes that no commit has.")
	}
	if command != "" {
		s.Code = append(s.Code, command)
	} else {
		s.Notes = append(s.Notes, "No one command is known to measure all of this. What levels bench was to measure is in plan.json, beside its raw results.")
	}
	s.Code = append(s.Code, "go run ./cmd/levels report --html report.html")
	s.Notes = append(s.Notes, "The order of the benchmarks in each round follows from the seed. Another machine gives other figures; the order of the levels is what should come again.")
	if store := get("store"); store != "" {
		s.Notes = append(s.Notes, "The store was "+store+".")
	}
	return s
}

// word is a text from the results as part of a command: nothing in it means anything to a
// shell. What is not such a word is left out.
func word(text string) string {
	text = samples.Clip(text, 60)
	if strings.ContainsFunc(text, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./,:+", r))
	}) || strings.HasPrefix(text, "-") {
		return ""
	}
	return text
}

// mostBytes is how long a page may be, so that it goes with a mail and opens at once.
const mostBytes = 300_000

// data is what the page was made of, as far as there is room for it.
func (r *Run) data(raw []byte, room int) chart.Section {
	s := chart.Section{ID: "data", Title: "The data", Short: "data"}
	var csv bytes.Buffer
	if err := r.writeCSV(&csv); err == nil {
		if packed, err := pack(csv.Bytes()); err == nil {
			s.Links = append(s.Links, chart.NewLink("All figures, with intervals (figures.csv.gz)", "figures.csv.gz", "application/gzip", packed))
		}
	}
	packed, err := pack(raw)
	switch {
	case err != nil || raw == nil:
		s.Notes = append(s.Notes, "The raw results are not in this page. They were in "+r.Raw+".")
	case len(packed)*10/7 > room: // four letters for three bytes, and some of them escaped
		s.Notes = append(s.Notes, fmt.Sprintf("The raw results are too long for this page, with %d KB packed. They were in %s.", len(packed)>>10, r.Raw))
		if few, err := pack(r.measurements()); err == nil && len(few)*10/7 <= room {
			s.Links = append(s.Links, chart.NewLink("Each measurement of each round, to three digits (rounds.csv.gz)", "rounds.csv.gz", "application/gzip", few))
		}
	default:
		s.Links = append(s.Links, chart.NewLink("Raw results, in Go's benchmark format (samples.txt.gz)", "samples.txt.gz", "application/gzip", packed))
		s.Notes = append(s.Notes, "benchstat reads the raw results after gunzip, and levels report makes this page of them.")
	}
	return s
}

// circumstances are units that no figure of the page rests on.
var circumstances = []string{"sec/op", "p90-sec", "svc-p50-sec", "sched-lag-p50-sec", "sched-lag-p99-sec", "checksum", "steal-%", "psi-cpu-%", "others-%", "throttled-%", "ctxsw", "latencies", "little-%", "rate/s", "gc-cpu-%", "lost/op", "dup/op"}

// measurements are what the figures rest on, as a table with a line for each benchmark
// and unit, and a column for each round that occurs.
func (r *Run) measurements() []byte {
	occur := map[int]bool{} // and no others: a file may say that it is of round 2000000000
	for _, c := range r.raw.Cells {
		for _, s := range c.Samples {
			occur[s.Round] = s.Round >= 1
		}
	}
	maps.DeleteFunc(occur, func(_ int, ok bool) bool { return !ok })
	rounds := slices.Sorted(maps.Keys(occur))
	lines := [][]string{{"benchmark", "unit", "twin"}}
	for _, round := range rounds {
		lines[0] = append(lines[0], "round "+strconv.Itoa(round))
	}
	for _, c := range r.raw.Cells {
		for _, twin := range []bool{false, true} {
			lines = append(lines, measurementsOf(c, twin, rounds)...)
		}
	}
	var text bytes.Buffer
	if err := csv.NewWriter(&text).WriteAll(lines); err != nil {
		return nil // a buffer takes all
	}
	return text.Bytes()
}

func measurementsOf(c *samples.Cell, twin bool, rounds []int) (lines [][]string) {
	byUnit := map[string][]string{}
	for _, s := range c.Samples {
		for unit, v := range s.Values {
			if s.Twin != twin || s.Round < 1 || slices.Contains(circumstances, unit) {
				continue
			}
			if byUnit[unit] == nil {
				byUnit[unit] = make([]string, len(rounds))
			}
			column, _ := slices.BinarySearch(rounds, s.Round)
			byUnit[unit][column] = strconv.FormatFloat(v, 'g', 3, 64)
		}
	}
	for _, unit := range slices.Sorted(maps.Keys(byUnit)) {
		lines = append(lines, append([]string{samples.Clean(c.Name.ID), samples.Clean(unit), strconv.FormatBool(twin)}, byUnit[unit]...))
	}
	return lines
}

// pack compresses, to the same bytes each time: without a name and a time.
func pack(data []byte) ([]byte, error) {
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(data); err != nil {
		return nil, err
	}
	err = z.Close()
	return packed.Bytes(), err
}
