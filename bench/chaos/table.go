package chaos

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// rows are the counts as they are shown.
var rows = []struct {
	name, means string
	of          func(*Counts) *int
}{
	{"attempted", "jobs producers tried to leave", func(c *Counts) *int { return &c.Attempted }},
	{"acknowledged", "and were told that they are in", func(c *Counts) *int { return &c.Acknowledged }},
	{"ok", "ended, with that result", func(c *Counts) *int { return &c.OK }},
	{"lost", "acknowledged, without an end", func(c *Counts) *int { return &c.Lost }},
	{"unexpected", "came to what they should not", func(c *Counts) *int { return &c.Unexpected }},
	{"duplicated", "ran to an end more than once", func(c *Counts) *int { return &c.Duplicated }},
	{"recovered", "not acknowledged, and ended", func(c *Counts) *int { return &c.Recovered }},
	{"dead", "poison, given up after 5 tries", func(c *Counts) *int { return &c.Dead }},
	{"unknown", "told that nobody knows", func(c *Counts) *int { return &c.Unknown }},
	{"groundless", "of these, without a fault", func(c *Counts) *int { return &c.Groundless }},
	{"unanswered", "told nothing", func(c *Counts) *int { return &c.Unanswered }},
	{"recorded twice", "more outcomes than jobs ended", func(c *Counts) *int { return &c.Twice }},
	{"uncounted", "fewer than jobs that have one", func(c *Counts) *int { return &c.Uncounted }},
	{"executions", "tries that began", func(c *Counts) *int { return &c.Executions }},
	{"extra", "of these, not a job's first", func(c *Counts) *int { return &c.Extra }},
	{"unexplained", "of these, without a fault", func(c *Counts) *int { return &c.Unexplained }},
	{"lease expiries", "tries that were taken back", func(c *Counts) *int { return &c.Expired }},
	{"retried", "tries that failed, as poison", func(c *Counts) *int { return &c.Retried }},
	{"given back", "tries that a leaver stopped", func(c *Counts) *int { return &c.Returned }},
	{"over", "of the extra, over those three", func(c *Counts) *int { return &c.Over }},
	{"crashed", "workers dead by themselves", func(c *Counts) *int { return &c.Crashed }},
	{"starved", "no processor for 1/4 lease", func(c *Counts) *int { return &c.Starved }},
	{"overwhelmed", "rounds that mostly stood still", func(c *Counts) *int { return &c.Overwhelmed }},
	{"late", "waited over a lease and 1 s", func(c *Counts) *int { return &c.Late }},
	{"incomplete", "rounds that came to no end", func(c *Counts) *int { return &c.Incomplete }},
}

// shown is how many rounds have columns of their own.
const shown = 3

// Write writes the report as a table of 80 columns.
func (r *Report) Write(w io.Writer) {
	fmt.Fprintf(w, "way=%s workers=%d lease=%v seed=%d\nstore=%s log=%s\n", r.Way, r.Workers, r.Lease, r.Seed, r.Store, r.Log)
	if r.Apart {
		fmt.Fprintln(w, "each worker in a network namespace of its own")
	}
	fmt.Fprintf(w, "rounds of faults, then none: %d, in %v\n\n", len(r.Rounds), r.Took.Round(100*time.Millisecond))
	r.writeCounts(w)
	if len(r.Faults) > 0 {
		r.writeFaults(w)
	}
	fmt.Fprintln(w)
	if len(r.Broken) == 0 {
		fmt.Fprintln(w, "all promises were kept")
	}
	for _, b := range r.Broken {
		fmt.Fprintln(w, wrap("BROKEN: "+b, 80))
	}
	for _, e := range r.Sum.Examples {
		fmt.Fprintln(w, wrap("  such as: "+e, 80))
	}
	for _, d := range r.Sum.Delays { // maybe too few to break a promise
		fmt.Fprintln(w, wrap("  late: "+d, 80))
	}
}

func (r *Report) writeFaults(w io.Writer) {
	fmt.Fprintln(w)
	for _, f := range r.Faults {
		fmt.Fprintf(w, "%9d x %s\n", f.Strikes, f.Means)
	}
	for _, s := range r.Seen {
		fmt.Fprintf(w, "%9d x %s\n", s.Times, s.What)
	}
	if r.Recovery.Count+r.Outage.Count > 0 {
		fmt.Fprintf(w, "\nfrom a worker's death until its jobs ran again (lease %v):\n", r.Lease)
	}
	r.Recovery.write(w, "undisturbed")
	r.Outage.write(w, "hit again")
	fmt.Fprintf(w, "\nfrom the last fault until every job had ended:\n")
	r.Rest.write(w, "rounds")
}

func (r *Report) writeCounts(w io.Writer) {
	columns := r.Rounds
	if len(columns) > shown || len(columns) == 1 {
		columns = nil
	}
	for _, row := range rows {
		fmt.Fprintf(w, "%-15s", row.name)
		for i := range columns {
			fmt.Fprintf(w, "%8d", *row.of(&columns[i]))
		}
		fmt.Fprintf(w, "%9d  %s\n", *row.of(&r.Sum), row.means)
	}
}

func (w Waits) write(out io.Writer, name string) {
	if w.Count == 0 {
		return
	}
	ms := func(d time.Duration) string { return d.Round(time.Millisecond).String() }
	fmt.Fprintf(out, "%9d x %-17s p50 %-8s p99 %-8s max %s\n", w.Count, name, ms(w.P50), ms(w.P99), ms(w.Max))
}

// wrap breaks a line between words.
func wrap(line string, width int) string {
	var b strings.Builder
	for len(line) > width {
		at := strings.LastIndexByte(line[:width+1], ' ')
		if at <= len(indent) {
			break
		}
		b.WriteString(line[:at] + "\n")
		line = indent + line[at+1:]
	}
	return b.String() + line
}

const indent = "    "
