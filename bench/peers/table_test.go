package peers

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"text/tabwriter"
)

// A line is one row of the table: a measure of ours, and if there is a peer, its own
// and the ratio.
type line struct {
	what   string // what was done
	tag    string // before the unit in the benchmark's line, if several lines of a figure have the same
	unit   string
	ours   series
	peer   string // without spaces; "" if there is none
	theirs series // of the peer
	aim    aim
}

// An aim is what the ratio, or else the value itself, shall be. At its zero value
// there is none.
type aim struct {
	ratio       bool
	least, most float64
}

func timesAtLeast(x float64) aim { return aim{ratio: true, least: x} }
func timesAtMost(x float64) aim  { return aim{ratio: true, most: x} }
func atLeast(x float64) aim      { return aim{least: x} }
func atMost(x float64) aim       { return aim{most: x} }

func (a aim) String() string {
	x := ""
	if a.ratio {
		x = "x"
	}
	switch {
	case a.least > 0:
		return ">= " + digits(a.least) + x
	case a.most > 0:
		return "<= " + digits(a.most) + x
	}
	return ""
}

func (a aim) verdict(l line) string {
	median := middle(l.ours).median
	if a.ratio {
		median = middle(l.ratios()).median
	}
	switch {
	case a == aim{}:
		return ""
	case a.least > 0 && median >= a.least, a.most > 0 && median <= a.most:
		return "yes"
	}
	return "NO"
}

// ratios are ours to theirs, by round.
func (l line) ratios() series {
	var out series
	for i := range l.theirs {
		out = append(out, l.ours[i]/l.theirs[i])
	}
	return out
}

// sane reports whether there is a measure of everything.
func (l line) sane() bool {
	for _, v := range slices.Concat(l.ours, l.theirs, l.ratios()) {
		if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
			return false
		}
	}
	return len(l.ours) > 0 && (l.peer == "") == (len(l.theirs) == 0)
}

// report tells the benchmark the medians.
func (l line) report(b *testing.B) {
	unit := l.tag + l.unit
	b.ReportMetric(middle(l.ours).median, unit)
	if l.peer == "" {
		return
	}
	r := middle(l.ratios())
	b.ReportMetric(middle(l.theirs).median, l.peer+"-"+unit)
	b.ReportMetric(r.median, unit+"-x-"+l.peer)
	b.ReportMetric(r.min, unit+"-x-"+l.peer+"-min")
	b.ReportMetric(r.max, unit+"-x-"+l.peer+"-max")
}

type summary struct{ median, min, max float64 }

func middle(s series) summary {
	if len(s) == 0 {
		return summary{math.NaN(), math.NaN(), math.NaN()}
	}
	sorted := slices.Sorted(slices.Values(s))
	n := len(sorted)
	return summary{(sorted[(n-1)/2] + sorted[n/2]) / 2, sorted[0], sorted[n-1]}
}

func (s summary) String() string {
	if s.min == s.max {
		return digits(s.median)
	}
	return fmt.Sprintf("%s (%s..%s)", digits(s.median), digits(s.min), digits(s.max))
}

// digits shows three of them, or all before the point.
func digits(v float64) string {
	switch {
	case v == math.Trunc(v) && math.Abs(v) < 1e15, math.Abs(v) >= 100:
		return fmt.Sprintf("%.0f", v)
	case math.Abs(v) >= 10:
		return fmt.Sprintf("%.1f", v)
	case math.Abs(v) >= 1:
		return fmt.Sprintf("%.2f", v)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

// results are the lines of all benchmarks that ran.
var results table

type table struct {
	mu    sync.Mutex
	lines []line
}

func (t *table) add(lines []line) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lines = append(t.lines, lines...)
}

// print shows all lines: the median of the rounds, and the least and the
// greatest.
func (t *table) print(w io.Writer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.lines) == 0 {
		return
	}
	redis := "no Redis"
	if server != nil {
		redis = server.Name
	}
	fmt.Fprintf(w, "\n%s, %s, %d processors, %d rounds: median (least..greatest)\n", redis, runtime.Version(), runtime.GOMAXPROCS(0), chosen().rounds)
	if *quickFlag {
		fmt.Fprintln(w, "With -quick too little is done to say anything of speed.")
	}
	fmt.Fprintln(w)
	tab := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tab, "what\tunit\tours\tpeer\ttheirs\tratio\taim\tmet")
	for _, l := range t.lines {
		theirs, ratio := "", ""
		if l.peer != "" {
			theirs, ratio = middle(l.theirs).String(), middle(l.ratios()).String()
		}
		fmt.Fprintf(tab, "%s\t%s\t%s\t%s\t%s\t%s\t%v\t%s\n", l.what, l.unit, middle(l.ours), l.peer, theirs, ratio, l.aim, l.aim.verdict(l))
	}
	tab.Flush()
}
