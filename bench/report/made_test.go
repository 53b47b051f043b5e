package report

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/fourlevels/fourlevels/bench/samples"
	"golang.org/x/perf/benchfmt"
)

// A factory makes up a run that has everything, sealed as levels bench seals it. Its
// machine drifts and is noisy, and each sample has a name and values in the units that
// benchmarks print.
type factory struct {
	t      *testing.T
	out    *samples.Writer
	random *rand.Rand
	mood   float64 // of the machine, in this round
	round  int

	results [2][]*benchfmt.Result // of this round, and of its twins
	entries []samples.Entry
}

// An amount is a number with its unit.
type amount struct {
	v    float64
	unit string
}

const madeRounds = 12

// made writes the run into a new folder and returns it.
func made(t *testing.T, scenario func(*factory)) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "made")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	var config []benchfmt.Config
	for _, c := range [][2]string{{"go", "go1.26.8"}, {"goos", "linux"}, {"goarch", "amd64"}, {"cpu", "Synthetic Example Processor"}, {"cores", "2"},
		{"commit", "1a2b3c4d5e"}, {"store", "redis-7.0.15"}, {"corpus", "made-up 100 files 1000000 bytes"}, {"latency", "2ms"}, {"sample", "128"},
		{"rounds", fmt.Sprint(madeRounds)}, {"seed", "0"}, {"benchtime", "200ms"}} {
		config = append(config, benchfmt.Config{Key: c[0], Value: []byte(c[1]), File: true})
	}
	out, err := samples.Create(dir, config)
	if err != nil {
		t.Fatal(err)
	}
	f := &factory{t: t, out: out, random: rand.New(rand.NewPCG(1, 2))}
	for f.round = 1; f.round <= madeRounds; f.round++ {
		f.mood = 1 + 0.3*math.Sin(float64(f.round))
		scenario(f)
		f.flush()
	}
	if err := out.End(); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// noise is a factor near 1, the same each time the factory runs.
func (f *factory) noise(share float64) float64 { return math.Exp(share * f.random.NormFloat64()) }

// add makes a sample, now and then with its twin.
func (f *factory) add(name string, values func() []amount) {
	for i, twin := range []bool{false, true} {
		if twin && f.random.IntN(10) > 0 {
			return
		}
		r := &benchfmt.Result{Name: benchfmt.Name(name + "-2"), Iters: 100}
		for _, v := range values() {
			rounded := v.v
			if rounded > 1 {
				rounded = math.Round(rounded*10) / 10
			}
			r.Values = append(r.Values, benchfmt.Value{Value: rounded, Unit: v.unit})
		}
		f.results[i] = append(f.results[i], r)
		f.entries = append(f.entries, samples.Entry{Round: f.round, Cell: name, Twin: twin, OK: true, Seconds: float64(len(f.entries)),
			Waited: float64(f.round % 2), Loud: f.round == 7 && !twin})
	}
}

// flush writes the round in two samples: each costs a sync of the disk.
func (f *factory) flush() {
	for i, results := range f.results {
		if len(results) == 0 {
			continue
		}
		if err := f.out.Append(f.round, i == 1, results); err != nil {
			f.t.Fatal(err)
		}
	}
	if err := f.out.Note(f.entries...); err != nil {
		f.t.Fatal(err)
	}
	f.results, f.entries = [2][]*benchfmt.Result{}, nil
}

// A kin is a level, by the price of its hand-over.
type kin struct {
	level, impl string
	workers     int
	inflight    int
	price       float64 // seconds of a processor
	metg        float64 // seconds
	memory      float64
}

var kins = []kin{
	{"serial", "serial", 1, 1, 0, 0, 18e6}, {"machine", "rpc", 2, 64, 50e-6, 104e-6, 61e6}, {"machine", "queue", 2, 64, 120e-6, 228e-6, 63e6},
	{"process", "pipe", 2, 2, 6e-6, 57e-6, 52e6}, {"thread", "crew", 2, 2, 1e-6, 4.6e-6, 21e6}, {"async", "pool", 2, 256, 0.3e-6, 0.5e-6, 34e6},
}

