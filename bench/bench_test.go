package bench_test

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/usage"
	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// The flags choose what is measured. Without any, `go test -bench .` measures
// every level and workload.
var (
	levelsFlag   = flag.String("levels", strings.Join(bench.Levels, ","), "levels to measure, by comma")
	worksFlag    = flag.String("works", strings.Join(workload.Names(), ","), "workloads to measure, by comma")
	grainFlag    = flag.Int("grain", 0, "size of a task in rounds or bytes; 0 means each workload's own")
	batchFlag    = flag.Int("batch", 0, "tasks that Throughput hands over at once; 0 means enough for the level")
	rttFlag      = flag.Duration("rtt", 0, "round trip to machines; 0 is that of loopback")
	latencyFlag  = flag.Duration("latency", 2*time.Millisecond, "what the origin adds to each answer")
	sampleFlag   = flag.Int("sample", 128, "pages that words visits; 0 means all")
	seedFlag     = flag.Uint64("seed", 0, "seed of the inputs")
	corpusFlag   = flag.String("corpus", "", "folder of the pages (default: the source of the Go standard library)")
	originFlag   = flag.String("origin", "", "URL of the origin (default: one is started)")
	redisFlag    = flag.String("redis", "", "URL of the Redis (default: REDIS_URL, or else a private one)")
	embeddedFlag = flag.Bool("embedded", false, "take the embedded store even if a server is installed")
	leashFlag    = flag.Bool("leash", false, "stop when standard input ends")
)

// world is what the benchmarks share.
var world struct {
	ctx       context.Context // ends when the harness is gone
	env       workload.Env
	originPid int // of an origin that was started here; 0 if it was given
}

// TestMain lets the test binary be its own workers, and starts the origin if a
// benchmark needs one and none is given.
func TestMain(m *testing.M) {
	os.Setenv("GORACE", "atexit_sleep_ms=0")
	fleet.Main(workload.Funcs())
	os.Setenv(fleet.Role, "1")
	flag.Parse()
	var cancel context.CancelCauseFunc
	world.ctx, cancel = context.WithCancelCause(context.Background())
	if *leashFlag {
		go func() { // ends with the process
			io.Copy(io.Discard, os.Stdin)
			cancel(errors.New("the harness is gone"))
			time.AfterFunc(5*time.Second, func() { os.Exit(1) }) // a check may take longer
		}()
	}
	stop, err := setUp()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
	code := m.Run()
	stop()
	os.Exit(code)
}

func setUp() (stop func(), err error) {
	world.env = workload.Env{Origin: *originFlag, Latency: *latencyFlag, Sample: *sampleFlag, Seed: *seedFlag}
	if f := flag.Lookup("test.bench"); f.Value.String() == "" || !slices.ContainsFunc(names(*worksFlag), bench.Waits) {
		return func() {}, nil
	}
	if world.env.Corpus, err = workload.OpenCorpus(*corpusFlag); err != nil {
		return nil, err
	}
	stop = func() { world.env.Corpus.Close() }
	if *originFlag == "" {
		var end func()
		if world.env.Origin, world.originPid, end, err = fleet.StartOrigin(world.ctx, fleetConfig(), *corpusFlag); err != nil {
			return nil, err
		}
		stop = func() { end(); world.env.Corpus.Close() }
	}
	return stop, nil
}

func names(list string) []string { return strings.Split(list, ",") }

func fleetConfig() fleet.Config {
	return fleet.Config{Funcs: workload.Funcs(), Worker: []string{os.Args[0]}, Redis: cmp.Or(*redisFlag, os.Getenv("REDIS_URL")), Embedded: *embeddedFlag}
}

// BenchmarkThroughput hands over batches as fast as the level takes them.
func BenchmarkThroughput(b *testing.B) {
	each(b, "table", 0, throughput)
}

// BenchmarkLatency hands over one task at a time, from a single caller.
func BenchmarkLatency(b *testing.B) {
	each(b, "table", 1, latency)
}

