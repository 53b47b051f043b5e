package load

import (
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// A Row is a line of a table of latencies. A percentile that there are too few
// calls for is 0.
type Row struct {
	Name                           string
	Calls                          int
	Mean, P50, P90, P99, P999, Max time.Duration
}

// NewRow sums up the times in h.
func NewRow(name string, h *hdrhistogram.Histogram) Row {
	at := func(p float64) time.Duration { v, _ := Percentile(h, p); return v }
	return Row{name, int(h.TotalCount()), time.Duration(h.Mean()), at(50), at(90), at(99), at(99.9), time.Duration(h.Max())}
}

// WriteTable writes rows for people to read, in milliseconds.
func WriteTable(w io.Writer, rows []Row) error {
	wide := len("ms")
	for _, r := range rows {
		wide = max(wide, len(r.Name))
	}
	text := fmt.Sprintf("%-*s  calls    mean     p50     p90     p99   p99.9     max\n", wide, "ms")
	for _, r := range rows {
		text += fmt.Sprintf("%-*s  %5d", wide, r.Name, r.Calls)
		for _, d := range []time.Duration{r.Mean, r.P50, r.P90, r.P99, r.P999, r.Max} {
			cell := "-"
			if d > 0 {
				cell = fmt.Sprintf("%.1f", d.Seconds()*1000)
			}
			text += fmt.Sprintf("%8s", cell)
		}
		text += "\n"
	}
	_, err := io.WriteString(w, text)
	return err
}

// Omission measures one server in three ways, two of which leave out what is
// worst. The server takes the given time for a call, one call at a time, and
// stalls in the middle of each period, as for a collection of garbage. It is
// meant to get so many calls a second.
//
// A closed loop with that pace makes no calls while it waits for the one that
// stalls. An open loop with a single connection makes up for them. Timed from
// when they were sent, they still look quick; timed from when they should have
// been sent, they show what users would have seen.
//
// It is a simulation, without sleep and without chance. The same numbers come
// out of [Closed] and [Open] when they meet such a server in virtual time.
func Omission(stall, every, service time.Duration, rate float64, duration time.Duration) []Row {
	s := stalling{stall, every, service}
	response, served := s.open(rate, duration)
	return []Row{
		NewRow("closed loop, from the actual start", s.closed(time.Duration(float64(time.Second)/rate), duration)),
		NewRow("open loop, from the actual start", served),
		NewRow("open loop, from the intended start", response),
	}
}

// stalling is the server of [Omission].
type stalling struct{ stall, every, service time.Duration }

// serve says when a call is done that has the server to itself from start on. A
// stall lets a call finish that has begun.
func (s stalling) serve(start time.Duration) (end time.Duration) {
	return start + s.stalled(start) + s.service
}

// stalled says for how long yet, at now, nothing begins.
func (s stalling) stalled(now time.Duration) time.Duration {
	in := now%s.every - s.every/2
	if in < 0 || in >= s.stall {
		return 0
	}
	return s.stall - in
}

// A Trip is a call of the simulation: when it should have begun, when it did, and when
// its answer was there.
type Trip struct{ Due, Start, End time.Duration }

// Trips are the calls that [Omission] sums up, those of the closed loop and those of the
// open one, in the order in which they are made.
func Trips(stall, every, service time.Duration, rate float64, duration time.Duration) (closed, open iter.Seq[Trip]) {
	s := stalling{stall, every, service}
	return s.paced(time.Duration(float64(time.Second)/rate), duration), s.steady(rate, duration)
}

// paced are the trips of a closed loop, which means to do what it does.
func (s stalling) paced(pace, duration time.Duration) iter.Seq[Trip] {
	return func(yield func(Trip) bool) {
		for now := time.Duration(0); now < duration; {
			end := s.serve(now)
			if !yield(Trip{now, now, end}) {
				return
			}
			now = max(end, now+pace)
		}
	}
}

// steady are the trips of an open loop with one connection.
func (s stalling) steady(rate float64, duration time.Duration) iter.Seq[Trip] {
	return func(yield func(Trip) bool) {
		free := time.Duration(0) // when the connection is
		for at := range constant(rate) {
			start := max(at, free)
			if start >= duration { // this one and all that follow
				return
			}
			if free = s.serve(start); !yield(Trip{at, start, free}) {
				return
			}
		}
	}
}

func (s stalling) closed(pace, duration time.Duration) *hdrhistogram.Histogram {
	times := NewHistogram()
	for t := range s.paced(pace, duration) {
		Record(times, t.End-t.Start)
	}
	return times
}

func (s stalling) open(rate float64, duration time.Duration) (response, service *hdrhistogram.Histogram) {
	response, service = NewHistogram(), NewHistogram()
	for t := range s.steady(rate, duration) {
		Record(response, t.End-t.Due)
		Record(service, t.End-t.Start)
	}
	return response, service
}
