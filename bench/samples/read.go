package samples

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchunit"

	"github.com/fourlevels/fourlevels/bench/strict"
)

// Open reads the run at path: a run's folder, its samples.txt, or any file in
// benchmark format. It is strict, like [Read]. A folder may come from anywhere, so no link
// in it leads out of it: what is read may end up in a page.
func Open(path string) (*Run, error) {
	file, dir, err := locate(path)
	if err != nil {
		return nil, err
	}
	if dir == "" { // it leads to wherever it was said to
		data, err := strict.ReadFile(file, maxFile)
		if err != nil {
			return nil, fmt.Errorf("open results: %w", err)
		}
		return parse(data, file)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open results: %w", err)
	}
	defer root.Close()
	return openIn(root, dir, file)
}

// Text is the text that [Open] reads the samples of that path from.
func Text(path string) ([]byte, error) {
	file, dir, err := locate(path)
	if err != nil {
		return nil, err
	}
	if dir == "" {
		return strict.ReadFile(file, maxFile)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open results: %w", err)
	}
	defer root.Close()
	return strict.ReadIn(root, File, maxFile)
}

// openIn reads a run's folder.
func openIn(root *os.Root, dir, file string) (*Run, error) {
	data, err := strict.ReadIn(root, File, maxFile)
	if err != nil {
		return nil, fmt.Errorf("open results in %.200q: %w", dir, err)
	}
	run, err := parse(data, file)
	if err != nil {
		return nil, err
	}
	run.Dir = dir
	if run.Journal, err = openJournal(root, filepath.Join(dir, JournalFile)); err != nil {
		return nil, err
	}
	if err := run.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", Clean(file), err)
	}
	run.enter()
	return run, nil
}

// locate finds the file of samples, and the run's folder if it is in one.
func locate(path string) (file, dir string, err error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", "", fmt.Errorf("no run and no benchmark file at %.200q: %w", path, fs.ErrNotExist)
	case err != nil:
		return "", "", fmt.Errorf("look for a run: %w", err)
	case !info.IsDir() && filepath.Base(path) == File:
		return path, filepath.Dir(path), nil
	case !info.IsDir():
		return path, "", nil
	}
	file = filepath.Join(path, File)
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return "", "", fmt.Errorf("folder %.200q is not a run: it has no %s", path, File)
	}
	return file, path, nil
}

// Read reads samples in benchmark format. The name stands for r in errors.
//
// Read is strict, since a wrong line would become a wrong table. These are errors,
// and each says its line: a benchmark line that does not parse, or is longer than 64
// KiB; a value that is not a finite number or is below 0; no iterations; units that
// change from sample to sample; a last line without its newline; two runs in one
// file; and in a sealed file, whatever does not have its seal.
func Read(r io.Reader, name string) (*Run, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read results: %w", err)
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("%s is longer than %d MiB: no run is", Clean(name), maxFile>>20)
	}
	return parse(data, name)
}

// parse is Read of all that there is.
func parse(data []byte, name string) (*Run, error) {
	name = Clean(name)
	ledger, line, err := verify(data)
	if err != nil {
		return nil, fmt.Errorf("%s:%d: %w", name, line, err)
	}
	run := &Run{File: name, Sealed: len(ledger.seals), Ended: ledger.ended, notes: ledger.notes, last: map[key]bool{}}
	run.hasSeals = len(data) == 0 || bytes.HasPrefix(data, []byte(head+"\n"))
	in := benchfmt.NewReader(bytes.NewReader(data), name)
	byName := map[string]*Cell{}
	for in.Scan() {
		record := in.Result()
		_, line := record.Pos()
		seal := ledger.of(line)
		if err := run.take(record, byName, seal); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, line, err)
		}
		if result, ok := record.(*benchfmt.Result); ok && run.Sealed > 0 && seal == ledger.seals[run.Sealed-1] {
			run.last[key{ParseName(result.Name.String()).ID, seal.round, seal.twin}] = true
		}
	}
	if err := in.Err(); err != nil {
		return nil, fmt.Errorf("read results: %w", err)
	}
	for _, c := range run.Cells {
		slices.SortStableFunc(c.Samples, func(a, b Sample) int { return a.Round - b.Round })
	}
	return run, nil
}

// maxFile bounds the memory that a file may take.
const maxFile = 256 << 20

