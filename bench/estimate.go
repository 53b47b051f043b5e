package bench

import "time"

// Estimate is about how long the plan takes, without its build: to choose a plan by,
// not to be held to.
func (p Plan) Estimate() (sum time.Duration) {
	for round := 1; round <= p.Rounds; round++ {
		for _, turn := range p.Schedule(round) {
			sum += turn.estimate(p.Benchtime)
		}
	}
	return sum
}

// estimate is about how long one sample of the cell takes: its benchmarks, and to
// start, warm up and close what they run on. Where tasks wait, a batch takes a while
// however short the benchmark is to be.
func (c Cell) estimate(benchtime time.Duration) time.Duration {
	const around, batch = 200 * time.Millisecond, 700 * time.Millisecond
	switch {
	case c.Kind == ofPitfalls: // whose programs take what they take, most of them less than that
		return around + 2*benchtime
	case c.Kind == "load": // three loops of a thousand tasks or more
		return around + 3*max(benchtime, 1500*time.Millisecond)
	case c.Kind == "metg" && Waits(c.Work): // of which a probe takes up to 160 ms
		return around + 25*benchtime
	case c.Kind == "metg":
		return around + 13*benchtime
	case c.Kind != "table":
		return around + 3*benchtime
	case Waits(c.Work):
		return around + 3*benchtime + batch
	}
	return around + 2*benchtime
}
