package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/fourlevels/fourlevels/bench/samples"
	"github.com/fourlevels/fourlevels/bench/stat"
)

// noisy are the measurements whose noise is told: the one that the tables compare by,
// and the one that a busy machine disturbs least.
var noisy = []struct{ unit, name, field string }{
	{"tasks/s", "tasks/s", "tasks_per_s"}, {"cpu-sec/op", "CPU", "cpu_s_per_task"},
}

var noiseHeads = []Head{
	{"twins\ndiffer", "twins_share", "%"}, {"A/A\nalarms", "false_alarms_share", "%"}, {"noise\nfloor", "floor_share", "%"}, {"would\nfind", "detectable_share", "%"},
}

const replays = 200

// quiet is what repeating alone changes, of some benchmarks in one unit. All of it is
// in percent; NaN is not known.
type quiet struct {
	twins        []float64 // by which the second of two differs from the first
	alarms       float64   // of A/A comparisons that found a difference
	floor        float64   // 95 % of A/A comparisons of n rounds differ by less
	rounds       int       // n
	detectable   float64   // difference from serial that would have been found 4 times of 5
	detectableOf int       // rounds it rests on
}

// listen learns the noise of the cells, by what never changed: twins, and the series
// of each cell against itself.
func listen(cells []*samples.Cell, unit string) quiet {
	q := quiet{alarms: math.NaN(), floor: math.NaN(), detectable: math.NaN()}
	var series [][]float64
	longest := 0
	for _, c := range cells {
		first, again := c.Twins(unit)
		for i := range first {
			if first[i] > 0 {
				q.twins = append(q.twins, 100*math.Abs(again[i]/first[i]-1))
			}
		}
		series = append(series, c.Values(unit))
		longest = max(longest, c.Rounds())
	}
	// A replay of n rounds takes a series of 2n: half of the rounds there are.
	if q.rounds = longest / 2; q.rounds >= enough {
		if r := stat.Replay(series, q.rounds, replays, 1); r.Replays > 0 {
			q.alarms, q.floor = 100*float64(r.FalsePositives)/float64(r.Replays), 100*r.Floor
		}
	}
	if logs := typical(cells, unit); len(logs) >= enough {
		q.detectable, q.detectableOf = 100*(stat.Detectable(logs, 0.05, 0.8)-1), len(logs)
	}
	return q
}

// typical are the log ratios to serial of the row whose noise is the median one.
func typical(cells []*samples.Cell, unit string) []float64 {
	var all [][]float64
	for _, c := range cells {
		serial := samples.Serial(cells, c)
		if serial == nil || c.Name.Level == "serial" {
			continue
		}
		if logs, ok := stat.LogRatios(samples.Pair(c, serial, unit)); ok && len(logs) >= enough {
			all = append(all, logs)
		}
	}
	if len(all) == 0 {
		return nil
	}
	slices.SortStableFunc(all, func(a, b []float64) int {
		if s, t := middleHalf(a), middleHalf(b); s < t {
			return -1
		} else if s > t {
			return 1
		}
		return 0
	})
	return all[len(all)/2]
}

// middleHalf is how wide the middle half of the rounds is.
func middleHalf(logs []float64) float64 { return stat.Quantile(logs, 0.75) - stat.Quantile(logs, 0.25) }

// noiseLine says under a table what it could have told at all: "no difference" says
// nothing without it.
func noiseLine(rows []Row) string {
	var cells []*samples.Cell
	for i := range rows {
		if r := &rows[i]; r.Invalid == "" && r.crowded != nil {
			cells = append(cells, r.crowded)
		}
	}
	var parts []string
	for _, u := range noisy {
		q := listen(cells, u.unit)
		var facts []string
		if !math.IsNaN(q.detectable) {
			facts = append(facts, fmt.Sprintf("%d rounds find %s from serial", q.detectableOf, atLeast(q.detectable)))
		}
		if !math.IsNaN(q.floor) {
			facts = append(facts, fmt.Sprintf("A/A floor %s at n=%d", percent(q.floor), q.rounds))
		}
		if len(q.twins) > 0 {
			facts = append(facts, fmt.Sprintf("%s by %s", Count(len(q.twins), "pair of twins differs", "pairs of twins differ"), percent(stat.Median(q.twins))))
		}
		if len(facts) > 0 {
			parts = append(parts, u.name+": "+strings.Join(facts, ", "))
		}
	}
	return strings.Join(parts, "; ")
}

