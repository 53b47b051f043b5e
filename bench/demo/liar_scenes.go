package demo

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/fourlevels/fourlevels/bench/live"
	omission "github.com/fourlevels/fourlevels/bench/load"
)

// zoom shows one stall in slow motion, call by call.
func (l *liarShow) zoom(ctx context.Context) error {
	p := l.slowScript(l.stage, liarFrom, liarSlower)
	lanes := []string{"closed loop"}
	l.closedLoop(p)
	for i := range l.openLoop(p) {
		lanes = append(lanes, liarLane(i))
	}
	l.stage.Scene(live.Scene{
		Title: fmt.Sprintf("liar: a stall of %v in slow motion (simulated, 1:%d)", liarStall, liarSlower),
		Text: fmt.Sprintf("Both loops mean to ask every %v. The closed one asks when it has its answer, the open one when it is time.",
			liarPace),
		Lanes: lanes,
	})
	l.stage.Say("one server, one call at a time; each loop has it to itself")
	p.add(liarEvery/2, func() {
		l.stage.Say("the server stalls: the closed loop waits with one call, and asks no more; the open loop's users keep coming")
	})
	p.add(liarEvery/2+liarStall, func() {
		l.stage.Say("it is back: the closed loop has seen one slow answer, the open one a whole queue of them")
	})
	p.add(liarTo, func() {})
	if err := p.play(ctx); err != nil {
		return err
	}
	_, err := l.hold(ctx, l.stage, 5*time.Second)
	return err
}

// zoomed are the trips that the slow motion shows.
func zoomed(trips []omission.Trip) (seen []omission.Trip) {
	for _, t := range trips {
		if t.Due >= liarFrom && t.End <= liarTo {
			seen = append(seen, t)
		}
	}
	return seen
}

func (l *liarShow) closedLoop(p *slowScript) {
	never := 0
	for i, t := range zoomed(l.closed) {
		l.trip(p, "closed loop", i, t)
		p.add(t.Start, func() { l.stage.Count(live.Count{Name: "closed: asked", Value: float64(i + 1)}) })
		for at := t.Start + liarPace; at < t.End; at += liarPace {
			never++
			n := float64(never)
			p.add(at, func() { l.stage.Count(live.Count{Name: "closed: did not ask", Value: n, Bad: true}) })
		}
	}
}

// openLoop gives each call the lowest lane that is free, and returns how many it takes.
func (l *liarShow) openLoop(p *slowScript) (lanes int) {
	var free []time.Duration // when each lane is
	late := 0
	for i, t := range zoomed(l.open) {
		lane := slices.IndexFunc(free, func(at time.Duration) bool { return at <= t.Due })
		if lane < 0 {
			lane, free = len(free), append(free, 0)
		}
		free[lane] = t.End
		l.trip(p, liarLane(lane), i, t)
		p.add(t.Due, func() { l.stage.Count(live.Count{Name: "open: asked", Value: float64(i + 1)}) })
		if t.End-t.Due > liarService {
			late++
			n := float64(late)
			p.add(t.End, func() { l.stage.Count(live.Count{Name: "open: late answers", Value: n, Bad: true}) })
		}
	}
	return len(free)
}

func liarLane(i int) string { return fmt.Sprintf("open loop %d", i+1) }

// trip shows a call: in the queue, at a server that stalls, being answered.
func (l *liarShow) trip(p *slowScript, lane string, task int, t omission.Trip) {
	served := t.End - liarService
	p.span(lane, task, live.Queued, t.Due, t.Start)
	p.span(lane, task, live.Waiting, t.Start, served)
	p.span(lane, task, live.Running, served, t.End)
}

// dials lets the load tests pass, with the percentiles of what is measured so
// far. A p99 of fewer than 1000 calls is the luck of a few, so it takes half of the time.
func (l *liarShow) dials(ctx context.Context) error {
	p := l.slowScript(l.stage, 0, 1)
	l.stage.Scene(live.Scene{
		Title: "liar: the p99 of one server, twice (simulated, real speed)",
		Text:  "Each load test sums up what it measures. A p99 needs 1000 calls: until then it is not known.",
		Lanes: []string{"server", "closed loop", "open loop"},
	})
	l.stage.Say("every stall is the same, and both load tests meet all of them")
	l.stalls(p)
	closed, open := omission.NewHistogram(), omission.NewHistogram()
	sent, due := l.closed, l.open
	for at := liarEvery / 4; at <= liarLasts; at += liarEvery / 4 {
		p.add(at, func() {
			sent, due = recordUntil(closed, sent, at), recordUntil(open, due, at)
			l.stage.Bars(liarBars(closed, open))
		})
	}
	if err := p.play(ctx); err != nil {
		return err
	}
	_, err := l.hold(ctx, l.stage, 6*time.Second)
	return err
}

// recordUntil takes in the trips that have ended, and returns the others. The time of a
// trip runs from when it was due: in a closed loop that is when it began.
func recordUntil(h *hdrhistogram.Histogram, trips []omission.Trip, now time.Duration) (rest []omission.Trip) {
	for len(trips) > 0 && trips[0].End <= now {
		omission.Record(h, trips[0].End-trips[0].Due)
		trips = trips[1:]
	}
	return trips
}

func liarBars(closed, open *hdrhistogram.Histogram) live.Bars {
	b := live.Bars{Title: "so far", Unit: "ms"}
	for _, test := range []struct {
		name  string
		times *hdrhistogram.Histogram
	}{{"closed loop", closed}, {"open loop", open}} {
		p99, slowest := live.Bar{Label: "p99, " + test.name, Value: -1}, live.Bar{Label: "slowest, " + test.name, Value: -1}
		p99.Note = fmt.Sprintf("%d calls", test.times.TotalCount())
		if v, ok := omission.Percentile(test.times, 99); ok {
			p99.Value = v.Seconds() * 1000
		}
		if test.times.TotalCount() > 0 {
			slowest.Value = time.Duration(test.times.Max()).Seconds() * 1000
		}
		b.Bars = append(b.Bars, p99, slowest)
	}
	slices.SortStableFunc(b.Bars, func(x, y live.Bar) int { return cmp.Compare(x.Label, y.Label) })
	return b
}

// stalls shows who waits when: the server's stalls, the call that the closed loop waits
// for, and the time in which the open one has late calls.
func (l *liarShow) stalls(p *slowScript) {
	for at := liarEvery / 2; at < liarLasts; at += liarEvery {
		p.span("server", -1, live.Dark, at, at+liarStall)
	}
	for i, t := range l.closed {
		if t.End-t.Start > liarService {
			p.span("closed loop", i, live.Waiting, t.Start, t.End)
		}
	}
	var from, to time.Duration // of a queue
	for _, t := range l.open {
		if t.End-t.Due <= liarService {
			continue
		}
		if t.Due > to {
			p.span("open loop", -1, live.Queued, from, to)
			from = t.Due
		}
		to = t.End
	}
	p.span("open loop", -1, live.Queued, from, to)
}
