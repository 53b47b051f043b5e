package report

import (
	"math"
	"strings"
)

// plotWidth is how many columns a plot takes. What is wider gains nothing: the scales
// are of logs.
const plotWidth = 80

// A pen draws the plots of a terminal: below some tables a picture of the same
// figures. Levels are told apart by the shape of their marks; colour repeats it.
type pen struct {
	marks  []rune // of the first series, the second ...
	join   string // between two marks
	axes   [6]string
	ascii  bool
	colors bool
}

// The parts of axes.
const (
	upright = iota // beside the rows
	stub           // at a round number
	corner
	level // below the columns
	notch // of a round number
	fit   // of a law that is drawn through marks
)

// newPen returns nil if there are to be no plots.
func newPen(o Options) *pen {
	switch {
	case !o.Plots:
		return nil
	case o.ASCII:
		return &pen{marks: []rune("o#x*@%&$"), join: "-", axes: [6]string{"|", "+", "+", "-", "+", "."}, ascii: true, colors: o.Color}
	}
	return &pen{marks: []rune("●◆▲■○◇△□"), join: "─", axes: [6]string{"│", "┤", "└", "─", "┬", "·"}, colors: o.Color}
}

// plot draws what is below the table of a section, or nothing where there is no more to
// see than in the table.
func (p *pen) plot(s *Section) []string {
	if p == nil {
		return nil
	}
	var lines []string
	switch s.Key {
	case "metg":
		lines = p.dots(s, 0, 1, "50 %", "90 %")
	case "load":
		lines = p.dots(s, 1, 2, "p50", "p99")
	case "scaling":
		lines = p.curves(s)
	}
	for i, line := range lines {
		if p.ascii {
			line = typewriter.Replace(line)
		}
		lines[i] = strings.TrimRight(line, " ")
	}
	return lines
}

// typewriter writes the few letters of labels that are not ASCII.
var typewriter = strings.NewReplacer("µ", "u", "…", "~")

// hues are the colours of the series: those of ANSI that are neither that of the best
// nor that of INVALID.
var hues = []string{"\x1b[36m", "\x1b[35m", "\x1b[33m", "\x1b[34m"}

// mark is how the i-th series is drawn.
func (p *pen) mark(i int) string {
	m := string(p.marks[i])
	if p.colors {
		m = hues[i%len(hues)] + m + normal
	}
	return m
}

// drawable reports whether a figure has a place on a scale of logs.
func drawable(c Cell) bool { return c.N > 0 && c.Center > 1e-12 && c.Center < 1e15 }

// A scale gives positive numbers places from 0 to last, by their logs.
type scale struct {
	lo, hi float64 // logs
	last   int
}

// Mantissas of round numbers.
var (
	coarse = []float64{1, 2, 5}
	middle = []float64{1, 2, 3, 5, 7}
	fine   = []float64{1, 2, 3, 4, 5, 6, 7, 8, 9}
	finest = []float64{1, 1.2, 1.5, 2, 3, 4, 5, 6, 7, 8, 9}
)

// newScale has room for all values, from a round number to a round number.
func newScale(values, mantissas []float64, last int) scale {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		lo, hi = min(lo, math.Log10(v)), max(hi, math.Log10(v))
	}
	s := scale{math.Floor(lo), math.Ceil(hi), last}
	for _, round := range s.rounds(mantissas, 1) {
		if at := math.Log10(round); at <= lo+tiny {
			s.lo = at
		} else if at >= hi-tiny {
			s.hi = at
			break
		}
	}
	if s.hi <= s.lo {
		s.hi = s.lo + math.Log10(2)
	}
	return s
}

const tiny = 1e-9 // of logs, for numbers that are round but for the last bit

// place is where v stands, with its fraction.
func (s scale) place(v float64) float64 {
	return (math.Log10(v) - s.lo) / (s.hi - s.lo) * float64(s.last)
}

func (s scale) at(v float64) int { return int(math.Round(s.place(v))) }

// value is what stands at a place.
func (s scale) value(place int) float64 {
	return math.Pow(10, s.lo+(s.hi-s.lo)*float64(place)/float64(s.last))
}

// ticks are round numbers, as many as stand a gap apart.
func (s scale) ticks(gap int) []float64 {
	for _, mantissas := range [][]float64{fine, middle, coarse} {
		if all := s.rounds(mantissas, 1); s.apart(all, gap) {
			return all
		}
	}
	for every := 1; ; every *= 2 { // at last there is only 1, or nothing
		if all := s.rounds([]float64{1}, every); s.apart(all, gap) {
			return all
		}
	}
}

// rounds are the mantissas in every n-th decade.
func (s scale) rounds(mantissas []float64, every int) (all []float64) {
	for power := int(math.Floor(s.lo)); power <= int(math.Ceil(s.hi)); power++ {
		for _, m := range mantissas {
			v := m * math.Pow10(power)
			if at := math.Log10(v); power%every == 0 && at >= s.lo-tiny && at <= s.hi+tiny {
				all = append(all, v)
			}
		}
	}
	return all
}

func (s scale) apart(values []float64, gap int) bool {
	for i := 1; i < len(values); i++ {
		if s.at(values[i])-s.at(values[i-1]) < gap {
			return false
		}
	}
	return true
}

// base draws the axis below the columns: a line with notches, and the numbers under
// them. Both begin after an indent.
func (p *pen) base(indent int, s scale, ticks []float64, write func(float64) string) []string {
	line := strings.Split(strings.Repeat(p.axes[level], s.last+1), "")
	numbers := []rune(strings.Repeat(" ", plotWidth))
	for _, v := range ticks {
		at := s.at(v)
		line[at] = p.axes[notch]
		text := []rune(write(v))
		begin := indent + 1 + at - (len(text)-1)/2
		copy(numbers[max(0, begin):], text)
	}
	return []string{strings.Repeat(" ", indent) + p.axes[corner] + strings.Join(line, ""), string(numbers)}
}

// rounded writes round numbers, which have one digit and zeros.
func rounded(unit string) func(float64) string {
	return func(v float64) string { return number(v, 1, unit) }
}

// spaced are those of some values that stand a gap apart, from the first on.
func (s scale) spaced(values []float64, gap int) (some []float64) {
	for _, v := range values {
		if len(some) == 0 || s.at(v)-s.at(some[len(some)-1]) >= gap {
			some = append(some, v)
		}
	}
	return some
}
