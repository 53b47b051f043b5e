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
// start, warm up and close what they run on.
func (c Cell) estimate(benchtime time.Duration) time.Duration {
	switch c.Kind {
	case "load": // three loops of a thousand tasks or more
		return 3*max(benchtime, 1500*time.Millisecond) + 500*time.Millisecond
	case "metg":
		return 6*benchtime + 500*time.Millisecond
	case "startup", "cost":
		return 3*benchtime + 500*time.Millisecond
	}
	return 3*benchtime + 500*time.Millisecond
}