func atLeast(difference float64) string {
	if math.IsInf(difference, 1) {
		return "no difference"
	}
	return "a difference of " + percent(difference)
}

// noiseSections tell how far the run's own figures can be believed.
func noiseSections(s *survey) []Section {
	var cells []*samples.Cell
	for _, c := range s.all(tabled) {
		if c.Name.Base == throughput && fault(c) == "" {
			cells = append(cells, c)
		}
	}
	sec := Section{Key: "noise", Title: "Noise", Heads: noiseHeads,
		About: "what repeating alone changes, in this run"}
	known, aa := false, ""
	for _, u := range noisy {
		q := listen(cells, u.unit)
		l := Line{Label: u.name, Cells: []Cell{{}, {}, {}, {}}}
		if len(q.twins) > 0 {
			l.Cells[0] = summarize(q.twins)
		}
		for i, v := range []float64{q.alarms, q.floor, q.detectable} {
			if finite(v) {
				l.Cells[i+1] = exactly(v)
				l.Cells[i+1].Lo, l.Cells[i+1].Hi = v, v
			}
		}
		known = known || l.Cells[0].N+l.Cells[1].N+l.Cells[2].N > 0
		sec.Lines = append(sec.Lines, l)
		if finite(q.alarms) {
			aa = fmt.Sprintf("A/A is %d comparisons of a series with itself, %d rounds each: alarms are false, and 5%% of them are due. 95%% of the comparisons are off by less than the floor.", replays, q.rounds)
		}
	}
	if sec.Notes = loudness(s.raw); !known && len(sec.Notes) == 0 {
		return nil
	}
	if aa != "" {
		sec.Notes = append([]string{aa}, sec.Notes...)
	}
	if !known {
		sec.About = "what else the machine did meanwhile"
		sec.Heads, sec.Lines = nil, nil
	}
	return []Section{sec}
}

// loudness says what else the machine did meanwhile.
func loudness(raw *samples.Run) (notes []string) {
	for _, u := range []struct{ unit, words string }{
		{"steal-%", "The hypervisor took %s of the processors' time at the median, %s at worst."},
		{"psi-cpu-%", "Something waited for a processor in %s of the time at the median, %s at worst; the benchmark's own tasks count."},
		{"others-%", "Other processes took %s of the processors' time at the median, %s at worst."},
		{"throttled-%", "A limit of the container held the benchmark back for %s of the time at the median, %s at worst."},
	} {
		var values []float64
		for _, c := range raw.Cells {
			for _, s := range c.Samples {
				if v, ok := s.Values[u.unit]; ok {
					values = append(values, v)
				}
			}
		}
		if len(values) > 0 && (u.unit != "throttled-%" || slices.Max(values) > 0) {
			notes = append(notes, fmt.Sprintf(u.words, percent(stat.Median(values)), percent(slices.Max(values))))
		}
	}
	waited, loud := 0.0, 0
	var last samples.Entry
	for _, e := range raw.Journal.Entries {
		if e.Round == last.Round && e.Twin == last.Twin && e.Seconds == last.Seconds && e.Waited == last.Waited {
			continue // another benchmark of the same process
		}
		last = e
		waited += e.Waited
		if e.Loud {
			loud++
		}
	}
	switch {
	case loud > 0:
		notes = append(notes, fmt.Sprintf("The run waited %.0f s for a quiet machine; %s began although it was loud.", waited, count(loud, "measurement")))
	case waited >= 0.5:
		notes = append(notes, fmt.Sprintf("The run waited %.0f s for a quiet machine; no measurement began on a loud one.", waited))
	}
	return notes
}