// each runs f on a fresh level for every level and workload. The benchmark is the one
// of that number among those of its kind.
func each(b *testing.B, kind string, number int, f func(b *testing.B, l *fleet.Fleet, j *job)) {
	for _, work := range names(*worksFlag) {
		w, err := workload.Find(work, world.env)
		if err != nil {
			b.Fatal(err)
		}
		for _, level := range names(*levelsFlag) {
			cell, err := bench.NewCell(kind, level, work)
			if err != nil {
				b.Fatal(err)
			}
			cell.Grain, cell.Batch, cell.RTT = *grainFlag, *batchFlag, *rttFlag
			_, name, _ := strings.Cut(cell.Names(w)[number], "/")
			b.Run(name, func(b *testing.B) {
				l, err := fleet.Open(world.ctx, cell.Spec, fleetConfig())
				if err != nil {
					b.Fatal(err)
				}
				defer l.Close()
				j := newJob(w, bench.Grain(w, *grainFlag), cell.Tasks(w))
				j.warmUp(b, l)
				f(b, l, j)
				if n := l.Faults(); n > 0 {
					b.Fatalf("%d workers died during the measurement", n)
				}
			})
		}
	}
}

// A job is a batch of tasks that can be run again and again, and checked.
type job struct {
	work     workload.Workload
	tasks    []levels.Task
	checksum uint32 // over the outputs of the distinct tasks
}

func newJob(w workload.Workload, grain, n int) *job {
	j := &job{work: w, tasks: make([]levels.Task, n)}
	for i := range j.tasks {
		j.tasks[i] = w.Task(i, grain)
	}
	if n < w.Distinct { // a lone task: take turns
		for i := n; i < w.Distinct; i++ {
			j.tasks = append(j.tasks, w.Task(i, grain))
		}
	}
	return j
}

// warmUp runs each distinct task once: workers start, connections open, and the
// checksum becomes known.
func (j *job) warmUp(b *testing.B, l levels.Level) {
	results := l.Run(world.ctx, j.tasks[:j.work.Distinct])
	j.check(b, j.tasks[:j.work.Distinct], results)
	outputs := make([][]byte, len(results))
	for i, r := range results {
		outputs[i] = r.Output
	}
	j.checksum = workload.Checksum(outputs)
}

// check fails the benchmark unless every task has its one right result.
func (j *job) check(b *testing.B, tasks []levels.Task, results []levels.Result) {
	if len(results) != len(tasks) {
		b.Fatalf("%d tasks have %d results", len(tasks), len(results))
	}
	for i, r := range results {
		if r.Err != nil {
			b.Fatalf("task %d of %d: %v", i, len(results), r.Err)
		}
		if err := j.work.Check(tasks[i].Input, r.Output); err != nil {
			b.Fatalf("task %d of %d: wrong output: %v", i, len(results), err)
		}
	}
}

func throughput(b *testing.B, l *fleet.Fleet, j *job) {
	tree := usage.NewTree(exclude()...)
	var wall, cpu time.Duration
	ran, counted := 0, true
	for b.Loop() {
		used, _ := tree.CPU()
		start := time.Now()
		results := l.Run(world.ctx, j.tasks)
		wall += time.Since(start)
		now, ok := tree.CPU()
		cpu, counted = cpu+now-used, counted && ok
		ran += len(results)
		j.check(b, j.tasks, results)
	}
	b.ReportMetric(float64(wall)/float64(ran), "ns/op") // op is a task, not a batch
	b.ReportMetric(float64(ran)/wall.Seconds(), "tasks/s")
	if counted {
		b.ReportMetric(float64(cpu)/float64(ran), "cpu-ns/op")
	}
	if peak, ok := tree.PeakRSS(); ok {
		b.ReportMetric(float64(peak), "peak-RSS-bytes")
	}
	b.ReportMetric(float64(j.checksum), "checksum")
}

// exclude names the processes that are not the level's: the origin, if it is
// a child of this process.
func exclude() []int {
	if world.originPid == 0 {
		return nil
	}
	return []int{world.originPid}
}

func latency(b *testing.B, l *fleet.Fleet, j *job) {
	h := hdrhistogram.New(1, int64(time.Minute), 3)
	i := 0
	one := func() {
		task := j.tasks[i%len(j.tasks)]
		i++
		start := time.Now()
		results := l.Run(world.ctx, []levels.Task{task})
		h.RecordValue(int64(time.Since(start)))
		j.check(b, []levels.Task{task}, results)
	}
	for b.Loop() {
		one()
	}
	// Six rounds shall hold a thousand latencies, for which slow tasks need
	// more than the usual time.
	const enough = 175
	for start := time.Now(); i < enough && time.Since(start) < time.Second; {
		one()
	}
	for unit, p := range map[string]float64{"p50-ns": 50, "p90-ns": 90, "p99-ns": 99} {
		b.ReportMetric(float64(h.ValueAtPercentile(p)), unit)
	}
	b.ReportMetric(h.Mean(), "ns/op")
	b.ReportMetric(float64(h.TotalCount()), "latencies")
	b.ReportMetric(float64(j.checksum), "checksum")
}
