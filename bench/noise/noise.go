// Package noise says what else a machine did while something was measured, and
// waits until it does nothing else.
//
// A number from a machine that others use too is a number about them as well.
// So a benchmark waits for a quiet moment before a sample, for a while, and
// writes beside the sample what disturbed it:
//
//	_, quiet, err := noise.Quiet(ctx, noise.Config{})
//	w := noise.Watch(tree.CPU)
//	... the measured stretch ...
//	disturbed := w.Stop()
//
// What is done about a disturbed sample is for the caller to say, and to say
// before it is measured. To drop samples for what they turned out to be would be
// to choose the result.
//
// All numbers come from /proc and /sys/fs/cgroup. On systems without them nothing
// is known, and nobody waits.
package noise

import (
	"io/fs"
	"os"
	"time"

	"golang.org/x/perf/benchfmt"
)

// Unknown stands in a [Record] for a number that the system does not tell.
const Unknown = -1

// A Record is what happened on the machine during a stretch of time.
type Record struct {
	// Known says that the system told anything. If not, there is nothing else
	// to read here; if so, single numbers may still be [Unknown].
	Known bool

	// Steal is the share of all processors' time, in percent, that the
	// hypervisor gave to other machines while this one had work.
	Steal float64

	// Pressure is the share of the time, in percent, in which some task was
	// ready and had to wait for a processor, as the average of the processors
	// in use: three busy tasks on two processors make 50. Tasks of ours that
	// wait for each other count as well.
	Pressure float64

	// Others is the share of all processors' time, in percent, that was used,
	// but not by the processes that we call our own. Interrupts are in it,
	// whoever they were for. Time is counted in clock ticks of 10 ms, so it
	// says little about a stretch of a few ticks.
	Others float64

	// Switches counts the context switches of the whole machine.
	Switches int64

	// Throttled is for how much of the time, in percent, the CPU limit of a cgroup
	// that we are in held processors back. The times of all processors are added
	// up, and of all cgroups with a limit, so it can be more than 100.
	Throttled float64
}

// Metrics returns what is known, with the units that benchmark lines have.
func (r Record) Metrics() []benchfmt.Value {
	if !r.Known {
		return nil
	}
	var known []benchfmt.Value
	for _, v := range []benchfmt.Value{
		{Value: r.Steal, Unit: "steal-%"},
		{Value: r.Pressure, Unit: "psi-cpu-%"},
		{Value: r.Others, Unit: "others-%"},
		{Value: r.Throttled, Unit: "throttled-%"},
		{Value: float64(r.Switches), Unit: "ctxsw"},
	} {
		if v.Value != Unknown {
			known = append(known, v)
		}
	}
	return known
}

// A Watcher has begun to watch the machine.
type Watcher struct {
	root   fs.FS // the file system, or what a test puts in its place
	own    func() (time.Duration, bool)
	before state
}

// Watch begins to watch. Own answers the CPU time that our own processes have
// used so far, and whether that is known; with nil it is not. It is called once
// here and once by [Watcher.Stop].
func Watch(own func() (time.Duration, bool)) *Watcher {
	return watch(os.DirFS("/"), own)
}

func watch(root fs.FS, own func() (time.Duration, bool)) *Watcher {
	if own == nil {
		own = func() (time.Duration, bool) { return 0, false }
	}
	return &Watcher{root: root, own: own, before: look(root, own)}
}

// Stop answers what happened since Watch. It releases nothing, and may be
// called again for what happened since Watch up to then.
func (w *Watcher) Stop() Record {
	return between(w.before, look(w.root, w.own))
}

// A state is what the counters say at one time. Durations are [Unknown] where
// there is no such counter.
type state struct {
	at        time.Time
	pressure  time.Duration
	throttled time.Duration
	own       time.Duration
	counters
	counted bool
}

func look(root fs.FS, own func() (time.Duration, bool)) state {
	s := state{own: Unknown, pressure: Unknown, throttled: throttled(root)}
	if used, ok := own(); ok {
		s.own = used
	}
	if text, err := fs.ReadFile(root, "proc/stat"); err == nil {
		s.counters, err = parseStat(string(text))
		s.counted = err == nil
	}
	// There is no such file, or it cannot be read, where the kernel was built or
	// started without it.
	if text, err := fs.ReadFile(root, "proc/pressure/cpu"); err == nil {
		if waited, err := parsePressure(string(text)); err == nil {
			s.pressure = waited
		}
	}
	s.at = time.Now()
	return s
}

// between answers what happened from one state to a later one.
func between(before, after state) Record {
	r := Record{Steal: Unknown, Pressure: Unknown, Others: Unknown, Switches: Unknown, Throttled: Unknown}
	if waited := since(before.pressure, after.pressure); waited != Unknown {
		r.Known = true
		r.Pressure = percent(float64(waited), float64(after.at.Sub(before.at)))
	}
	if limited := since(before.throttled, after.throttled); limited != Unknown {
		r.Known = true
		r.Throttled = 100 * float64(limited) / float64(max(after.at.Sub(before.at), 1))
	}
	if !before.counted || !after.counted {
		return r
	}
	r.Known = true
	r.Switches = since(before.switches, after.switches)
	busy := float64(since(before.busy, after.busy))
	steal := float64(since(before.steal, after.steal))
	all := busy + steal + float64(since(before.idle, after.idle))
	r.Steal = percent(steal, all)
	if used := since(before.own, after.own); used != Unknown {
		r.Others = percent(busy-float64(used)/float64(tick), all)
	}
	return r
}

// since answers how much a counter has grown. Some fall at times, such as the
// time that processors wait for a disk: see proc_stat(5).
func since[T int64 | time.Duration](before, after T) T {
	if before == Unknown || after == Unknown {
		return Unknown
	}
	return max(0, after-before)
}

// percent is what part is of whole, of which it can be a little more or less
// than possible, as they are read from different clocks.
func percent(part, whole float64) float64 {
	if whole <= 0 {
		return Unknown // not one tick has passed
	}
	return min(100, max(0, 100*part/whole))
}
