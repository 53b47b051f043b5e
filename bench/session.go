package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"golang.org/x/perf/benchfmt"

	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/lock"
	"github.com/fourlevels/fourlevels/bench/noise"
	"github.com/fourlevels/fourlevels/bench/usage"
	"github.com/fourlevels/fourlevels/levels/process/child"
	"github.com/fourlevels/fourlevels/levels/scratch"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// A Session is what all samples of a run share: it is started once, and then cells
// are measured in it, one at a time, of one binary or of several.
type Session struct {
	Plan   Plan   // complete
	Store  string // that samples use, as it calls itself; "none" if none needs one
	Corpus string // its name and size; "" if only pitfalls are measured
	Tmp    string // folder for what ends with the session, such as binaries

	env    workload.Env
	args   []string      // of the test binary, the same for all cells
	tree   *usage.Tree   // of what is ours
	budget time.Duration // that waiting for a quiet machine may still take
	undo   []func()      // last first
}

// OpenSession looks at what it was given, and starts what the samples share. A
// mistake in the plan shows here. If the runner has a folder for results, no other
// session can write there until this one is closed.
func OpenSession(ctx context.Context, r Runner, p Plan) (_ *Session, err error) {
	if p, err = p.Complete(); err != nil {
		return nil, err
	}
	s := &Session{Plan: p, budget: p.Patience}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	if err := s.open(ctx, r); err != nil {
		return nil, interrupted(ctx, Environment(err))
	}
	return s, nil
}

func (s *Session) open(ctx context.Context, r Runner) error {
	if err := s.claim(r.Out); err != nil {
		return err
	}
	if err := s.Plan.runnable(); err != nil {
		return err
	}
	s.Store, s.tree = "none", usage.NewTree()
	if s.Plan.OfPitfalls() { // which start what they take themselves
		s.args = s.Plan.args("")
		return nil
	}
	r.step("looking at the corpus and the store")
	corpus, err := workload.OpenCorpus(s.Plan.Corpus)
	if err != nil {
		return err
	}
	s.undo = append(s.undo, func() { corpus.Close() })
	s.Corpus = fmt.Sprintf("%s %d files %d bytes", corpus.Name(), corpus.Pages(), corpus.Bytes())
	config := fleet.Config{Worker: r.Worker, Redis: s.Plan.Redis, Embedded: s.Plan.Embedded}
	if s.Store, err = s.Plan.store(ctx, config); err != nil {
		return err
	}
	r.step("starting the origin")
	origin, _, stop, err := fleet.StartOrigin(ctx, config, s.Plan.Corpus)
	if err != nil {
		return err
	}
	s.undo = append(s.undo, stop)
	s.env = workload.Env{Origin: origin, Corpus: corpus, Latency: s.Plan.Latency, Sample: s.Plan.Sample, Seed: s.Plan.Seed}
	s.args = s.Plan.args(origin)
	return s.distinct()
}

// claim locks the folder for results, before anything disturbs the one who has it, and
// makes the folder for what ends with the session. It is in there, so that the next one
// to have the lock removes what is left of a session that was killed.
func (s *Session) claim(out string) (err error) {
	if out == "" {
		f, err := scratch.New("bench")
		if err != nil {
			return err
		}
		s.Tmp = f.Path
		s.undo = append(s.undo, func() { f.Close() })
		return nil
	}
	l, err := lock.Take(out)
	if err != nil {
		return err
	}
	s.undo = append(s.undo, func() { l.Release() })
	if s.Tmp, err = emptyFolder(filepath.Join(out, ".tmp")); err == nil {
		s.undo = append(s.undo, func() { os.RemoveAll(s.Tmp) })
	}
	return err
}

// emptyFolder makes a folder anew. Its path is one that a process elsewhere can use.
func emptyFolder(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return dir, errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o777))
}

// distinct wants each cell to have names of its own. A plan knows most of what is the
// same, but how many inputs words has is known here.
func (s *Session) distinct() error {
	seen := map[string]Cell{}
	for _, c := range s.Plan.Cells() {
		names, err := s.Names(c)
		if err != nil {
			return err
		}
		if other, ok := seen[names[0]]; ok {
			return fmt.Errorf("%s and %s are the same benchmark, %s: leave one out", other, c, names[0])
		}
		seen[names[0]] = c
	}
	return nil
}

