package samples

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"
)

// line is what go test prints of a benchmark.
const line = "BenchmarkThroughput/level=async/impl=pool/work=cpu/grain=1-2 10 100 tasks/s 1 checksum\n"

var config = []benchfmt.Config{
	{Key: "go", Value: []byte("go1.26.8"), File: true},
	{Key: "rounds", Value: []byte("3"), File: true},
}

// a sample is what Append is given. A failed one has no results.
type sample struct {
	round   int
	twin    bool
	results []*benchfmt.Result
	cell    string
}

// plan is a small run: two levels in three rounds, one of them with a twin, and a
// sample that failed.
func plan() (all []sample) {
	value := 100.0
	for round := 1; round <= 3; round++ {
		for _, level := range []string{"serial", "thread"} {
			for _, twin := range []bool{false, true} {
				if twin && (round != 2 || level != "thread") {
					continue
				}
				s := sample{round: round, twin: twin, cell: "Throughput/level=" + level + "/work=cpu"}
				if round < 3 || level == "serial" {
					value++
					s.results = []*benchfmt.Result{{Name: benchfmt.Name(s.cell + "-2"), Iters: 10, Values: []benchfmt.Value{
						{Value: value, Unit: "tasks/s"}, {Value: 1e-9 * value, Unit: "sec/op", OrigValue: value, OrigUnit: "ns/op"}, {Value: 7, Unit: "checksum"},
					}}}
				}
				all = append(all, s)
			}
		}
	}
	return all
}

// add writes samples, as the harness does.
func add(t *testing.T, w *Writer, all []sample) {
	t.Helper()
	for _, s := range all {
		e := Entry{Round: s.round, Cell: s.cell, Twin: s.twin, OK: s.results != nil, Seconds: 0.5}
		if s.results == nil {
			e.Error = "it broke"
		} else if err := w.Append(s.round, s.twin, s.results); err != nil {
			t.Fatal(err)
		}
		if err := w.Note(e); err != nil {
			t.Fatal(err)
		}
	}
}

// whole writes the plan into a folder of its own.
func whole(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	w, err := Create(dir, config)
	if err != nil {
		t.Fatal(err)
	}
	add(t, w, plan())
	finish(t, w)
	return dir
}

// finish ends a run.
func finish(t *testing.T, w *Writer) {
	t.Helper()
	if err := w.End(); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func open1(t *testing.T, dir string) *Run {
	t.Helper()
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func read(t *testing.T, dir, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func write(t *testing.T, dir, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o666); err != nil {
		t.Fatal(err)
	}
}

// sameData reports whether two runs hold the same: what the tables are made of.
func sameData(a, b *Run) bool {
	return reflect.DeepEqual(a.Cells, b.Cells) && reflect.DeepEqual(a.Config, b.Config) && a.Rounds == b.Rounds && a.Ended == b.Ended
}

// prefixOf reports whether all samples of a run are the first ones of another.
func prefixOf(a, b *Run) bool {
	for _, c := range a.Cells {
		var like *Cell
		for _, d := range b.Cells {
			if d.Name.Full == c.Name.Full {
				like = d
			}
		}
		if like == nil || len(c.Samples) > len(like.Samples) || !reflect.DeepEqual(c.Samples, like.Samples[:len(c.Samples)]) {
			return false
		}
	}
	return len(a.Cells) == 0 || reflect.DeepEqual(a.Config, b.Config)
}

// clean wants an error to be one line that is safe to print.
func clean(t *testing.T, err error) {
	t.Helper()
	if text := err.Error(); Clean(text) != text || strings.Contains(text, "\n") {
		t.Errorf("error is not clean: %q", fmt.Sprint(err))
	}
}
