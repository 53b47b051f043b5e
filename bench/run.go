package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/perf/benchfmt"

	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/samples"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// A Runner carries out plans.
type Runner struct {
	Root   string   // of the source tree, where the test binary is built
	Out    string   // folder in which each run gets a folder of its own
	Worker []string // how to start this program as a worker of package fleet

	Progress func(Progress) // called before each sample, and after the last; nil is fine
}

// Progress is how far a run is.
type Progress struct {
	Step        string // what is being done
	Done, Total int    // samples
	Left        time.Duration
}

// Run carries out the plan and returns the folder with its results. The samples
// are on disk as soon as they are measured: when ctx ends, Run stops the one
// that is running, and returns the folder together with the cause of ctx.
//
// A sample that fails is noted in the journal, and the run goes on: whoever
// reads the folder sees it. The error says why the run could not begin, or why
// it could not go on. There is no folder if nothing was measured.
func (r Runner) Run(ctx context.Context, p Plan) (dir string, err error) {
	if p, err = p.Complete(); err != nil {
		return "", err
	}
	m := &measurement{Runner: r, plan: p, begun: time.Now()}
	defer func() {
		err = errors.Join(err, m.close())
		if m.done == 0 {
			dir = ""
		}
	}()
	if err := m.open(ctx); err != nil {
		return "", interrupted(ctx, err)
	}
	for round := 1; round <= p.Rounds; round++ {
		for _, turn := range p.Schedule(round) {
			if err := m.sample(ctx, round, turn); err != nil {
				return m.dir, interrupted(ctx, err)
			}
		}
	}
	m.progress("done")
	return m.dir, m.out.End()
}

// interrupted prefers the cause of ctx to what it led to.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// A measurement is a run under way.
type measurement struct {
	Runner
	plan   Plan
	begun  time.Time
	spent  time.Duration // on samples
	done   int           // samples
	total  int
	dir    string // of the results
	env    workload.Env
	args   []string // of the test binary, the same for all cells
	binary string
	config []benchfmt.Config

	out  *samples.Writer
	undo []func() // last first
}

// open looks at what it was given, then builds the test binary and starts what
// the samples share, and begins the files. A mistake shows before the build.
func (m *measurement) open(ctx context.Context) error {
	m.progress("looking at the corpus and the store")
	corpus, err := workload.OpenCorpus(m.plan.Corpus)
	if err != nil {
		return Environment(err)
	}
	m.undo = append(m.undo, func() { corpus.Close() })
	config := fleet.Config{Worker: m.Worker, Redis: m.plan.Redis, Embedded: m.plan.Embedded}
	store, err := m.plan.store(ctx, config)
	if err != nil {
		return Environment(err)
	}
	if at, err := os.Stat(m.Out); err == nil && !at.IsDir() {
		return Environment(fmt.Errorf("results cannot be written to %s: it is no folder", m.Out))
	}
	m.progress("building the benchmarks")
	if err := m.build(ctx); err != nil {
		return err
	}
	m.progress("starting the origin")
	origin, _, stop, err := fleet.StartOrigin(ctx, config, m.plan.Corpus)
	if err != nil {
		return Environment(err)
	}
	m.undo = append(m.undo, stop)
	m.env = workload.Env{Origin: origin, Corpus: corpus, Latency: m.plan.Latency, Sample: m.plan.Sample, Seed: m.plan.Seed}
	m.args = m.plan.args(origin)
	for round := 1; round <= m.plan.Rounds; round++ {
		m.total += len(m.plan.Schedule(round))
	}
	if err := m.begin(store, fmt.Sprintf("%s %d files %d bytes", corpus.Name(), corpus.Pages(), corpus.Bytes())); err != nil {
		return Environment(err)
	}
	return nil
}

// store is the name of the store that the samples will use: each has one of its
// own, unless one was given. A plan without a queue has none.
func (p Plan) store(ctx context.Context, c fleet.Config) (name string, err error) {
	if !slices.ContainsFunc(p.Cells(), func(c Cell) bool { return c.Spec.NeedsStore() }) {
		return "none", nil
	}
	s, err := fleet.OpenStore(ctx, c)
	if err != nil {
		return "", err
	}
	defer s.Close()
	if p.Redis != "" {
		return s.Name + " (given)", nil
	}
	return s.Name, nil
}

