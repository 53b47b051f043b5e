package chaos

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// met reports whether a try was met by a fault that may have another one follow at a time:
// its worker was killed, stopped, cut off or unplugged, Redis was away, or there was no
// processor for one of them. The fault may
// have passed just before the try began: what was claimed under a lease that then ran out
// can still be begun. To leave is no fault, for who leaves ends its jobs or gives them back.
func (h History) met(t Try, until time.Time) bool {
	while := Span{t.Began.Add(-h.Lease), until}
	return slices.ContainsFunc(h.Hits[t.By.Worker], while.overlaps) || slices.ContainsFunc(h.Outages, while.overlaps) || h.starved(t.By.Worker, while)
}

// givenBack reports whether a try was stopped by its worker, which was told to leave. One
// that fails by itself when the grace is over, and its ctx has ended, is given back as well:
// its worker cannot tell that it would have failed anyway.
func (h History) givenBack(t Try) bool {
	at, told := h.Leavers[t.By.Worker]
	if t.Failed {
		return told && hurries(t.By.Worker) && t.Ended.After(at.Add(hurried))
	}
	return told && !t.Ended.IsZero() && !t.Result && t.Ended.After(at)
}

// unexplained are those of a job's tries, in the order in which they began, that should not
// have been: the one before neither failed by itself, nor was given back, nor met a fault.
//
// Or the one that began later was taken earlier, by a worker that was hit before it could
// begin: one that is stopped goes on where it was, when the job has long run elsewhere.
//
// This takes no word of the queue's. A lease that ran out explains nothing, for it may have
// run out for nothing.
func (h History) unexplained(tries []Try) (odd []Try) {
	for i, again := range tries {
		if i == 0 {
			continue
		}
		before := tries[i-1]
		failed := before.Failed && !before.Ended.After(again.Began)
		late := again.By.Worker != before.By.Worker && again.Number <= before.Number && h.met(again, again.Began)
		if !failed && !late && !h.givenBack(before) && !h.met(before, again.Began) {
			odd = append(odd, again)
		}
	}
	return odd
}

// doubtful reports whether a fault may be the reason why nobody knows of a job whether it is
// in the queue: Redis was away while its producer asked, or the producers were cut off, or
// that had just passed. With a cut each second that is often so by chance: what this finds
// is a producer that is left in doubt while nothing happens.
func (h History) doubtful(job int) bool {
	while, noted := h.Doubts[job]
	while.From = while.From.Add(-aftermath)
	return noted && (slices.ContainsFunc(h.Outages, while.overlaps) || slices.ContainsFunc(h.Cuts, while.overlaps) || h.starved(everybody, while))
}

// aftermath is how long after a cut a connection may turn out to be broken.
const aftermath = 200 * time.Millisecond

// miscounted reports whether poison was given up after more tries than it has, or after
// fewer without a fault that is the reason. Only what was given back does not count, so no
// fault makes up for a try too many. But one that met a fault may be the last of several
// that never began: those count, and leave a gap in the queue's numbers, or none behind them if
// nothing came after, and must have a fault in it, of whatever worker.
func (h History) miscounted(tries []Try, outcome Outcome) bool {
	least, most, met, gap, last := 0, 0, false, false, Try{} // least and most that count
	for i, t := range tries {
		until := t.Ended
		if i+1 < len(tries) {
			until = tries[i+1].Began
		}
		switch back := h.givenBack(t); {
		case !back:
			least++
			most++
		case t.Failed: // or it failed just before its ctx ended: the signal was on its way for a while
			most++
		}
		met = met || h.met(t, until)
		gap = gap || t.Number > last.Number+1 && h.struck(Span{t.Began.Add(-2 * h.Lease), t.Began})
		last = t
	}
	if !strings.Contains(outcome.Err, errPoison.Error()) {
		gap = gap || h.struck(Span{From: last.Began})
	}
	return least > poisonTries || most < poisonTries && !met && !gap
}

// struck reports whether any fault struck in a span, or anybody stood still.
func (h History) struck(while Span) bool {
	for worker := range h.Starved {
		if h.starved(worker, while) {
			return true
		}
	}
	for _, hits := range h.Hits {
		for _, hit := range hits {
			if hit.To.IsZero() {
				hit.To = hit.From.Add(1) // a kill is a moment, for all but its worker
			}
			if while.overlaps(hit) {
				return true
			}
		}
	}
	return slices.ContainsFunc(h.Outages, while.overlaps)
}

// tell is a job's tries as text, for whoever looks into it.
func tell(tries []Try) string {
	var b strings.Builder
	for i, t := range tries {
		how := "died"
		switch {
		case t.Result:
			how = "result"
		case t.Failed:
			how = "failed"
		case !t.Ended.IsZero():
			how = "stopped"
		}
		if i > 0 {
			b.WriteString("; ")
		}
		fmt.Fprintf(&b, "#%d w%d +%dms %s", t.Number, t.By.Worker, t.Began.Sub(tries[0].Began).Milliseconds(), how)
	}
	return b.String()
}
