package bench

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/perf/benchfmt"

	"github.com/fourlevels/fourlevels/bench/samples"
	"github.com/fourlevels/fourlevels/bench/strict"
)

// PlanFile is the name, in a run's folder, of what the run was to measure.
const PlanFile = "plan.json"

// A record is what is needed to go on with a run, but for secrets.
type record struct {
	Version int // of this file
	Commit  string
	Binary  string // its hash
	Store   string
	Corpus  string
	Plan    Plan
	Sum     string // of all the rest: a plan that has no samples yet is bound by nothing else
}

func (s *Session) record(bin *Binary) record {
	return record{Version: version, Commit: bin.Commit, Binary: bin.Hash, Store: s.Store, Corpus: s.Corpus, Plan: s.Plan}
}

const version = 2 // of the file; 1 had no sum

// text is the file, with its sum.
func (r record) text() ([]byte, error) {
	r.Sum = ""
	text, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	r.Sum = hashOfText(text)
	text, err = json.MarshalIndent(r, "", "\t")
	return append(text, '\n'), err
}

// write puts the record into a run's folder: all of it, or nothing, also if the machine
// fails. The folder is synced by who creates the files of samples in it.
func (r record) write(dir string) (hash string, err error) {
	text, err := r.text()
	if err != nil {
		return "", err
	}
	return hashOfText(text), strict.WriteFile(filepath.Join(dir, PlanFile), text)
}

func hashOfText(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// planKey is the setting that ties a run's samples to its plan.
func planKey(hash string) benchfmt.Config {
	return benchfmt.Config{Key: "plan", Value: []byte(hash), File: true}
}

func readRecord(dir string) (r record, hash string, err error) {
	text, err := strict.ReadFile(filepath.Join(dir, PlanFile), 1<<20)
	if errors.Is(err, fs.ErrNotExist) {
		return r, "", fmt.Errorf("%.200q is no run that can be resumed: it has no %s", dir, PlanFile)
	} else if err != nil {
		return r, "", err
	}
	var head struct{ Version int } // another version may have other keys
	if json.Unmarshal(text, &head) != nil || head.Version == version {
		if line, err := strict.JSON(text, &r); err != nil {
			return r, "", fmt.Errorf("%s:%d: not a plan: %w", filepath.Join(dir, PlanFile), line, err)
		}
	}
	if r.Version = head.Version; r.Version != version {
		return r, "", fmt.Errorf("%s: version %d of the format, this program knows %d", filepath.Join(dir, PlanFile), r.Version, version)
	}
	if whole, err := r.text(); err != nil || !bytes.Equal(text, whole) {
		return r, "", fmt.Errorf("%s: its sum does not fit: the file was changed or damaged", filepath.Join(dir, PlanFile))
	}
	r.Plan.whole = true
	return r, hashOfText(text), nil
}

// PlanOf is the plan of the run in a folder, complete.
func PlanOf(dir string) (Plan, error) {
	r, _, err := readRecord(dir)
	if err != nil {
		return Plan{}, Environment(err)
	}
	return r.Plan, nil
}

// Resume goes on with a run that was interrupted, or killed: exactly what is missing
// is measured, in the order of its plan, and what failed is tried once more. The URL
// of a Redis is no part of a plan, and so is given again.
//
// The rest must be what it would have been. So Resume refuses when the tree, the
// binary, the store, the corpus or the machine is another one, and when there is
// nothing left to do. A twin whose first half was measured before is not directly
// after it, which makes noise look larger than it is, not smaller.
func (r Runner) Resume(ctx context.Context, dir, redis string) (err error) {
	was, hash, err := readRecord(dir)
	if err != nil {
		return Environment(err)
	}
	if commit := commitOf(r.Root); r.Binary == nil && commit != was.Commit {
		return Environment(fmt.Errorf("%s is a run of commit %s, and the tree is at %s: check out %s to resume it", dir, was.Commit, commit, was.Commit))
	}
	if r.Out, err = folderAround(dir); err != nil {
		return Environment(err)
	}
	was.Plan.Redis = redis
	m := &measurement{Runner: r, dir: dir}
	if m.session, err = OpenSession(ctx, r, was.Plan); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.close()) }()
	if err := m.reopen(ctx, was, hash); err != nil {
		return interrupted(ctx, err)
	}
	return m.rounds(ctx)
}

// folderAround is the folder that a run is in, and its lock: dir may be "." or a link.
func folderAround(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return "", err
	}
	return filepath.Dir(dir), nil
}

// reopen opens the files of a run again, if all is as it was.
func (m *measurement) reopen(ctx context.Context, was record, hash string) (err error) {
	bin := &Binary{Commit: was.Commit, Hash: was.Binary}
	config := m.session.Config(bin, planKey(hash))
	if m.out, m.was, err = samples.Resume(m.dir, config); err != nil {
		return Environment(err)
	}
	if err := same(m.was, config); err != nil {
		return Environment(fmt.Errorf("%s cannot be resumed: %w", m.dir, err))
	}
	m.session.budget -= waited(m.was, m.session.Plan)
	if m.session.Store != was.Store || m.session.Corpus != was.Corpus {
		return Environment(fmt.Errorf("%s cannot be resumed: it was measured with store %s and corpus %s, here are %s and %s",
			m.dir, was.Store, was.Corpus, m.session.Store, m.session.Corpus))
	}
	if err := m.build(ctx); err != nil {
		return err
	}
	if m.Binary.Hash != was.Binary {
		return Environment(fmt.Errorf("%s cannot be resumed: its binary was %s, and commit %s builds %s here: is the tree changed, or the Go version another?",
			m.dir, bin.short(), m.Binary.Commit, m.Binary.short()))
	}
	return nil
}

// waited is how long a run has waited for a quiet machine. All benchmarks of a sample
// note it, so that of the first counts.
func waited(r *samples.Run, p Plan) (sum time.Duration) {
	first := map[string]bool{}
	for _, c := range p.Cells() {
		first[kindOf(c.Kind).Benchmarks[0]] = true
	}
	for _, e := range r.Journal.Entries {
		benchmark, rest, _ := strings.Cut(e.Cell, "/")
		if first[benchmark] && !strings.Contains(rest, "/mode=open/") { // of three loops the first
			sum += time.Duration(e.Waited * float64(time.Second))
		}
	}
	return sum
}

// same says which setting of a run is another now.
func same(was *samples.Run, config []benchfmt.Config) error {
	if was.Sealed == 0 {
		return nil // nothing says what it was
	}
	for _, c := range config {
		if is := samples.Clean(string(c.Value)); was.Setting(c.Key) != is {
			return fmt.Errorf("its %s was %.80q and is %.80q here", c.Key, was.Setting(c.Key), is)
		}
	}
	return nil
}

// settled reports whether a turn needs no more attempt: it has its sample, or it has
// failed twice.
func settled(r *samples.Run, round int, twin bool, names []string) bool {
	for _, name := range names {
		has := slices.ContainsFunc(r.Cells, func(c *samples.Cell) bool {
			return c.Name.ID == name && slices.ContainsFunc(c.Samples, func(s samples.Sample) bool { return s.Round == round && s.Twin == twin })
		})
		if !has && r.Journal.Failures(round, name, twin) < 2 {
			return false
		}
	}
	return true
}
