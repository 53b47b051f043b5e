package live

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// figure writes a value with three digits that count, as people read it.
func figure(v float64) string {
	switch a := math.Abs(v); {
	case math.IsNaN(v), math.IsInf(v, 0):
		return "?"
	case v == math.Trunc(v) && a < 1e7:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case a >= 1e7 || a < 1e-4:
		return strconv.FormatFloat(v, 'e', 2, 64)
	}
	digits := max(0, 2-int(math.Floor(math.Log10(math.Abs(v)))))
	return strconv.FormatFloat(v, 'f', digits, 64)
}

// amount is a value with its unit.
func amount(v float64, unit string) string {
	if unit = plain(unit, 12); unit != "" {
		unit = " " + unit
	}
	return figure(v) + unit
}

// clock is a time as it stands at the end of an axis.
func clock(d time.Duration) string {
	switch {
	case d >= time.Second:
		return fmt.Sprintf("%.3g s", d.Seconds())
	case d >= time.Millisecond:
		return fmt.Sprintf("%.3g ms", d.Seconds()*1e3)
	}
	return fmt.Sprintf("%.3g µs", d.Seconds()*1e6)
}

// roundUp is the next of 1, 2, 5, 10, 20, 50 ... that is d or more: an axis that is full
// grows in steps, so that bars stand still between them.
func roundUp(d, least time.Duration) time.Duration {
	for step := least; step < longest; step *= 10 {
		for _, factor := range []time.Duration{1, 2, 5} {
			if d <= factor*step {
				return factor * step
			}
		}
	}
	return d
}
