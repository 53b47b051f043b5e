package chart

import (
	"math"
	"slices"
)

// A scale maps the values of an axis to places between two borders of the drawing.
type scale struct {
	axis     Axis
	lo, hi   float64 // values shown
	from, to float64 // where they are; from may be the larger
}

// newScale shows all values, and some room around them.
func newScale(a Axis, values []float64) scale {
	a.Log = a.Log && len(a.Names) == 0
	s := scale{axis: a, lo: math.Inf(1), hi: math.Inf(-1)}
	for _, v := range append(slices.Clone(values), a.Ticks...) {
		s.include(v)
	}
	for _, v := range []float64{a.From, a.To} {
		if v != 0 {
			s.include(v)
		}
	}
	switch {
	case len(a.Names) > 0:
		s.lo, s.hi = -0.3, float64(len(a.Names))-0.7
	case s.lo > s.hi: // no value at all
		s.lo, s.hi = 1, 10
	case a.Log:
		room := math.Max(math.Pow(s.hi/s.lo, 0.05), 1.02)
		s.lo, s.hi = s.lo/room, s.hi*room
	case a.Zero:
		s.lo, s.hi = 0, s.hi*1.06
	default:
		room := 0.05 * (s.hi - s.lo)
		s.lo, s.hi = s.lo-room, s.hi+room
	}
	if s.lo == s.hi {
		room := max(1, math.Abs(s.hi)/2)
		s.lo, s.hi = s.lo-room, s.hi+room
	}
	return s
}

func (s *scale) include(v float64) {
	if s.shows(v) {
		s.lo, s.hi = min(s.lo, v), max(s.hi, v)
	}
}

// shows reports whether the axis has a place for v at all. Where squares and ratios of
// values would no longer be numbers, it has none.
func (s *scale) shows(v float64) bool {
	const far = 1e100
	return math.Abs(v) < far && (v > 1/far || !s.axis.Log)
}

// between places the scale in the drawing.
func (s *scale) between(from, to float64) { s.from, s.to = from, to }

// place is where v is. Beyond the values shown it is at the border: an interval may go
// on, but its line ends there.
func (s *scale) place(v float64) float64 {
	if s.axis.Log {
		share := (math.Log(max(v, s.lo)) - math.Log(s.lo)) / (math.Log(s.hi) - math.Log(s.lo))
		return s.from + min(share, 1)*(s.to-s.from)
	}
	return s.from + min(max((v-s.lo)/(s.hi-s.lo), 0), 1)*(s.to-s.from)
}

// A tick is a value with its label.
type tick struct {
	at   float64
	text string
}

// ticks are as many as have room, if each takes what size says.
func (s *scale) ticks(size func(text string) float64) []tick {
	if len(s.axis.Names) > 0 {
		var all []tick
		for i, name := range s.axis.Names {
			all = append(all, tick{float64(i), clip(name, 14)})
		}
		return s.spaced(all, size)
	}
	if s.axis.Ticks != nil {
		return s.spaced(s.labelled(s.axis.Ticks), size)
	}
	for _, values := range s.choices() {
		if all := s.labelled(values); s.fits(all, size) {
			return all
		}
	}
	return s.spaced(s.labelled([]float64{s.lo, s.hi}), size)
}

func (s *scale) labelled(values []float64) (all []tick) {
	for _, v := range values {
		all = append(all, tick{v, number(v, s.axis.Unit)})
	}
	return all
}

// choices are sets of round values, the densest first.
func (s *scale) choices() (sets [][]float64) {
	add := func(set []float64) {
		if len(set) >= 2 {
			sets = append(sets, set)
		}
	}
	if s.axis.Log && s.hi/s.lo >= 4 {
		for _, steps := range [][]float64{{1, 2, 5}, {1, 3}, {1}} {
			add(s.decades(steps, 1))
		}
		for every := 2; every <= 9; every++ {
			add(s.decades([]float64{1}, every))
		}
		if len(sets) > 0 {
			return sets
		}
	}
	for power := math.Floor(math.Log10(s.hi-s.lo)) - 1; power <= math.Log10(s.hi-s.lo); power++ {
		for _, step := range []float64{1, 2, 5} {
			add(s.multiples(step, int(power)))
		}
	}
	return sets
}

func (s *scale) decades(steps []float64, every int) (values []float64) {
	for power := int(math.Floor(math.Log10(s.lo))); power <= int(math.Ceil(math.Log10(s.hi))); power++ {
		for _, step := range steps {
			if v := decimal(step, power); power%every == 0 && v >= s.lo && v <= s.hi {
				values = append(values, v)
			}
		}
	}
	return values
}

func (s *scale) multiples(step float64, power int) (values []float64) {
	width := decimal(step, power)
	for i := math.Ceil(s.lo / width); i*width <= s.hi && len(values) < 100; i++ {
		values = append(values, decimal(i*step, power))
	}
	return values
}

// decimal is step times a power of ten, without the dust of 0.1 not being binary.
func decimal(step float64, power int) float64 {
	if power < 0 {
		return step / math.Pow10(-power)
	}
	return step * math.Pow10(power)
}

// fits reports whether no two labels touch.
func (s *scale) fits(all []tick, size func(string) float64) bool {
	return len(s.spaced(all, size)) == len(all)
}

// spaced leaves out the labels that would touch the one before.
func (s *scale) spaced(all []tick, size func(string) float64) (some []tick) {
	last := math.Inf(-1)
	for _, t := range all {
		at, half := math.Abs(s.place(t.at)-s.from), size(t.text)/2
		if at-half >= last {
			some, last = append(some, t), at+half
		}
	}
	return some
}
