package noise

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/perf/benchfmt"
)

// Two states of a machine with two processors, a second apart.
var (
	before = machine{
		"proc/stat":                  says("cpu  1000 10 500 9000 90 0 5 20 7 0\ncpu0 1 2 3 4\nctxt 4000\n"),
		"proc/pressure/cpu":          says("some avg10=1.94 avg60=0.63 avg300=0.21 total=2000000\n"),
		"proc/self/cgroup":           says("0::/a/b\n"),
		"sys/fs/cgroup/a/b/cpu.stat": says("usage_usec 5\nthrottled_usec 100\n"),
		"sys/fs/cgroup/a/cpu.stat":   says("usage_usec 7\nthrottled_usec 10\n"),
		"sys/fs/cgroup/cpu.stat":     says("usage_usec 9\n"), // the root has no limit
	}
	after = machine{
		"proc/stat":                  says("cpu  1080 10 515 9080 92 1 7 40 9 0\ncpu0 1 2 3 4\nctxt 4321\n"),
		"proc/pressure/cpu":          says("some avg10=1.94 avg60=0.63 avg300=0.21 total=2250000\n"),
		"proc/self/cgroup":           says("0::/a/b\n"),
		"sys/fs/cgroup/a/b/cpu.stat": says("usage_usec 5\nthrottled_usec 50100\n"),
		"sys/fs/cgroup/a/cpu.stat":   says("usage_usec 7\nthrottled_usec 10010\n"),
		"sys/fs/cgroup/cpu.stat":     says("usage_usec 9\n"),
	}
	// 98 of 200 ticks are busy, 20 stolen, and 60 ms of a second held back.
	whole = Record{Known: true, Steal: 10, Pressure: 25, Others: 19, Switches: 321, Throttled: 6}
)

// without is a machine that lacks some files.
func (m machine) without(names ...string) machine {
	left := machine{}
	for name, file := range m {
		left[name] = file
	}
	for _, name := range names {
		delete(left, name)
	}
	return left
}

// watched is the record of a second, in which our own processes use 600 ms.
func watched(t *testing.T, before, after machine, own bool) (r Record) {
	synctest.Test(t, func(t *testing.T) {
		used := 7 * time.Second
		w := watch(before, func() (time.Duration, bool) { return used, own })
		time.Sleep(time.Second)
		used += 600 * time.Millisecond
		w.root = after
		r = w.Stop()
		if again := w.Stop(); again != r {
			t.Errorf("the second time: %+v, the first: %+v", again, r)
		}
	})
	return r
}

func TestWatch(t *testing.T) {
	unknown := Record{Steal: Unknown, Pressure: Unknown, Others: Unknown, Switches: Unknown, Throttled: Unknown}
	with := func(r Record, change func(*Record)) Record {
		change(&r)
		return r
	}
	const stat, psi, cgroup = "proc/stat", "proc/pressure/cpu", "proc/self/cgroup"
	for name, test := range map[string]struct {
		before, after machine
		own           bool
		want          Record
	}{
		"all":         {before, after, true, whole},
		"own unknown": {before, after, false, with(whole, func(r *Record) { r.Others = Unknown })},
		"no PSI": {before.without(psi), after.without(psi), true,
			with(whole, func(r *Record) { r.Pressure = Unknown })},
		"PSI lost": {before, after.without(psi), true,
			with(whole, func(r *Record) { r.Pressure = Unknown })},
		"no cgroup": {before.without(cgroup), after.without(cgroup), true,
			with(whole, func(r *Record) { r.Throttled = Unknown })},
		"only PSI": {before.without(stat, cgroup), after.without(stat, cgroup), true,
			with(unknown, func(r *Record) { r.Known, r.Pressure = true, 25 })},
		"only a cgroup": {before.without(stat, psi), after.without(stat, psi), true,
			with(unknown, func(r *Record) { r.Known, r.Throttled = true, 6 })},
		"stat lost": {before, after.without(stat), true,
			with(whole, func(r *Record) { r.Steal, r.Others, r.Switches = Unknown, Unknown, Unknown })},
		"another system": {machine{}, machine{}, true, unknown},
		"counters fall": {after, before, true, // and so no tick has passed
			Record{Known: true, Steal: Unknown, Others: Unknown}},
		"no tick": {before, before, true, Record{Known: true, Steal: Unknown, Others: Unknown}},
	} {
		t.Run(name, func(t *testing.T) {
			if have := watched(t, test.before, test.after, test.own); have != test.want {
				t.Errorf("have %+v, want %+v", have, test.want)
			}
		})
	}
}

// Different clocks: what is ours can seem more than all that was used, and the
// pressure longer than the time.
func TestWatchStaysWithinBounds(t *testing.T) {
	idle := machine{"proc/stat": says("cpu 1000 10 500 9140 90 0 5 20\nctxt 4000\n"), "proc/pressure/cpu": says("some total=99000000")}
	want := Record{Known: true, Pressure: 100, Throttled: Unknown}
	if have := watched(t, before, idle, true); have != want {
		t.Errorf("have %+v, want %+v", have, want)
	}
}

func TestThrottledVersion1(t *testing.T) {
	for groups, want := range map[string]time.Duration{
		"5:memory:/m\n4:cpu,cpuacct:/a\n0::/\n": 12,
		"4:cpuset:/a\n":                         Unknown,
		"4:cpu:/../a\n":                         3,
		"4\n\n::\n":                             Unknown,
		"":                                      Unknown,
	} {
		root := machine{
			"proc/self/cgroup":                     says(groups),
			"sys/fs/cgroup/cpu,cpuacct/a/cpu.stat": says("nr_periods 1\nnr_throttled 1\nthrottled_time 12\n"),
			"sys/fs/cgroup/cpu/a/cpu.stat":         says("throttled_time 3\n"),
			"sys/fs/cgroup/cpu/cpu.stat":           says("damaged"),
			"sys/fs/cgroup/cpuset/a/cpu.stat":      says("throttled_time 7\n"),
		}
		if have := throttled(root); have != want {
			t.Errorf("%q: have %v, want %v", groups, have, want)
		}
	}
}

func TestMetrics(t *testing.T) {
	all := []benchfmt.Value{{Value: 10, Unit: "steal-%"}, {Value: 25, Unit: "psi-cpu-%"}, {Value: 19, Unit: "others-%"}, {Value: 6, Unit: "throttled-%"}, {Value: 321, Unit: "ctxsw"}}
	if have := whole.Metrics(); !reflect.DeepEqual(have, all) {
		t.Errorf("have %v, want %v", have, all)
	}
	part := whole
	part.Pressure, part.Others, part.Throttled = Unknown, Unknown, Unknown
	if have, want := part.Metrics(), []benchfmt.Value{all[0], all[4]}; !reflect.DeepEqual(have, want) {
		t.Errorf("have %v, want %v", have, want)
	}
	if have := (Record{}).Metrics(); len(have) > 0 {
		t.Errorf("of nothing: have %v", have)
	}
}

// The real machine tells numbers that can be, or none.
func TestWatchHere(t *testing.T) {
	if r := Watch(nil).Stop(); r.Known && r.Others != Unknown {
		t.Errorf("nobody said what is ours: %+v", r)
	}
	r := Watch(func() (time.Duration, bool) { return 0, true }).Stop()
	for _, v := range r.Metrics() {
		if v.Value < 0 || strings.Contains("steal-% psi-cpu-% others-%", v.Unit) && v.Value > 100 || math.IsNaN(v.Value) {
			t.Errorf("%v %s", v.Value, v.Unit)
		}
	}
}