// take adds one record of the file. The record is the reader's: its parts are
// copied.
func (r *Run) take(record benchfmt.Record, byName map[string]*Cell, s seal) error {
	switch record := record.(type) {
	case *benchfmt.SyntaxError:
		return errors.New(quote(record.Msg, 200))
	case *benchfmt.Result:
		values, err := Check(record)
		if err != nil {
			return err
		}
		if err := r.configure(record); err != nil {
			return err
		}
		c := byName[record.Name.String()]
		if c == nil {
			c = &Cell{Name: ParseName(record.Name.String())}
			byName[c.Name.Full] = c
			r.Cells = append(r.Cells, c)
		}
		if err := c.agrees(values); err != nil {
			return err
		}
		if s.round == 0 {
			s.round = len(c.Samples) + 1
		}
		c.Samples = append(c.Samples, Sample{s.round, s.twin, values})
	}
	return nil
}

// Check returns the values of a result by their units, tidied, if they can be
// measurements.
func Check(result *benchfmt.Result) (map[string]float64, error) {
	if result.Iters <= 0 {
		return nil, fmt.Errorf("a benchmark of %d iterations measures nothing", result.Iters)
	}
	values := map[string]float64{}
	for _, v := range result.Values {
		if math.IsNaN(v.Value) || math.IsInf(v.Value, 0) || v.Value < 0 {
			return nil, fmt.Errorf("%v %s is not a measurement", v.Value, quote(v.Unit, 40))
		}
		_, unit := benchunit.Tidy(1, v.Unit) // benchfmt leaves the unit of a 0 alone
		if _, twice := values[unit]; twice {
			return nil, fmt.Errorf("two values in %s", quote(v.Unit, 40))
		}
		values[unit] = v.Value
	}
	return values, nil
}

// agrees says what is wrong if a sample has other units than the first of its
// cell: a unit that changed its name would halve the samples of both. Percentiles
// come and go with the number of samples that they need, and what is missing from a
// checksum is told where checksums are compared.
func (c *Cell) agrees(values map[string]float64) error {
	if len(c.Samples) == 0 {
		return nil
	}
	first := c.Samples[0].Values
	for unit := range values {
		if _, ok := first[unit]; !ok && !optional(unit) {
			return fmt.Errorf("%s has a value in %s here, and had none above", quote(c.Name.Full, 120), quote(unit, 40))
		}
	}
	for unit := range first {
		if _, ok := values[unit]; !ok && !optional(unit) {
			return fmt.Errorf("%s has no value in %s here, and had one above", quote(c.Name.Full, 120), quote(unit, 40))
		}
	}
	return nil
}

// optional reports whether a sample may lack the unit: what needs many latencies, what
// was not reached, what was smaller than its noise, and what the machine or the store
// does not always tell.
func optional(unit string) bool {
	switch unit {
	case "checksum", "latencies", "steal-%", "psi-cpu-%", "others-%", "throttled-%", "ctxsw", "inflight-B/task", "redis-cmds/op",
		"cpu-sec/op", "efficiency-%", "peak-RSS-bytes":
		return true
	}
	unit = strings.TrimPrefix(strings.TrimPrefix(unit, "svc-"), "sched-lag-")
	return strings.HasPrefix(unit, "p9") || strings.HasPrefix(unit, "p50") || strings.HasPrefix(unit, "metg")
}

// constant are the settings that one run has only one value of: results with
// different values are not to be compared.
var constant = []string{
	"go", "goos", "goarch", "cpu", "cores", "commit", "binary", "store", "corpus", "latency", "sample", "benchtime", "plan",
}

// configure takes over the configuration that holds for result.
func (r *Run) configure(result *benchfmt.Result) error {
	for _, key := range constant {
		was, is := r.Setting(key), Clean(result.GetConfig(key))
		if len(r.Cells) > 0 && was != is {
			return fmt.Errorf("%s was %.80q above and is %.80q here: two runs in one file", key, was, is)
		}
	}
	r.Config = r.Config[:0]
	for _, c := range result.Config {
		r.Config = append(r.Config, Setting{Clean(c.Key), Clean(string(c.Value))})
	}
	if text := r.Setting("rounds"); text != "" {
		rounds, err := strconv.Atoi(text)
		if err != nil || rounds < 1 {
			return fmt.Errorf("rounds is %.80q: want a whole number above 0", text)
		}
		r.Rounds = rounds
	}
	return nil
}
