package changepoint

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/fourlevels/fourlevels/bench/stat"
)

// A Config says when a change is one.
type Config struct {
	Alpha float64 // of a false alarm where nothing changed; 0 is 0.01
	Least int     // measurements on both sides; 0 is 3
}

// A Change is where a series changed.
type Change struct {
	Index         int     // of the first measurement after it
	P             float64 // of a split as clear as this in a shuffled series
	Before, After float64 // medians, up to the changes before and after
}

// What cannot be searched.
var (
	ErrConfig = errors.New("changepoint: alpha must be from 0.0025 to 1, and at least two measurements on both sides")
	ErrValue  = errors.New("changepoint: a measurement is not a number, or above 1e150")
	ErrShort  = errors.New("changepoint: too few measurements to be sure of any change")
)

const most = 1e150 // of a value: of larger ones the distances have no sum

// Find returns the changes of series, from first to last. Its shuffles have a
// fixed seed. ErrShort means that a series of this length cannot tell: none
// found would not mean none there.
func Find(series []float64, config Config) ([]Change, error) {
	if config.Alpha == 0 {
		config.Alpha = 0.01
	}
	if config.Least == 0 {
		config.Least = 3
	}
	switch {
	case !(config.Alpha >= 0.0025 && config.Alpha < 1) || config.Least < 2:
		return nil, ErrConfig
	case slices.ContainsFunc(series, func(v float64) bool { return !(math.Abs(v) < most) }):
		return nil, ErrValue
	case len(series) < 2*config.Least || clearest(len(series)) > config.Alpha:
		return nil, ErrShort
	}
	s := search{Config: config, series: series, random: rand.New(rand.NewPCG(1, 2))}
	s.split(0, len(series))
	s.describe()
	return s.changes, nil
}

// clearest is the least p that n measurements can have: that of halves which
// do not overlap, one way or the other, among all ways to choose them.
func clearest(n int) float64 {
	p := 2.0
	for i := range n / 2 {
		p *= float64(n/2-i) / float64(n-i)
	}
	return p
}

// A search is the state of Find.
type search struct {
	Config
	series  []float64
	random  *rand.Rand
	changes []Change
}

// split looks for changes from lo to hi, and adds them in order.
func (s *search) split(lo, hi int) {
	if hi-lo < 2*s.Least || clearest(hi-lo) > s.Alpha {
		return
	}
	e := newEnergy(s.series[lo:hi], s.Least)
	at, height := e.best()
	p, sure := s.p(e, height)
	if !sure {
		return
	}
	s.split(lo, lo+at)
	s.changes = append(s.changes, Change{Index: lo + at, P: p})
	s.split(lo+at, hi)
}

// p is how often a shuffled segment splits as clearly. It stops as soon as it
// is sure that this is too often.
func (s *search) p(e *energy, height float64) (p float64, sure bool) {
	const shuffles = 399
	allowed := s.Alpha * (shuffles + 1)
	as := 1 // the segment itself is one of its orders
	for range shuffles {
		s.random.Shuffle(len(e.values), func(i, j int) { e.values[i], e.values[j] = e.values[j], e.values[i] })
		if _, h := e.best(); h >= height-1e-9*math.Abs(height) {
			as++
		}
		if float64(as) > allowed {
			return 1, false
		}
	}
	return float64(as) / (shuffles + 1), true
}

// describe sets the medians on both sides of the changes.
func (s *search) describe() {
	for i := range s.changes {
		c, lo, hi := &s.changes[i], 0, len(s.series)
		if i > 0 {
			lo = s.changes[i-1].Index
		}
		if i+1 < len(s.changes) {
			hi = s.changes[i+1].Index
		}
		c.Before, c.After = stat.Median(s.series[lo:c.Index]), stat.Median(s.series[c.Index:hi])
	}
}