func (k kin) name(base, work, grain string, workers, batch int, more string) string {
	if grain != "" {
		grain = "/grain=" + grain
	}
	return fmt.Sprintf("%s/level=%s/impl=%s/work=%s%s/workers=%d/inflight=%d/batch=%d%s", base, k.level, k.impl, work, grain, workers, k.inflight, batch, more)
}

// tasks is a Throughput and a Latency benchmark.
func (f *factory) tasks(k kin, work, grain string, seconds, workers float64, more string) {
	f.add(k.name(throughput, work, grain, int(workers), 256, more), func() []amount {
		cpu := (seconds + k.price) * f.noise(0.01)
		speed := min(workers, 4) / (1 + 0.05*(workers-1) + 0.004*workers*(workers-1))
		rate := speed / (seconds + k.price) / f.mood * f.noise(0.03)
		return []amount{{1e9 / rate, "ns/op"}, {rate, "tasks/s"}, {cpu * 1e9, "cpu-ns/op"}, {k.memory * f.noise(0.01), "peak-RSS-bytes"},
			{100 * min(1, seconds/(seconds+k.price)), "efficiency-%"}, {0.3 + 5*f.random.Float64(), "steal-%"}, {20 * f.mood, "psi-cpu-%"}, {7301442, "checksum"}}
	})
	f.add(k.name(latency, work, grain, int(workers), 1, more), func() []amount {
		p50 := (seconds + 2*k.price) * 1e9 * f.mood * f.noise(0.03)
		return []amount{{p50, "p50-ns"}, {p50 * 1.9, "p99-ns"}, {2000, "latencies"}, {7301442, "checksum"}}
	})
}

// everything has all sections.
func everything(f *factory) {
	for _, k := range kins {
		w := float64(k.workers)
		for _, g := range []struct {
			name    string
			seconds float64
		}{{"100", 1e-6}, {"1000", 10e-6}, {"10000", 100e-6}, {"50000", 500e-6}} {
			f.tasks(k, "cpu", g.name, g.seconds, w, "")
		}
		if k.level == "process" || k.level == "thread" || k.level == "async" {
			for _, n := range []float64{1, 4, 8, 16} {
				if f.round%2 == 0 {
					f.tasks(k, "cpu", "50000", 500e-6, n, "")
				}
			}
		}
		if k.level == "machine" {
			for _, rtt := range []float64{1000, 10_000} {
				far := k
				far.price += rtt / 1e6
				f.tasks(far, "cpu", "50000", 500e-6, 2, fmt.Sprintf("/rtt-us=%.0f", rtt))
			}
		}
		f.once(k)
	}
}

// once are the benchmarks that have sections of their own.
func (f *factory) once(k kin) {
	load := k.name("Load", "cpu", "50000", k.workers, 1, "")
	for i, mode := range []string{"/mode=closed", "/mode=open/load=50", "/mode=open/load=80"} {
		f.add(load+mode, func() []amount {
			p50 := (500e-6 + k.price) * 1e9 * (1 + float64(i)) * f.noise(0.05)
			values := []amount{{1500, "tasks/s"}, {p50, "p50-ns"}, {3 * p50, "p99-ns"}, {100 * f.noise(0.01), "little-%"}, {1500, "latencies"}, {7301442, "checksum"}}
			if i > 0 {
				values = append(values, amount{1.2 * p50, "svc-p99-ns"}, amount{p50 / 50, "sched-lag-p99-ns"}, amount{float64(i-1) * 0.02, "dropped/op"})
			}
			return values
		})
	}
	f.add(k.name("Startup", "empty", "0", k.workers, 1, ""), func() []amount {
		return []amount{{(1e-6 + 100*k.price) * 1e9 * f.noise(0.05), "startup-ns"}, {(1e-6 + 10*k.price) * 1e9 * f.noise(0.05), "close-ns"}}
	})
	f.add(k.name("Cost", "empty", "0", k.workers, 1, ""), func() []amount {
		values := []amount{{48 + k.price*1e6, "B/op"}, {2, "allocs/op"}, {k.memory / 1000 * f.noise(0.02), "inflight-B/task"}, {0, "lost/op"}, {0, "dup/op"}}
		if k.level == "machine" {
			values = append(values, amount{512, "wire-B/op"})
		}
		if k.impl == "queue" {
			values = append(values, amount{7, "redis-cmds/op"})
		}
		return values
	})
	if k.metg > 0 {
		f.add(k.name("METG", "cpu", "", k.workers, 4096, ""), func() []amount {
			values := []amount{{k.metg * 1e9 * f.noise(0.1), "metg50-ns"}, {7301442, "checksum"}}
			if k.impl != "queue" || f.round == 1 {
				values = append(values, amount{9 * k.metg * 1e9 * f.noise(0.2), "metg90-ns"})
			}
			return values
		})
	}
}

