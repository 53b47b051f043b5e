package bench

import (
	"runtime"
	"slices"

	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// Waits reports whether tasks of the workload mostly wait.
func Waits(work string) bool { return work == "io" || work == "words" }

// Widen gives a level the number of tasks in flight that the benchmarks run it
// with, unless its Spec has a number already: one for each processor where
// tasks compute; where they wait, 16 if each of them holds a thread or a
// process, and 256 if it holds a goroutine. Machines, two by default, share that.
func Widen(s fleet.Spec, waits bool) fleet.Spec {
	return widen(s, waits, runtime.GOMAXPROCS(0), 2)
}

// widenLoad is Widen for an open loop: where tasks compute, it leaves a processor to the
// generator, if there is more than one. Beside two tasks that compute on two processors a
// generator was late by a third of their p99.
func widenLoad(s fleet.Spec, waits bool) fleet.Spec {
	cores := max(1, runtime.GOMAXPROCS(0)-1)
	if waits {
		return Widen(s, waits)
	}
	return widen(s, waits, cores, min(2, cores))
}

func widen(s fleet.Spec, waits bool, cores, machines int) fleet.Spec {
	s = slices.Clone(s)
	inFlight, workers := cores, cores
	if waits {
		inFlight, workers = 256, 16
	}
	if s[0].Level == "machine" {
		return widenMachines(s, inFlight, machines)
	}
	switch outer := &s[0]; {
	case outer.Width > 0:
	case outer.Impl == "loop" && !waits:
		outer.Width = 1 // it has one thread
	case outer.Level == "async" || outer.Impl == "asyncio":
		outer.Width = inFlight
	case outer.Level == "process" && len(s) > 1:
		outer.Width = cores // which it is anyway, but the name should say so
	case outer.Level != "serial":
		outer.Width = workers
	}
	return s
}

// widenMachines says how many machines there are, and what runs in them: else that
// would be as wide as the level takes it, and a number of machines would change both.
func widenMachines(s fleet.Spec, inFlight, machines int) fleet.Spec {
	orDefault(&s[0].Width, machines)
	if len(s) == 1 {
		s = append(s, fleet.Part{Level: "async", Impl: "pool", Width: max(inFlight/s[0].Width, 1)})
	}
	return s
}

// Grain is the size of the workload's tasks, if one is asked for and it has any.
func Grain(w workload.Workload, asked int) int {
	if asked > 0 && w.Size > 0 {
		return asked
	}
	return w.Size
}

// Batch is the number of tasks to hand over at once: enough to keep the level
// busy, and a multiple of the distinct inputs, so that each is in every batch
// equally often.
func Batch(s fleet.Spec, w workload.Workload) int {
	least := map[string]int{"empty": 4096, "cpu": 256, "skew": 256}[w.Name]
	return multiple(max(least, 4*s.AtOnce()), w.Distinct)
}

// multiple is the least multiple of of that is n or more.
func multiple(n, of int) int { return max(1, (n+of-1)/of) * of }
