package bench

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/perf/benchfmt"

	"github.com/fourlevels/fourlevels/bench/samples"
)

// args are the flags of the test binary that choose the cell.
func (c Cell) args() []string {
	chosen := "-test.bench=^Benchmark(" + strings.Join(kindOf(c.Kind).Benchmarks, "|") + ")$"
	if c.Pitfall != "" {
		return []string{chosen, "-pitfall=" + c.Pitfall, "-variant=" + string(c.Variant)}
	}
	return []string{
		chosen,
		"-levels=" + c.Spec.String(), "-works=" + c.Work, "-grain=" + strconv.Itoa(c.Grain), "-batch=" + strconv.Itoa(c.Batch), "-rtt=" + c.RTT.String(),
	}
}

// failure finds the message of a failed benchmark in its output.
func failure(out []byte) string {
	for line := range strings.Lines(string(out)) {
		if at := strings.Index(line, "_test.go:"); at >= 0 {
			_, message, _ := strings.Cut(line[at:], ": ")
			return strings.TrimSpace(message)
		}
	}
	return "the benchmark failed"
}

// parse reads the output of one sample, strictly: a result for each name, and
// nothing that looks like a result but is none.
func parse(out []byte, names []string) ([]*benchfmt.Result, error) {
	var results []*benchfmt.Result
	r := benchfmt.NewReader(bytes.NewReader(out), "sample")
	for r.Scan() {
		switch record := r.Result().(type) {
		case *benchfmt.Result:
			if _, err := samples.Check(record); err != nil {
				return nil, fmt.Errorf("%s: %w", record.Name, err)
			}
			for _, v := range record.Values {
				if unit := cmp.Or(v.OrigUnit, v.Unit); !samples.Known(unit) {
					return nil, fmt.Errorf("%s has a value in the unknown unit %s", record.Name, unit)
				}
			}
			results = append(results, record.Clone())
		case *benchfmt.SyntaxError:
			return nil, record
		}
	}
	if r.Err() != nil {
		return nil, r.Err()
	}
	if len(results) != len(names) {
		return nil, fmt.Errorf("the benchmark printed %d results, not %d", len(results), len(names))
	}
	for i, r := range results {
		if !named(r.Name, names[i]) {
			return nil, fmt.Errorf("the benchmark is %s, not %s", r.Name, names[i])
		}
	}
	return results, nil
}

// named reports whether a benchmark is the one that was asked for: go test adds
// GOMAXPROCS to its name, unless that is 1.
func named(got benchfmt.Name, want string) bool {
	procs, ok := strings.CutPrefix(got.String(), want)
	if !ok || procs == "" {
		return ok
	}
	_, err := strconv.ParseUint(strings.TrimPrefix(procs, "-"), 10, 16)
	return procs[0] == '-' && err == nil
}

// Config is what is the same for all samples of a run, of one binary. Whatever differs between
// runs that must not be compared without a thought belongs here.
func (s *Session) Config(bin *Binary, more ...benchfmt.Config) []benchfmt.Config {
	p := s.Plan
	var config []benchfmt.Config
	add := func(key, format string, args ...any) {
		config = append(config, benchfmt.Config{Key: key, Value: []byte(samples.Clean(fmt.Sprintf(format, args...))), File: true})
	}
	add("go", "%s", runtime.Version())
	add("goos", "%s", runtime.GOOS)
	add("goarch", "%s", runtime.GOARCH)
	add("cpu", "%s", cpuName())
	add("cores", "%d", runtime.GOMAXPROCS(0))
	add("commit", "%s", bin.Commit)
	add("binary", "%s", bin.short())
	if s.Corpus != "" { // else no workload is measured
		add("store", "%s", s.Store)
		add("corpus", "%s", s.Corpus)
		add("latency", "%v", p.Latency)
		add("sample", "%d", p.Sample)
	}
	add("rounds", "%d", p.Rounds)
	add("seed", "%d", p.Seed)
	add("benchtime", "%v", p.Benchtime)
	return append(config, more...)
}

// Root finds the source tree that the benchmarks are built from: the module
// around the current folder.
func Root(ctx context.Context) (string, error) {
	const module = "github.com/fourlevels/fourlevels"
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Path}}\n{{.Dir}}").Output()
	if errors.Is(err, exec.ErrNotFound) {
		return "", Environment(errors.New("go is not on PATH: the benchmarks are built from source, install Go from go.dev/dl"))
	}
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	path, dir, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	if err != nil || path != module {
		return "", Environment(errors.New("this folder is not in a checkout of fourlevels: the benchmarks are built from its source, go there first"))
	}
	return dir, nil
}