// Close ends what the session started.
func (s *Session) Close() {
	for _, undo := range slices.Backward(s.undo) {
		undo()
	}
	s.undo = nil
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

// args are the flags of the test binary that are the same for all samples.
func (p Plan) args(origin string) []string {
	return []string{
		"-test.run=^$", "-test.count=1", "-test.benchtime=" + p.Benchtime.String(),
		"-leash", "-origin=" + origin, "-corpus=" + p.Corpus, "-latency=" + p.Latency.String(),
		"-sample=" + strconv.Itoa(p.Sample), "-seed=" + strconv.FormatUint(p.Seed, 10),
		"-embedded=" + strconv.FormatBool(p.Embedded),
	}
}

// Names are the benchmarks that a cell is measured by, as they go into the journal.
func (s *Session) Names(c Cell) ([]string, error) {
	if c.Pitfall != "" {
		return c.Names(workload.Workload{}), nil
	}
	work, err := workload.Find(c.Work, s.env)
	if err != nil {
		return nil, err
	}
	return c.Names(work), nil
}

// A Measured is what measuring a cell once gave.
type Measured struct {
	Results []*benchfmt.Result // one for each name, with what disturbed it among its values
	Noise   noise.Record       // what disturbed it
	Waited  time.Duration      // for a quiet machine
	Loud    bool               // it did not become quiet
	Took    time.Duration      // without the wait
}

// Measure measures a cell once, in a fresh process of the binary. More are flags of
// the test binary, as "-burden=10". If the sample fails, what is known of it is
// returned with the error. When ctx ends, the process and its workers do, and the
// error is the cause.
//
// Before, Measure waits for a quiet machine, out of a budget that the session has
// for all samples together. What it finds after is only written down: to drop a
// sample for how it turned out would be to choose the result.
func (s *Session) Measure(ctx context.Context, bin *Binary, cell Cell, more ...string) (*Measured, error) {
	names, err := s.Names(cell)
	if err != nil {
		return nil, err
	}
	m := &Measured{}
	if err := s.await(ctx, m); err != nil {
		return m, err
	}
	begun := time.Now()
	watch := noise.Watch(s.own(cell))
	out, err := s.start(ctx, bin, slices.Concat(s.args, cell.args(), more))
	m.Took, m.Noise = time.Since(begun), watch.Stop()
	if err != nil {
		return m, interrupted(ctx, err)
	}
	if m.Results, err = parse(out, names); err != nil {
		return m, err
	}
	for _, r := range m.Results {
		r.Values = append(r.Values, m.Noise.Metrics()...)
	}
	return m, nil
}

// await waits until the machine is quiet, or the budget is spent.
func (s *Session) await(ctx context.Context, m *Measured) (err error) {
	c := noise.Config{Limit: s.Plan.Quiet, Look: 30 * time.Millisecond, Patience: min(s.budget, 5*time.Second)}
	if c.Patience <= 0 {
		c.Patience = -1 // one look
	}
	var quiet bool
	m.Waited, quiet, err = noise.Quiet(ctx, c)
	s.budget -= m.Waited
	m.Loud = !quiet && m.Waited > 0 // without a wait nothing was told
	return err
}

// own is what tells our processor time: that of this program, of the origin, and of
// all processes that ended and were waited for. A Redis that was given is none of
// them, so where it works nobody can tell.
func (s *Session) own(c Cell) func() (time.Duration, bool) {
	if s.Plan.Redis != "" && c.Spec.NeedsStore() {
		return nil
	}
	return s.tree.CPU
}

// start runs the test binary and returns what it printed.
func (s *Session) start(ctx context.Context, bin *Binary, args []string) ([]byte, error) {
	cmd := exec.Command(bin.Path, args...)
	cmd.Env = fleet.Env()
	if s.Plan.Redis != "" {
		cmd.Env = append(cmd.Env, "REDIS_URL="+s.Plan.Redis) // a password should not be an argument
	}
	p, err := child.Start(cmd)
	if err != nil {
		return nil, fmt.Errorf("start the benchmark: %w", err)
	}
	defer p.Stop(5 * time.Second)
	defer context.AfterFunc(ctx, func() { p.Stop(3 * time.Second) })() // its workers go with it
	p.Stdout.SetReadDeadline(time.Now().Add(sampleLimit + 10*s.Plan.Benchtime))
	out, err := io.ReadAll(p.Stdout)
	if err != nil {
		p.Kill()
		return nil, fmt.Errorf("the benchmark did not end: %w", err)
	}
	if p.Stop(5*time.Second) != nil {
		return nil, fmt.Errorf("%s: %w", failure(out), p.Obituary())
	}
	return out, nil
}

// sampleLimit is how long one sample may take before it counts as hanging.
const sampleLimit = 10 * time.Minute
