package advise

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// ParseDuration reads a time that tasks may take, such as 40ms.
func ParseDuration(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 || d > time.Hour {
		return 0, fmt.Errorf("%.40q: want a duration from 0s to 1h, as in 40ms or 0.5s (give the unit)", s)
	}
	return d, nil
}

var sizes = []struct {
	unit  string
	bytes float64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"B", 1}, {"", 1}}

// ParseSize reads a number of bytes, such as 16KiB.
func ParseSize(s string) (int, error) {
	for _, size := range sizes {
		digits, ok := strings.CutSuffix(s, size.unit)
		if !ok {
			continue
		}
		if n, ok := plain(digits); ok && n*size.bytes <= 64<<20 {
			return int(n * size.bytes), nil
		}
		break
	}
	return 0, fmt.Errorf("%.40q: want bytes up to 64MiB, as in 512B, 16KiB or 1MB", s)
}

// ParseCount reads a number of tasks, such as 1e6.
func ParseCount(s string) (float64, error) {
	n, ok := plain(s)
	if !ok || n < 1 || n > 1e15 || n != math.Trunc(n) {
		return 0, fmt.Errorf("%.40q: want a whole number from 1 to 1e15, as in 1000 or 1e6", s)
	}
	return n, nil
}

// plain reads a number without a sign, and not in hexadecimal or in words.
func plain(s string) (float64, bool) {
	if s == "" || strings.Trim(s, "0123456789.eE+") != "" || s[0] < '0' || s[0] > '9' {
		return 0, false
	}
	n, err := strconv.ParseFloat(s, 64)
	return n, err == nil && !math.IsInf(n, 0)
}

// seconds writes a time with three digits.
func seconds(s float64) string {
	switch {
	case s >= 48*3600:
		return three(s/86400) + " days"
	case s >= 120*60:
		return three(s/3600) + " h"
	case s >= 120:
		return three(s/60) + " min"
	case s >= 1:
		return three(s) + " s"
	case s >= 1e-3:
		return three(s*1e3) + " ms"
	case s >= 1e-6:
		return three(s*1e6) + " µs"
	}
	return three(s*1e9) + " ns"
}

// bytes writes a size with three digits.
func bytes(b float64) string {
	for _, unit := range []string{"B", "KiB", "MiB", "GiB"} {
		if b < 1000 {
			return three(b) + " " + unit
		}
		b /= 1024
	}
	return three(b) + " TiB"
}

// rate writes a number with three digits.
func rate(v float64) string {
	for _, prefix := range []string{"", "k", "M", "G"} {
		if v < 1000 {
			return three(v) + prefix
		}
		v /= 1000
	}
	return three(v) + "T"
}

func three(v float64) string {
	decimals := 0
	for limit := 100.0; decimals < 2 && v < limit && v > 0; limit /= 10 {
		decimals++
	}
	return strconv.FormatFloat(v, 'f', decimals, 64)
}
