package report

import (
	"math"
	"strconv"
	"strings"
)

// A style is how a cell is written.
type style struct {
	gap, percent string // before and after the spread
	thrifty      bool   // write no digits that the spread makes worthless
}

var (
	roomy = style{gap: " ", percent: "%"} // 12.3ms ±4%
	tight = style{thrifty: true}          // 12.3ms±4, 12ms±14
)

// cell writes a measurement with its spread. A spread of "?" stands for too few
// samples, one of "!" for an interval as wide as the number itself.
func (s style) cell(c Cell, unit string) string {
	if c.N == 0 {
		return "-"
	}
	if unit == "x" && c.Lo == 1 && c.Hi == 1 {
		return "1x" // serial against itself, which is not measured
	}
	if c.Lo == c.Center && c.Hi == c.Center && (unit == "%" || unit == "count") {
		return number(c.Center, 2, unit) // counted, not estimated
	}
	spread, digits := "?", 3
	if c.Bounded() {
		half := math.Round(c.spread())
		if spread = strconv.FormatFloat(half, 'f', 0, 64) + s.percent; half >= 100 {
			spread = "!"
		}
		if s.thrifty && half >= 10 {
			digits = 2
		}
	}
	return number(c.Center, digits, unit) + s.gap + "±" + spread
}

// number writes v with so many significant digits and a prefix to its unit. A
// factor ("x") below 1 is written as 0.12x, and as 1/120 where that says more.
func number(v float64, digits int, unit string) string {
	switch {
	case unit == "count": // whole, but for a median between two
		return strconv.FormatFloat(v, 'f', -1, 64)
	case v == 0:
		return "0" + unit
	case unit == "%":
		return percent(v)
	case unit == "x" && v < 0.0995:
		return "1/" + number(1/v, 2, "")
	case unit == "x" && v < 1:
		return strconv.FormatFloat(v, 'f', 2, 64) + unit
	}
	// Rounded first, so that 999.9 becomes 1.00k and not 1000.
	rounded := strconv.FormatFloat(v, 'e', digits-1, 64)
	mantissa, power, _ := strings.Cut(rounded, "e")
	exponent, err := strconv.Atoi(power)
	thousands := int(math.Floor(float64(exponent) / 3))
	prefixes := []string{"n", "µ", "m", "", "k", "M", "G", "T", "P"}
	switch i := thousands + 3; {
	case err != nil: // not finite
		return "?" + unit
	case exponent >= 100:
		return "huge"
	case i < 0:
		return "<1n" + unit
	case i >= len(prefixes):
		return mantissa[:1] + "e" + power[1:] + unit
	default:
		value, _ := strconv.ParseFloat(mantissa, 64)
		shift := exponent - 3*thousands
		decimals := max(0, digits-1-shift)
		return strconv.FormatFloat(value*math.Pow10(shift), 'f', decimals, 64) + prefixes[i] + unit
	}
}

// percent writes a share in percent, as in 3.1%.
func percent(v float64) string {
	switch {
	case !finite(v):
		return "?%"
	case v >= 99.5 || v <= -99.5:
		return strconv.FormatFloat(v, 'f', 0, 64) + "%"
	}
	return strconv.FormatFloat(v, 'g', 2, 64) + "%"
}

// atOnce writes how many tasks are in flight, in five characters at most.
func atOnce(n int) string {
	switch {
	case n == 0:
		return "-"
	case n < 100_000:
		return strconv.Itoa(n)
	}
	return number(float64(n), 3, "")
}
