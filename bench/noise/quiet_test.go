package noise

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

const ms = time.Millisecond

// Each machine is quiet or not, or becomes so, and has or lacks what tells it.
var quietTests = []struct {
	name    string
	machine func() machine
	config  Config
	waited  time.Duration
	took    time.Duration
	quiet   bool
}{
	{"idle", func() machine { return machine{"proc/pressure/cpu": pressure()} },
		Config{}, 0, 100 * ms, true},
	{"just under the limit", func() machine { return machine{"proc/pressure/cpu": pressure(load{9.9, time.Hour})} },
		Config{}, 0, 100 * ms, true},
	{"at the limit", func() machine { return machine{"proc/pressure/cpu": pressure(load{10, time.Hour})} },
		Config{Patience: time.Second}, time.Second, time.Second, false},
	{"becomes quiet", func() machine { return machine{"proc/pressure/cpu": pressure(load{80, 250 * ms})} },
		Config{}, 300 * ms, 400 * ms, true},
	{"never quiet", func() machine { return machine{"proc/pressure/cpu": pressure(load{80, time.Hour})} },
		Config{}, 10 * time.Second, 10 * time.Second, false},
	{"patience for less than a second look", func() machine { return machine{"proc/pressure/cpu": pressure(load{80, time.Hour})} },
		Config{Patience: 150 * ms}, 100 * ms, 100 * ms, false},
	{"no patience", func() machine { return machine{"proc/pressure/cpu": pressure(load{80, time.Hour})} },
		Config{Patience: -1, Look: 30 * ms}, 30 * ms, 30 * ms, false},
	{"no patience, idle", func() machine { return machine{"proc/pressure/cpu": pressure()} },
		Config{Patience: -1}, 0, 100 * ms, true},
	{"another limit", func() machine { return machine{"proc/pressure/cpu": pressure(load{80, time.Hour})} },
		Config{Limit: 81}, 0, 100 * ms, true},
	{"pressure counts, not use", func() machine {
		return machine{"proc/pressure/cpu": pressure(), "proc/stat": busy(load{100, time.Hour})}
	}, Config{}, 0, 100 * ms, true},
	{"no PSI, idle", func() machine { return machine{"proc/stat": busy()} },
		Config{}, 0, 100 * ms, true},
	{"no PSI, becomes quiet", func() machine { return machine{"proc/stat": busy(load{50, 200 * ms})} },
		Config{}, 200 * ms, 300 * ms, true},
	{"PSI switched off", func() machine {
		off := &fs.PathError{Op: "read", Path: "proc/pressure/cpu", Err: syscall.EOPNOTSUPP}
		return machine{"proc/pressure/cpu": fails(off), "proc/stat": busy(load{50, time.Hour})}
	}, Config{Patience: time.Second}, time.Second, time.Second, false},
	{"PSI damaged", func() machine {
		return machine{"proc/pressure/cpu": says("some total=\n"), "proc/stat": busy(load{50, time.Hour})}
	}, Config{Patience: time.Second}, time.Second, time.Second, false},
	{"no PSI and looks shorter than a tick", func() machine { return machine{"proc/stat": busy()} },
		Config{Patience: 20 * ms, Look: 3 * ms}, 9 * ms, 12 * ms, true},
	{"another system", func() machine { return machine{} },
		Config{}, 0, 0, false},
	{"nothing readable", func() machine { return machine{"proc/pressure/cpu": says(""), "proc/stat": says("cpu")} },
		Config{}, 0, 0, false},
}

func TestQuiet(t *testing.T) {
	for _, test := range quietTests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				waited, quiet, err := test.config.complete().quiet(t.Context(), test.machine())
				if took := time.Since(begun); waited != test.waited || quiet != test.quiet || err != nil || took != test.took {
					t.Errorf("waited %v, quiet %t, %v, took %v; want %v, %t, %v", waited, quiet, err, took, test.waited, test.quiet, test.took)
				}
			})
		})
	}
}

// A counter that falls, as after a container has moved to another machine, is
// no noise and no reason to wait for ever.
func TestQuietCounterFalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reads := 0
		root := machine{"proc/pressure/cpu": func() (string, error) {
			reads++
			return [...]string{"some total=900", "some total=5"}[min(reads, 2)-1], nil
		}}
		if waited, quiet, err := (Config{}).complete().quiet(t.Context(), root); waited != 0 || !quiet || err != nil {
			t.Errorf("waited %v, quiet %t, %v", waited, quiet, err)
		}
	})
}

// The tick does not pass, and nothing else is known: patience ends all the same.
func TestQuietClockStands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		root := machine{"proc/stat": says("cpu 1 1 1 1\nctxt 1\n")}
		waited, quiet, err := Config{Patience: time.Second}.complete().quiet(t.Context(), root)
		if waited != time.Second || quiet || err != nil {
			t.Errorf("waited %v, quiet %t, %v", waited, quiet, err)
		}
	})
}

func TestQuietInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := errors.New("stop")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(320*ms, func() { cancel(stop) })
		root := machine{"proc/pressure/cpu": pressure(load{80, time.Hour})}
		waited, quiet, err := (Config{}).complete().quiet(ctx, root)
		if waited != 320*ms || quiet || err != stop {
			t.Errorf("waited %v, quiet %t, %v", waited, quiet, err)
		}
		for name, root := range map[string]machine{"told": root, "untold": {}} {
			if waited, quiet, err := (Config{}).complete().quiet(ctx, root); waited != 0 || quiet || err != stop {
				t.Errorf("%s, after the end: waited %v, quiet %t, %v", name, waited, quiet, err)
			}
		}
	})
}

// No machine reaches this limit, so the real one is quiet, or tells nothing.
func TestQuietHere(t *testing.T) {
	told := Watch(nil).told()
	waited, quiet, err := Quiet(t.Context(), Config{Limit: math.Inf(1), Look: 20 * ms})
	if waited != 0 || quiet != told || err != nil {
		t.Errorf("waited %v, quiet %t, %v; told %t", waited, quiet, err, told)
	}
}
