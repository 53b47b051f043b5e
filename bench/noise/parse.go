package noise

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of time in /proc/stat: USER_HZ, which is 100 on every
// architecture that Go runs on.
const tick = 10 * time.Millisecond

// Counters are what /proc/stat says of the time since the machine was started.
// Its times stay in ticks: those of a large machine, in nanoseconds, are more
// than an int64 can hold.
type counters struct {
	busy, idle, steal int64 // ticks, of all processors together
	switches          int64
}

// parseStat reads /proc/stat.
func parseStat(text string) (counters, error) {
	var c counters
	var times, switches bool
	for line := range strings.Lines(text) {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		var err error
		switch name {
		case "cpu": // the sum of cpu0, cpu1 and so on
			times, err = true, c.parseTimes(rest)
		case "ctxt":
			switches = true
			c.switches, err = count(rest)
		}
		if err != nil {
			return counters{}, fmt.Errorf("/proc/stat: %s: %w", name, err)
		}
	}
	if !times || !switches {
		return counters{}, errors.New("/proc/stat: want a line cpu and a line ctxt")
	}
	return c, nil
}

// parseTimes reads the times of the line cpu: user, nice, system, idle, iowait,
// irq, softirq, steal, of which the oldest kernels have the first four. After
// them come the times of guests, which are in user and nice as well.
func (c *counters) parseTimes(text string) error {
	const first, idle, iowait, steal, all = 4, 3, 4, 7, 8
	fields := strings.Fields(text)
	if len(fields) < first {
		return fmt.Errorf("want %d times or more, have %d", first, len(fields))
	}
	for i, field := range fields[:min(all, len(fields))] {
		ticks, err := count(field)
		if err != nil {
			return err
		}
		switch i {
		case idle, iowait:
			c.idle += ticks
		case steal:
			c.steal = ticks
		default:
			c.busy += ticks
		}
	}
	return nil
}

// parsePressure reads /proc/pressure/cpu: for how long in all some task has
// waited for a processor. Its averages are over ten seconds and more, too slow
// for a sample; the total is up to date whenever it is read.
func parsePressure(text string) (time.Duration, error) {
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] != "some" {
			continue
		}
		for _, field := range fields[1:] {
			if total, ok := strings.CutPrefix(field, "total="); ok {
				return parseTime(total, time.Microsecond)
			}
		}
	}
	return 0, errors.New("/proc/pressure/cpu: want a line some with a total")
}

// parseThrottled reads the file cpu.stat of a cgroup, which counts microseconds
// in version 2 and nanoseconds in version 1.
func parseThrottled(text string) (time.Duration, error) {
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch name {
		case "throttled_usec":
			return parseTime(value, time.Microsecond)
		case "throttled_time":
			return parseTime(value, time.Nanosecond)
		}
	}
	return 0, errors.New("cpu.stat: want throttled_usec or throttled_time")
}

// throttled adds up the throttled time of the cgroups of this process, from its
// own up to the root, as the limit of each holds it back. It is Unknown if none
// of them has a limit to count for.
func throttled(root fs.FS) time.Duration {
	sum, known := time.Duration(0), false
	for _, dir := range groups(root) {
		text, err := fs.ReadFile(root, path.Join(dir, "cpu.stat"))
		if err != nil {
			continue
		}
		if spent, err := parseThrottled(string(text)); err == nil {
			sum, known = sum+spent, true
		}
	}
	if !known {
		return Unknown
	}
	return sum
}

// groups lists the folders of the cgroups that may limit the CPU time of this
// process, in both versions.
func groups(root fs.FS) []string {
	text, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return nil
	}
	var dirs []string
	for line := range strings.Lines(string(text)) { // "4:cpu,cpuacct:/a/b", or "0::/a/b" in version 2
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) < 3 || fields[0] != "0" && !strings.Contains(","+fields[1]+",", ",cpu,") {
			continue
		}
		for dir := path.Clean("/" + fields[2]); ; dir = path.Dir(dir) {
			dirs = append(dirs, path.Join("sys/fs/cgroup", fields[1], dir))
			if dir == "/" {
				break
			}
		}
	}
	return dirs
}

// parseTime reads a time that is counted in units.
func parseTime(text string, unit time.Duration) (time.Duration, error) {
	n, err := count(text)
	if err == nil && n > math.MaxInt64/int64(unit) {
		err = fmt.Errorf("%d times %v is too long", n, unit)
	}
	if err != nil {
		return 0, err
	}
	return time.Duration(n) * unit, nil
}

// count reads a counter. It is not negative, and so far from its end that eight
// of them can be added up.
func count(text string) (int64, error) {
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 60)
	return int64(n), err
}
