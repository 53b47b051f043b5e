package bench

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/fourlevels/fourlevels/bench/samples"
)

// A Runner carries out plans.
type Runner struct {
	Root   string   // of the source tree, where the test binary is built
	Out    string   // folder in which each run gets a folder of its own
	Worker []string // how to start this program as a worker of package fleet
	Binary *Binary  // to measure; nil means that of the tree, which is built then

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
// that is running, and returns the folder together with the cause of ctx. What is
// missing then, [Runner.Resume] adds.
//
// A sample that fails is noted in the journal, and the run goes on: whoever
// reads the folder sees it. The error says why the run could not begin, or why
// it could not go on. There is no folder if nothing was measured.
func (r Runner) Run(ctx context.Context, p Plan) (dir string, err error) {
	begun := time.Now()
	m := &measurement{Runner: r}
	if m.session, err = OpenSession(ctx, r, p); err != nil {
		return "", err
	}
	defer func() {
		err = errors.Join(err, m.close())
		if m.done == 0 && m.dir != "" { // a run without samples is none
			err, dir = errors.Join(err, os.RemoveAll(m.dir)), ""
		}
	}()
	if err := m.build(ctx); err != nil {
		return "", err
	}
	if err := m.begin(begun); err != nil {
		return "", Environment(err)
	}
	return m.dir, m.rounds(ctx)
}

// A measurement is a run under way.
type measurement struct {
	Runner
	session *Session
	dir     string // of the results
	out     *samples.Writer
	was     *samples.Run // what there was before this program; nil if nothing

	spent       time.Duration // on samples
	took        int           // samples, in that time
	done, total int           // samples
}

// build takes the binary that was given, or builds one.
func (m *measurement) build(ctx context.Context) (err error) {
	if m.Binary == nil {
		m.step("building the benchmarks")
		m.Binary, err = Build(ctx, m.Root, "", m.session.Tmp)
	}
	return err
}

// begin creates the folder of the run and the files in it.
func (m *measurement) begin(begun time.Time) (err error) {
	if m.dir, err = newFolder(m.Out, begun.UTC().Format("20060102T150405Z")+"-"+m.Binary.Commit); err != nil {
		return err
	}
	hash, err := m.session.record(m.Binary).write(m.dir)
	if err != nil {
		return err
	}
	m.out, err = samples.Create(m.dir, m.session.Config(m.Binary, planKey(hash)))
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

// rounds measures what is missing, in the order of the plan.
func (m *measurement) rounds(ctx context.Context) error {
	p := m.session.Plan
	missing, err := m.missing()
	if err != nil {
		return err
	}
	for i, turns := range missing {
		for _, turn := range turns {
			m.progress(fmt.Sprintf("round %d of %d: %s", i+1, p.Rounds, turn.Cell))
			if err := m.sample(ctx, i+1, turn); err != nil {
				return interrupted(ctx, BrokenOffError{err})
			}
		}
	}
	m.progress("done")
	if err := m.out.End(); err != nil {
		return BrokenOffError{Environment(err)}
	}
	return nil
}

// missing are the turns of each round that have no sample yet.
func (m *measurement) missing() (rounds [][]Turn, err error) {
	for round := 1; round <= m.session.Plan.Rounds; round++ {
		var turns []Turn
		for _, turn := range m.session.Plan.Schedule(round) {
			m.total++
			names, err := m.session.Names(turn.Cell)
			if err != nil {
				return nil, err
			}
			if m.was != nil && settled(m.was, round, turn.Twin, names) {
				m.done++
				continue
			}
			turns = append(turns, turn)
		}
		rounds = append(rounds, turns)
	}
	return rounds, nil
}

// sample measures one cell once. It returns an error only if the run cannot go
// on.
func (m *measurement) sample(ctx context.Context, round int, turn Turn) error {
	names, err := m.session.Names(turn.Cell)
	if err != nil {
		return err
	}
	got, err := m.session.Measure(ctx, m.Binary, turn.Cell)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	m.spent += got.Took + got.Waited
	m.took++
	if err == nil {
		err = m.out.Fits(got.Results)
	}
	if err == nil { // else the journal has it
		if err := m.out.Append(round, turn.Twin, got.Results); err != nil {
			return Environment(err) // and no note of a sample that is not there
		}
	}
	m.done++
	if err := m.out.Note(got.Entries(round, turn.Twin, names, err)...); err != nil {
		return Environment(err)
	}
	return nil
}

// Entries are what the journal is told of a sample: for each of its benchmarks, what
// became of it.
func (m *Measured) Entries(round int, twin bool, names []string, err error) (entries []samples.Entry) {
	for _, name := range names {
		entries = append(entries, samples.Entry{
			Round: round, Cell: name, Twin: twin, OK: err == nil, Error: oneLine(err),
			Seconds: m.Took.Seconds(), Waited: m.Waited.Seconds(), Loud: m.Loud,
		})
	}
	return entries
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
	if m.took > 0 {
		left = m.spent / time.Duration(m.took) * time.Duration(m.total-m.done)
	}
	m.Progress(Progress{Step: step, Done: m.done, Total: m.total, Left: left})
}

// step says what is done before the first sample.
func (r Runner) step(what string) {
	if r.Progress != nil {
		r.Progress(Progress{Step: what})
	}
}

func (m *measurement) close() error {
	m.session.Close()
	if m.out == nil {
		return nil
	}
	return m.out.Close()
}
