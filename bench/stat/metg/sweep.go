package metg

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/fourlevels/fourlevels/bench/stat"
)

// A Row is the efficiency at a grain, by round.
type Row struct {
	Grain      float64
	Efficiency []float64
}

// Sweep reads the crossing off rows that were measured in the same rounds. It
// goes from the largest grain down to where the median falls below the target,
// and takes the place between the two grains by their logs. The interval is by
// drawing rounds, 1000 times, with a fixed seed, and unbounded below six.
func Sweep(rows []Row, target float64) (Crossing, error) {
	rows = slices.SortedFunc(slices.Values(rows), func(a, b Row) int { return cmp.Compare(b.Grain, a.Grain) })
	if err := checkRows(rows, target); err != nil {
		return Crossing{}, err
	}
	rounds := len(rows[0].Efficiency)
	own := make([]int, rounds)
	for i := range own {
		own[i] = i
	}
	c := Crossing{Target: target, Status: Reached, Grain: fromRight(rows, target, own), Samples: len(rows) * rounds}
	switch c.Grain {
	case 0:
		return outside(target, BelowSweep, c.Samples), nil
	case math.Inf(1):
		return outside(target, Unreached, c.Samples), nil
	}
	c.Lo, c.Hi = drawRounds(rows, target)
	return c, nil
}

func checkRows(rows []Row, target float64) error {
	if len(rows) < 2 || !(target > 0 && target < 1) {
		return fmt.Errorf("%w: a sweep has two grains or more, not %d, and a target, not %v", ErrConfig, len(rows), target)
	}
	for i, r := range rows {
		switch {
		case !(r.Grain > 0) || math.IsInf(r.Grain, 0) || i > 0 && r.Grain == rows[i-1].Grain:
			return fmt.Errorf("%w: have a grain of %v", ErrConfig, r.Grain)
		case len(r.Efficiency) == 0 || len(r.Efficiency) != len(rows[0].Efficiency):
			return fmt.Errorf("%w: a grain of %v has %d rounds", ErrConfig, r.Grain, len(r.Efficiency))
		}
		for _, e := range r.Efficiency {
			if !(e > 0) || math.IsInf(e, 0) {
				return fmt.Errorf("%w: have %v at a grain of %v", ErrProbe, e, r.Grain)
			}
		}
		if stat.Median(r.Efficiency) > most {
			return fmt.Errorf("%w: at a grain of %v", ErrEfficient, r.Grain)
		}
	}
	return nil
}

// fromRight is where the medians over the picked rounds cross the target,
// going down from the largest grain: 0 if nowhere, +Inf if before it.
func fromRight(rows []Row, target float64, pick []int) float64 {
	right, above := math.Inf(1), 0.0
	es := make([]float64, len(pick))
	for i, r := range rows {
		for j, round := range pick {
			es[j] = r.Efficiency[round]
		}
		e := stat.Median(es)
		if e < target {
			if i == 0 {
				return right
			}
			share := (target - e) / (above - e)
			return r.Grain * math.Pow(right/r.Grain, share)
		}
		right, above = r.Grain, e
	}
	return 0
}

func drawRounds(rows []Row, target float64) (lo, hi float64) {
	const enough, times = 6, 1000
	rounds := len(rows[0].Efficiency)
	if rounds < enough {
		return 0, math.Inf(1)
	}
	random := rand.New(rand.NewPCG(1, 2))
	pick, all := make([]int, rounds), make([]float64, times)
	for i := range all {
		for j := range pick {
			pick[j] = random.IntN(rounds)
		}
		all[i] = fromRight(rows, target, pick)
	}
	const tail = (1 - stat.Confidence) / 2
	return stat.Quantile(all, tail), stat.Quantile(all, 1-tail)
}
