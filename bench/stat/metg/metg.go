package metg

import (
	"errors"
	"fmt"
	"math"

	"github.com/fourlevels/fourlevels/bench/stat"
)

// A Probe measures the efficiency at a grain, once.
type Probe func(grain float64) (efficiency float64, err error)

// A Config says where to look. Grains are in whatever unit the probe takes.
type Config struct {
	Targets []float64 // shares of the peak; none is 0.5 and 0.9
	Lo, Hi  float64   // grains to look at; 0 is 1 and 1e9
	Start   float64   // a guess; 0 is the geometric middle
	Budget  int       // probes around a crossing; 0 is 48. To find it takes some more.
}

// A Status says what is known of a crossing.
type Status string

// A crossing is reached, or the level is that efficient at the smallest grain
// already, or not even at the largest.
const (
	Reached    Status = "reached"
	BelowSweep Status = "below the sweep"
	Unreached  Status = "unreached"
)

// A Crossing is the grain at which the target is reached. Where it is not
// reached within the sweep, all numbers are NaN.
type Crossing struct {
	Target  float64
	Status  Status
	Grain   float64
	Lo, Hi  float64 // 95 %; 0 and +Inf where the probes leave it open
	Samples int     // that it was told from
}

// A Sample is what a probe said.
type Sample struct{ Grain, Efficiency float64 }

// A Result has a crossing for each target, and all that was measured.
type Result struct {
	Crossings []Crossing
	Samples   []Sample
}

// What is refused.
var (
	ErrConfig    = errors.New("metg: targets must be above 0 and below 1, and 0 < Lo <= Start <= Hi")
	ErrProbe     = errors.New("metg: an efficiency must be a positive number")
	ErrEfficient = errors.New("metg: more efficient than the peak, which is none then")
	ErrLost      = errors.New("metg: wherever it probes, the samples put the crossing elsewhere: a target")
)

const (
	most    = 1.10 // efficiency, by the median
	inBatch = 8    // probes between two looks at where the crossing is
	jitter  = 1.5  // factor around the crossing where it probes
	window  = 2.0  // and where samples count
	patient = 4    // times Budget at most, while the crossing moves
)

// Bisect finds the crossings of all targets. What was measured for one counts
// for the next. It returns an error if the probe does, or if what it measures
// cannot be: see ErrProbe, ErrEfficient and ErrLost.
func Bisect(probe Probe, config Config) (Result, error) {
	if err := config.fill(); err != nil {
		return Result{}, err
	}
	s := search{Config: config, probe: probe}
	r := Result{}
	for _, target := range config.Targets {
		c, err := s.find(target)
		if err != nil {
			return Result{}, err
		}
		r.Crossings = append(r.Crossings, c)
	}
	r.Samples = s.samples
	return r, s.check()
}

func (c *Config) fill() error {
	if c.Targets == nil {
		c.Targets = []float64{0.5, 0.9}
	}
	if c.Lo == 0 {
		c.Lo = 1
	}
	if c.Hi == 0 {
		c.Hi = 1e9
	}
	if c.Start == 0 {
		c.Start = min(max(math.Sqrt(c.Lo)*math.Sqrt(c.Hi), c.Lo), c.Hi)
	}
	if c.Budget == 0 {
		c.Budget = 48
	}
	for _, t := range c.Targets {
		if !(t > 0 && t < 1) {
			return fmt.Errorf("%w: have a target of %v", ErrConfig, t)
		}
	}
	if !(c.Lo > 0 && c.Lo <= c.Start && c.Start <= c.Hi) || math.IsInf(c.Hi, 0) || c.Budget < 0 {
		return fmt.Errorf("%w: have %v, %v and %v, and a budget of %d", ErrConfig, c.Lo, c.Start, c.Hi, c.Budget)
	}
	return nil
}

// A search is the state of Bisect.
type search struct {
	Config
	probe   Probe
	samples []Sample
}

// measure probes at a grain.
func (s *search) measure(grain float64) error {
	e, err := s.probe(grain)
	if err != nil {
		return fmt.Errorf("metg: at a grain of %v: %w", grain, err)
	}
	if !(e > 0) || math.IsInf(e, 0) {
		return fmt.Errorf("%w: have %v at a grain of %v", ErrProbe, e, grain)
	}
	s.samples = append(s.samples, Sample{grain, e})
	return nil
}

// level is the median of three probes.
func (s *search) level(grain float64) (float64, error) {
	first := len(s.samples)
	var es []float64
	for range 3 {
		if err := s.measure(grain); err != nil {
			return 0, err
		}
	}
	for _, sample := range s.samples[first:] {
		es = append(es, sample.Efficiency)
	}
	return stat.Median(es), nil
}

func (s *search) find(target float64) (Crossing, error) {
	grain, err := s.bracket(target)
	if err != nil {
		return Crossing{}, err
	}
	return s.refine(target, grain)
}

// bracket moves from the start by factors of two until the target is crossed,
// or the end of the sweep is, and returns a grain near by.
func (s *search) bracket(target float64) (float64, error) {
	e, err := s.level(s.Start)
	up, at := e < target, s.Start
	for err == nil && (e < target) == up && (up && at < s.Hi || !up && at > s.Lo) {
		if up {
			at = min(2*at, s.Hi)
		} else {
			at = max(at/2, s.Lo)
		}
		e, err = s.level(at)
	}
	return at, err
}

// refine probes around the grain where the samples around the grain put the
// crossing. It follows the crossing for as long as that leaves the window.
func (s *search) refine(target, grain float64) (Crossing, error) {
	for near, all := 0, 0; near < s.Budget && all < patient*s.Budget; all += inBatch {
		for i := range inBatch {
			if err := s.measure(s.around(grain, all+i)); err != nil {
				return Crossing{}, err
			}
		}
		next := s.clamp(s.cross(target, grain).Grain)
		if next = min(max(next, grain/window), grain*window); next < grain*jitter && next > grain/jitter {
			near += inBatch
		}
		grain = next
	}
	c := s.cross(target, grain)
	if at := s.clamp(c.Grain); at > grain*window || at < grain/window {
		return Crossing{}, fmt.Errorf("%w of %v", ErrLost, target)
	}
	return s.settle(target, c), nil
}

// around spreads grains evenly over the window, in the order of the golden
// ratio: whenever it is stopped, they are.
func (s *search) around(grain float64, i int) float64 {
	_, place := math.Modf(float64(i) * math.Phi)
	return s.clamp(grain * math.Pow(jitter, 2*place-1))
}

func (s *search) clamp(grain float64) float64 { return min(max(grain, s.Lo), s.Hi) }
