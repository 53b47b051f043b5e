package report

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"golang.org/x/perf/benchfmt"
)

// raw is what a file of samples holds.
type raw struct {
	config []Setting
	cells  []*samples // in the order of their first line
	others []string   // benchmarks that no table shows
	rounds int        // as planned; 0 means unknown
}

// samples are the measurements of one benchmark, one for each round, in the
// order they were taken: pairing rows by round rests on that order.
type samples struct {
	name   name
	rounds []map[string]float64 // values by unit, in base units: sec, B
	failed string               // what the journal says went wrong, or ""
}

// values are the measurements in unit, of the rounds that have it.
func (s *samples) values(unit string) []float64 {
	if s == nil {
		return nil
	}
	var values []float64
	for _, round := range s.rounds {
		if v, ok := round[unit]; ok {
			values = append(values, v)
		}
	}
	return values
}

func readSamples(r io.Reader, file string) (*raw, error) {
	file = clean(file)
	end := &ending{Reader: r, last: '\n'}
	in := benchfmt.NewReader(end, file)
	raw, byName := &raw{}, map[string]*samples{}
	for in.Scan() {
		record := in.Result()
		_, line := record.Pos()
		if cut := end.cut(); cut > 0 && line >= cut {
			break
		}
		if err := raw.take(record, byName); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, line, err)
		}
	}
	if cut := end.cut(); cut > 0 {
		return nil, fmt.Errorf("%s:%d: the last line is cut: it has no newline", file, cut)
	}
	if err := in.Err(); err != nil {
		return nil, fmt.Errorf("read results: %w", err)
	}
	return raw, nil
}

// take adds one record of the file. The record is the reader's: its parts are
// copied.
func (raw *raw) take(record benchfmt.Record, byName map[string]*samples) error {
	switch record := record.(type) {
	case *benchfmt.SyntaxError:
		return errors.New(clip(clean(record.Msg), 200))
	case *benchfmt.Result:
		round, err := check(record)
		if err != nil {
			return err
		}
		if err := raw.configure(record); err != nil {
			return err
		}
		s := byName[record.Name.String()]
		if s == nil {
			s = &samples{name: parseName(record.Name.String())}
			byName[s.name.full] = s
			raw.add(s)
		}
		s.rounds = append(s.rounds, round)
	}
	return nil
}

// add enters a benchmark that was not seen before.
func (raw *raw) add(s *samples) {
	if s.name.tabled() {
		raw.cells = append(raw.cells, s)
	} else if !slices.Contains(raw.others, s.name.outside()) {
		raw.others = append(raw.others, s.name.outside())
	}
}

// check returns the values of a result, if they can be measurements.
func check(result *benchfmt.Result) (map[string]float64, error) {
	if result.Iters <= 0 {
		return nil, fmt.Errorf("a benchmark of %d iterations measures nothing", result.Iters)
	}
	values := map[string]float64{}
	for _, v := range result.Values {
		if !finite(v.Value) || v.Value < 0 {
			return nil, fmt.Errorf("%v %s is not a measurement", v.Value, clip(clean(v.Unit), 40))
		}
		if _, twice := values[v.Unit]; twice {
			return nil, fmt.Errorf("two values in %s", clip(clean(v.Unit), 40))
		}
		values[v.Unit] = v.Value
	}
	return values, nil
}

// constant are the settings that one run has only one value of: results with
// different values are not to be compared.
var constant = []string{
	"go", "goos", "goarch", "cpu", "cores", "commit", "store", "corpus", "latency", "sample", "benchtime",
}

// configure takes over the configuration that holds for result.
func (raw *raw) configure(result *benchfmt.Result) error {
	first := len(raw.cells) == 0 && len(raw.others) == 0
	for _, key := range constant {
		was, is := raw.setting(key), clean(result.GetConfig(key))
		if !first && was != is {
			return fmt.Errorf("%s was %.80q above and is %.80q here: two runs in one file", key, was, is)
		}
	}
	raw.config = raw.config[:0]
	for _, c := range result.Config {
		raw.config = append(raw.config, Setting{clean(c.Key), clean(string(c.Value))})
	}
	if text := raw.setting("rounds"); text != "" {
		rounds, err := strconv.Atoi(text)
		if err != nil || rounds < 1 {
			return fmt.Errorf("rounds is %.80q: want a whole number above 0", text)
		}
		raw.rounds = rounds
	}
	return nil
}

func (raw *raw) setting(key string) string { return find(raw.config, key) }

// find returns the value of key, or "" if there is none.
func find(settings []Setting, key string) string {
	for _, s := range settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}

// An ending passes its reader through and remembers how it ended.
type ending struct {
	io.Reader
	lines int  // that have their newline
	last  byte // last byte read; to begin with, a newline
	over  bool
}

func (e *ending) Read(p []byte) (int, error) {
	n, err := e.Reader.Read(p)
	for _, b := range p[:n] {
		if b == '\n' {
			e.lines++
		}
		e.last = b
	}
	e.over = e.over || err == io.EOF
	return n, err
}

// cut is the number of the last line if that has no newline, and otherwise 0.
// It is known only at the end, but then before the reader yields that line:
// what lacks a newline is a line only when nothing follows.
func (e *ending) cut() int {
	if e.over && e.last != '\n' {
		return e.lines + 1
	}
	return 0
}