func (m *measurement) build(ctx context.Context) error {
	tmp, err := os.MkdirTemp("", "fourlevels-bench-")
	if err != nil {
		return Environment(err)
	}
	m.undo = append(m.undo, func() { os.RemoveAll(tmp) })
	m.binary = filepath.Join(tmp, "bench.test")
	cmd := exec.CommandContext(ctx, "go", "test", "-c", "-o", m.binary, "./bench")
	cmd.Dir = m.Root
	cmd.Env = append(os.Environ(), "GOTMPDIR="+tmp) // an interrupted go test leaves its temporary files behind
	cmd.WaitDelay = 10 * time.Second
	interruptible(cmd)
	if out, err := cmd.CombinedOutput(); err != nil {
		return Environment(fmt.Errorf("build the benchmarks in %s: %w: %s", m.Root, err, bytes.TrimSpace(out)))
	}
	return nil
}

// args are the flags of the test binary that are the same for all samples.
func (p Plan) args(origin string) []string {
	return []string{
		"-test.run=^$", "-test.count=1", "-test.benchtime=" + p.Benchtime.String(),
		"-leash", "-origin=" + origin, "-corpus=" + p.Corpus, "-latency=" + p.Latency.String(),
		"-sample=" + strconv.Itoa(p.Sample), "-seed=" + strconv.FormatUint(p.Seed, 10),
		"-embedded=" + strconv.FormatBool(p.Embedded),
	}
}

// begin creates the folder of the run and the two files in it.
func (m *measurement) begin(store, corpus string) error {
	commit := commitOf(m.Root)
	var err error
	if m.dir, err = newFolder(m.Out, m.begun.UTC().Format("20060102T150405Z")+"-"+commit); err != nil {
		return err
	}
	m.config = m.plan.config(commit, store, corpus)
	m.out, err = samples.Create(m.dir, m.config)
	return err
}

// newFolder makes a folder in the folder out. If another run has taken the name,
// having begun in the same second, a number is added to it.
func newFolder(out, name string) (dir string, err error) {
	if err := os.MkdirAll(out, 0o777); err != nil {
		return "", err
	}
	dir = filepath.Join(out, name)
	for n := 2; ; n++ {
		if err := os.Mkdir(dir, 0o777); !errors.Is(err, fs.ErrExist) {
			return dir, err
		}
		dir = filepath.Join(out, name+"-"+strconv.Itoa(n))
	}
}

// sample measures one cell once. It returns an error only if the run cannot go
// on.
func (m *measurement) sample(ctx context.Context, round int, turn Turn) error {
	m.progress(fmt.Sprintf("round %d of %d: %s", round, m.plan.Rounds, turn.Cell))
	work, err := workload.Find(turn.Work, m.env)
	if err != nil {
		return err
	}
	names := turn.Names(work)
	start := time.Now()
	results, err := m.measure(ctx, turn.Cell, names)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	took := time.Since(start)
	m.spent += took
	m.done++
	var entries []samples.Entry
	for _, name := range names {
		entries = append(entries, samples.Entry{Round: round, Cell: name, Twin: turn.Twin, OK: err == nil, Seconds: took.Seconds(), Error: oneLine(err)})
	}
	if err == nil {
		err = m.out.Append(round, turn.Twin, results)
	} else {
		err = nil // the journal has it
	}
	if err := errors.Join(err, m.out.Note(entries...)); err != nil {
		return Environment(err)
	}
	return nil
}

func oneLine(err error) string {
	if err == nil {
		return ""
	}
	return strings.Join(strings.Fields(err.Error()), " ")
}

func (m *measurement) progress(step string) {
	if m.Progress == nil {
		return
	}
	left := time.Duration(0)
	if m.done > 0 {
		left = m.spent / time.Duration(m.done) * time.Duration(m.total-m.done)
	}
	m.Progress(Progress{Step: step, Done: m.done, Total: m.total, Left: left})
}

func (m *measurement) close() error {
	for i := len(m.undo) - 1; i >= 0; i-- {
		m.undo[i]()
	}
	var err error
	if m.out != nil {
		err = m.out.Close()
	}
	if m.done == 0 && m.dir != "" {
		err = errors.Join(err, os.RemoveAll(m.dir)) // a run without samples is none
	}
	return err
}

// An EnvironmentError says that something is missing or broken around the
// program, as opposed to in what it was told or in what it measured.
type EnvironmentError struct{ error }

// Environment marks err as an [EnvironmentError].
func Environment(err error) error { return EnvironmentError{err} }

// Unwrap returns the error that was marked.
func (e EnvironmentError) Unwrap() error { return e.error }
