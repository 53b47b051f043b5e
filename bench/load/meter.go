package load

import "time"

// A meter integrates the number of calls in flight over time. Its user locks it.
type meter struct {
	from time.Time // end of the warm-up: the area begins here
	last time.Time
	n    int
	area float64 // calls times nanoseconds
}

// step notes that from now on so many calls more are in flight. A now that is
// before the last one, because its caller lost the race for the lock, counts as
// the last one.
func (m *meter) step(now time.Time, by int) {
	since := m.from
	if m.last.After(since) {
		since = m.last
	}
	if d := now.Sub(since); d > 0 {
		m.area += float64(m.n) * float64(d)
		m.last = now
	}
	m.n += by
}

// owe adds a call that was in flight for so long before it was counted.
func (m *meter) owe(late time.Duration, now time.Time) {
	if late = min(late, now.Sub(m.from)); late > 0 {
		m.area += float64(late)
	}
}

// close fills in what r says of the time until end.
func (m *meter) close(end time.Time, r *Result) {
	m.step(end, 0)
	if d := end.Sub(m.from); d > 0 {
		r.Elapsed, r.MeanInFlight = d, m.area/float64(d)
	}
}
