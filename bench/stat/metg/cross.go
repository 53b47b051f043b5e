package metg

import (
	"math"

	"github.com/fourlevels/fourlevels/bench/stat"
)

// cross tells the crossing from the samples around grain, by the median of
// what each says it is.
func (s *search) cross(target, grain float64) Crossing {
	var all []float64
	for _, sample := range s.samples {
		if g, e := sample.Grain, sample.Efficiency; g >= grain/window && g <= grain*window {
			all = append(all, g*(1-e)/e*target/(1-target))
		}
	}
	c := Crossing{Target: target, Status: Reached, Grain: stat.Median(all), Samples: len(all)}
	c.Lo, c.Hi = stat.MedianInterval(all, stat.Confidence)
	return c
}

// settle says whether the crossing is within the sweep, and its interval too.
func (s *search) settle(target float64, c Crossing) Crossing {
	switch {
	case c.Grain <= s.Lo:
		return outside(target, BelowSweep, c.Samples)
	case c.Grain >= s.Hi:
		return outside(target, Unreached, c.Samples)
	}
	if c.Lo < s.Lo {
		c.Lo = 0
	}
	if c.Hi > s.Hi {
		c.Hi = math.Inf(1)
	}
	return c
}

func outside(target float64, status Status, samples int) Crossing {
	nan := math.NaN()
	return Crossing{Target: target, Status: status, Grain: nan, Lo: nan, Hi: nan, Samples: samples}
}

// check refuses the samples if in an octave of grains, with enough of them for
// a median, they are more efficient than the peak.
func (s *search) check() error {
	octaves := map[int][]float64{}
	for _, sample := range s.samples {
		octave := int(math.Floor(math.Log2(sample.Grain)))
		octaves[octave] = append(octaves[octave], sample.Efficiency)
	}
	for _, es := range octaves {
		if lo, _ := stat.MedianInterval(es, 0.9); stat.Median(es) > most && lo > 1 {
			return ErrEfficient
		}
	}
	return nil
}
