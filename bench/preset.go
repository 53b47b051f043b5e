package bench

import "time"

// A Preset is a plan with a name.
type Preset struct {
	Name, About string
	Plan
}

// Presets are the plans that have names.
var Presets = []Preset{Quick, Full, Pitfalls}

// Quick is the main job: a table of levels for each of four workloads, in less than
// three minutes on two processors.
var Quick = Preset{"quick", "the levels on four workloads, in under three minutes", Plan{Axes: []Axes{{Kinds: []string{"table"}}}}}

// Full measures all that can be measured, in less than an hour on two processors: what
// the matrix, the fits and the predictions are made of.
var Full = Preset{"full", "everything: sizes, widths, latency under load, METG, distance, costs, in under an hour", Plan{
	Rounds: 24, Benchtime: 200 * time.Millisecond,
	Axes: []Axes{
		{Kinds: []string{"table"}, Works: []string{"empty", "cpu", "io", "words", "bytes", "skew"}},
		{Kinds: []string{"table"}, Works: []string{"cpu"}, Grains: []int{100, 1000, 10000}, Every: 2},
		{Kinds: []string{"table"}, Works: []string{"bytes"}, Grains: []int{64, 4096, 1 << 20}, Every: 4},
		{Kinds: []string{"table"}, Works: []string{"cpu"}, Levels: scaled, Workers: []int{1, 2, 4, 8}, Every: 4},
		{Kinds: []string{"table"}, Works: []string{"io"}, Levels: scaled, Workers: []int{1, 2, 4, 8, 16, 64}, Every: 4},
		{Kinds: []string{"table"}, Works: []string{"empty", "cpu"}, Levels: []string{"machine/rpc", "machine/queue"},
			RTTs: []time.Duration{time.Millisecond, 10 * time.Millisecond}, Every: 4},
		{Kinds: []string{"metg"}, Levels: built, Works: []string{"cpu"}},
		{Kinds: []string{"metg"}, Works: []string{"io"}, Every: 2},
		{Kinds: []string{"load"}, Every: 4},
		{Kinds: []string{"startup"}, Levels: built},
		{Kinds: []string{"cost"}, Every: 4},
	},
}}

// Pitfalls measures the broken and the fixed program of every pitfall.
var Pitfalls = Preset{"pitfalls", "every pitfall's broken and fixed program, in about five minutes", Plan{Axes: []Axes{{Kinds: []string{ofPitfalls}}}}}

// scaled are the levels whose width is a number of workers.
var scaled = []string{"process", "thread", "async"}

// built are the ways to build a level on this host, and the machines.
var built = []string{"machine/rpc", "machine/queue", "process", "process/socket", "process/shm", "thread", "thread/channel",
	"thread/per-task", "async", "async/semaphore", "async/errgroup"}