// doubtful has a reason for every row not to be believed, and a hostile name.
func doubtful(f *factory) {
	if f.round > 6 {
		return
	}
	const hostile = "evil|[x](http://x)<b>@all\x1b[31m"
	closed := func(level string, values ...amount) {
		k := kin{level: level, impl: "pool", workers: 2, inflight: 2}
		f.add(k.name("Load", "cpu", "1", 2, 1, "/mode=closed"), func() []amount {
			return append([]amount{{1000, "tasks/s"}, {1e6, "p50-ns"}, {2e6, "p99-ns"}, {1000, "latencies"}}, values...)
		})
	}
	closed("async", amount{80, "little-%"})
	closed("thread", amount{3e5, "sched-lag-p99-ns"})
	closed("process", amount{0.01, "lost/op"})
	closed("machine", amount{0.01, "dup/op"})
	closed(hostile, amount{5, "furlongs/fortnight"})
	f.add(kin{level: "async", impl: "pool", workers: 2, inflight: 2}.name(throughput, "cpu", "1", 2, 1, ""), func() []amount {
		return []amount{{1000, "tasks/s"}, {150, "efficiency-%"}, {1, "checksum"}}
	})
	f.add(kin{level: hostile, impl: hostile, workers: 2, inflight: 2}.name("Startup", "empty", "0", 2, 1, ""), func() []amount {
		return []amount{{1e6 * f.noise(0.1), "startup-ns"}}
	})
}

// The made-up runs are printed as they should be, in every format.
func TestMade(t *testing.T) {
	for name, scenario := range map[string]func(*factory){"everything": everything, "doubtful": doubtful, "pitfalls": pitfallen} {
		run, err := Open(made(t, scenario))
		if err != nil {
			t.Fatal(err)
		}
		run.Raw = "made/samples.txt" // not the temporary folder
		checkPages(t, run)
		if run.Invalid() != (name != "everything") {
			t.Errorf("%s: INVALID is %v", name, run.Invalid())
		}
		for _, format := range []Format{AsTable, AsMarkdown, AsCSV, AsJSON} {
			golden(t, filepath.Join("testdata", name+"."+string(format)+".golden"), []byte(page(t, run, format, Options{})))
		}
	}
}

// What cannot be believed is on no page: not one of the made-up figures.
func TestDoubtfulHasNoFigures(t *testing.T) {
	run, err := Open(made(t, doubtful))
	if err != nil {
		t.Fatal(err)
	}
	lines, bad := 0, 0
	for _, s := range run.Sections {
		for _, l := range s.Lines {
			if s.Key == "load" {
				lines++
				if l.Invalid != "" && len(s.figures(&l)) == 0 {
					bad++
				}
			}
		}
	}
	if lines != 5 || bad != 5 || invalid(run) != 1 {
		t.Errorf("of %d lines %d are INVALID without figures, and %d rows of the table; want 5, 5 and 1", lines, bad, invalid(run))
	}
	var text bytes.Buffer
	if err := run.Write(&text, AsCSV, Options{}); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(text.Bytes(), []byte(",1000,")) {
		t.Errorf("csv has a figure that cannot be believed:\n%s", text.Bytes())
	}
}
