package bench_test

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/catalogue"
	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/pitfall"
	"github.com/fourlevels/fourlevels/levels/process/child"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// The flags choose what is measured. Without any, `go test -bench .` measures
// every level, with the workloads that are usual for each kind of benchmark.
var (
	levelsFlag   = flag.String("levels", strings.Join(bench.Levels, ","), "levels to measure, by comma")
	worksFlag    = flag.String("works", "", "workloads to measure, by comma; none means those that are usual")
	grainFlag    = flag.Int("grain", 0, "size of a task in rounds or bytes; 0 means each workload's own")
	batchFlag    = flag.Int("batch", 0, "tasks that Throughput hands over at once; 0 means enough for the level")
	burdenFlag   = flag.Int("burden", 0, "percent of the tasks that Throughput runs once more without counting them: a slow-down to be found")
	pitfallFlag  = flag.String("pitfall", "", "pitfalls to run, by comma; none means all that can run here")
	variantFlag  = flag.String("variant", "broken,fixed", "which of their two programs, by comma")
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
	if len(os.Args) > 1 && os.Args[1] == "worker" { // of a harness under test
		os.Exit(fleet.Work(os.Args[2:], funcs()))
	}
	pitfall.Child(catalogue.All...)
	fleet.Main(funcs())
	os.Setenv(fleet.Role, "1")
	flag.Parse()
	var cancel context.CancelCauseFunc
	world.ctx, cancel = context.WithCancelCause(context.Background())
	if *leashFlag {
		go func() { // ends with the process
			io.Copy(io.Discard, os.Stdin)
			cancel(errors.New("the harness is gone"))
			time.AfterFunc(5*time.Second, func() { // a check may take longer
				child.KillTethered()
				os.Exit(1)
			})
		}()
	}
	stop, err := setUp()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
	code := m.Run()
	stop()
	if code == 0 && !*leashFlag { // a leash is a goroutine that ends with the process
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// funcs are the workloads', what BenchmarkCost holds in flight, and what kills a worker.
func funcs() levels.Funcs {
	fs := maps.Clone(workload.Funcs())
	fs["hold"], fs["die"] = hold, die
	return fs
}

func setUp() (stop func(), err error) {
	world.env = workload.Env{Origin: *originFlag, Latency: *latencyFlag, Sample: *sampleFlag, Seed: *seedFlag}
	f := flag.Lookup("test.bench").Value.String()
	if f == "" || *pitfallFlag != "" || len(works()) > 0 && !slices.ContainsFunc(works(), bench.Waits) {
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

// works are the workloads that were asked for; none means the usual.
func works() []string {
	if *worksFlag == "" {
		return nil
	}
	return strings.Split(*worksFlag, ",")
}

// exclude names the processes that are not the level's: the origin, if it is
// a child of this process.
func exclude() []int {
	if world.originPid == 0 {
		return nil
	}
	return []int{world.originPid}
}

func fleetConfig() fleet.Config {
	return fleet.Config{Funcs: funcs(), Worker: []string{os.Args[0]}, Redis: cmp.Or(*redisFlag, os.Getenv("REDIS_URL")), Embedded: *embeddedFlag}
}

// configOf is how the level of a cell is opened.
func configOf(c bench.Cell) fleet.Config {
	config := fleetConfig()
	config.RTT, config.Count = c.RTT, c.Kind == "cost"
	return config
}

// cells are what the flags ask for of a kind. They are found as a [bench.Plan] finds
// them, so that the names are those that the harness waits for.
func cells(b *testing.B, kind string) []bench.Cell {
	plan, err := bench.Plan{Axes: []bench.Axes{{
		Kinds: []string{kind}, Levels: strings.Split(*levelsFlag, ","),
		Grains: []int{*grainFlag}, Batches: []int{*batchFlag}, RTTs: []time.Duration{*rttFlag},
	}}, Latency: *latencyFlag}.Complete()
	if err != nil {
		b.Fatal(err)
	}
	for _, work := range works() {
		if err := fleet.Choose("workload", work, workload.Names()); err != nil {
			b.Fatal(err)
		}
	}
	plan.Axes[0].Works = works()
	return plan.Cells()
}

// each runs f as a benchmark for every cell of the kind. Its name is the one of that
// number among the cell's.
func each(b *testing.B, kind string, number int, f func(b *testing.B, c bench.Cell, w workload.Workload)) {
	for _, cell := range cells(b, kind) {
		env := world.env
		if cell.Wait > 0 {
			env.Latency = cell.Wait
		}
		w, err := workload.Find(cell.Work, env)
		if err != nil {
			b.Fatal(err)
		}
		_, name, _ := strings.Cut(cell.Names(w)[number], "/")
		b.Run(strings.TrimSuffix(name, "/mode=closed"), func(b *testing.B) { f(b, cell, w) })
	}
}

// open opens the cell's level until the end of the benchmark, and notes then what went
// wrong with it.
func open(b *testing.B, c bench.Cell) *fleet.Fleet {
	l, err := fleet.Open(world.ctx, c.Spec, configOf(c))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		noteFaults(b, l)
		l.Close()
	})
	return l
}

// faults are how many were noted, by benchmark: one may open several levels.
var faults = map[*testing.B]int{}

// noteFaults reports how often something went wrong with a level, if only to say never:
// all rounds of a benchmark have the same units. It goes on, and its figures are kept, but
// no report shows them as if they were sound.
func noteFaults(b *testing.B, l *fleet.Fleet) {
	n, err := l.Faults(world.ctx)
	if err != nil {
		b.Error(err)
	}
	faults[b] += n
	b.ReportMetric(float64(faults[b]), "faults")
}

// benchtime is how long a benchmark should measure, for those that are not one operation
// again and again.
func benchtime() time.Duration {
	d, err := time.ParseDuration(flag.Lookup("test.benchtime").Value.String())
	if err != nil { // a number of operations, as 1x
		return 200 * time.Millisecond
	}
	return d
}
