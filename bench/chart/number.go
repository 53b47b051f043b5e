package chart

import (
	"math"
	"strconv"
	"strings"
)

var prefixes = []string{"n", "µ", "m", "", "k", "M", "G", "T"}

// number writes a round number as axes show it: 200ns, 1.5k, 1/20, 50%. Only times have
// parts of a thousand: nobody counts in millitasks.
func number(v float64, unit string) string {
	size := math.Abs(v)
	if unit == "x" && v > 0 && v < 0.1 { // as a fraction: 0.0003x takes counting zeros
		return "1/" + number(math.Round(1/v), "")
	}
	if v == 0 || unit == "%" || unit != "s" && size < 1000 && size >= 1e-4 {
		return plain(v) + unit
	}
	power := int(math.Floor(math.Log10(size)/3 + 1e-9))
	if unit != "s" {
		power = max(power, 0)
	}
	if power+3 < 0 || power+3 >= len(prefixes) || size < 1e-4 && unit != "s" {
		return strings.Replace(strconv.FormatFloat(v, 'g', 3, 64), "e+", "e", 1) + unit
	}
	return plain(v/math.Pow10(3*power)) + prefixes[power+3] + unit
}

// plain writes at most four digits, and no zeros that say nothing.
func plain(v float64) string {
	text := strconv.FormatFloat(v, 'f', max(0, 3-int(math.Floor(math.Log10(math.Max(math.Abs(v), 1e-9))))), 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}
