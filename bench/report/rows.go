package report

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
)

// workloads in the order of their tables; others follow by name.
var workloads = []string{"empty", "cpu", "io", "words", "bytes", "skew"}

// places are the levels in the order of the talk, each with its usual impl
// first. The usual impl of a level needs no name of its own.
var places = []struct{ level, impl, label string }{
	{"serial", "serial", "serial"},
	{"machine", "rpc", "machine/rpc"},
	{"machine", "queue", "machine/queue"},
	{"process", "pipe", "process"},
	{"thread", "crew", "thread"},
	{"async", "pool", "async"},
}

// newRun makes a run of what was read.
func newRun(path, file string, raw *raw, book journal) (*Run, error) {
	run := &Run{Name: called(path), Raw: clean(file), Config: raw.config, Rounds: raw.rounds}
	lost := book.enter(raw)
	switch {
	case len(raw.cells) > 0:
	case len(raw.others) == 0:
		return nil, fmt.Errorf("%s has no benchmark lines", run.Raw)
	default:
		return nil, fmt.Errorf("%s has no benchmark of a level: no %s and no %s with level= and work= in its name",
			run.Raw, throughput, latency)
	}
	run.Partial = shortfall(raw, book)
	for _, rows := range group(raw.cells) {
		t := Table{Work: clean(rows[0].name.work), Grain: clean(rows[0].name.grain), Rows: rows}
		slices.SortStableFunc(t.Rows, byPlace)
		label(t.Rows)
		judge(t.Rows)
		measure(t.Rows)
		t.Verdict = verdict(&t)
		run.Tables = append(run.Tables, t)
	}
	run.Notes = append(lost, notes(run, raw.others)...)
	return run, nil
}

// called is what to call the run at path: the name of its folder or file.
func called(path string) string {
	if base := filepath.Base(path); base == "." || base == ".." {
		if abs, err := filepath.Abs(path); err == nil {
			path = abs
		}
	}
	return clean(filepath.Base(path))
}

// group sorts the cells into tables, in order, and those of a table into rows.
func group(cells []*samples) [][]Row {
	type key struct{ work, grain string }
	byTable := map[key][]*samples{}
	var keys []key
	for _, s := range cells {
		k := key{s.name.work, s.name.grain}
		if byTable[k] == nil {
			keys = append(keys, k)
		}
		byTable[k] = append(byTable[k], s)
	}
	slices.SortFunc(keys, func(a, b key) int {
		return cmp.Or(
			cmp.Compare(rank(workloads, a.work), rank(workloads, b.work)),
			cmp.Compare(a.work, b.work), numerically(a.grain, b.grain))
	})
	var tables [][]Row
	for _, k := range keys {
		tables = append(tables, join(byTable[k]))
	}
	return tables
}

// join makes rows of the cells of one table: each with tasks in flight is one,
// and the latency of a lone task joins all that differ from it in batch only.
func join(cells []*samples) []Row {
	var rows []Row
	joined := map[*samples]bool{}
	for _, s := range cells {
		if s.name.base != throughput {
			continue
		}
		r := Row{name: s.name, crowded: s}
		for _, other := range cells {
			if other.name.base == latency && other.name.row() == s.name.row() {
				r.lone, joined[other] = other, true
			}
		}
		rows = append(rows, r)
	}
	for _, s := range cells {
		if s.name.base == latency && !joined[s] {
			rows = append(rows, Row{name: s.name, lone: s})
		}
	}
	return rows
}

// byPlace orders rows: by level, then by impl, then by what else differs.
func byPlace(a, b Row) int {
	place := func(r Row) (level, impl int) {
		level, impl = len(places), len(places)
		for i, p := range places {
			if p.level == r.name.level {
				level = min(level, i)
				if p.impl == r.name.impl {
					impl = i
				}
			}
		}
		return level, impl
	}
	aLevel, aImpl := place(a)
	bLevel, bImpl := place(b)
	return cmp.Or(
		cmp.Compare(aLevel, bLevel), cmp.Compare(a.name.level, b.name.level),
		cmp.Compare(aImpl, bImpl), cmp.Compare(a.name.impl, b.name.impl),
		cmp.Compare(a.name.atOnce, b.name.atOnce),
		numerically(a.name.batch, b.name.batch),
		slices.CompareFunc(a.name.more, b.name.more, func(a, b Setting) int {
			return cmp.Or(cmp.Compare(a.Key, b.Key), numerically(a.Value, b.Value))
		}))
}

// label fills in what rows are called: the level, the impl unless it is the
// usual one, and the parts of the name in which rows of that impl differ.
func label(rows []Row) {
	for i := range rows {
		r := &rows[i]
		r.Level, r.Impl, r.AtOnce = clean(r.name.level), clean(r.name.impl), r.name.atOnce
		for _, m := range extras(r.name) {
			r.More = append(r.More, Setting{clean(m.Key), clean(m.Value)})
		}
		r.Label = shortName(r.name)
		for _, m := range append(extras(r.name), inflight(r.name)) {
			if slices.ContainsFunc(rows, func(o Row) bool {
				return o.name.level == r.name.level && o.name.impl == r.name.impl &&
					find(append(extras(o.name), inflight(o.name)), m.Key) != m.Value
			}) {
				r.Label += " " + clip(clean(part(m)), 40)
			}
		}
	}
}

// extras are the parts of a name that have no place of their own in a row.
func extras(n name) []Setting {
	if n.batch == "" {
		return slices.Clone(n.more)
	}
	return append([]Setting{{"batch", n.batch}}, n.more...)
}

func inflight(n name) Setting { return Setting{"inflight", strconv.Itoa(n.atOnce)} }

// part writes a part of a name as it stood there.
func part(s Setting) string {
	if s.Key == "" {
		return s.Value
	}
	return s.Key + "=" + s.Value
}

func shortName(n name) string {
	for _, p := range places {
		if p.level == n.level && p.impl == n.impl {
			return p.label
		}
	}
	if n.impl == "" {
		return clip(clean(n.level), 40)
	}
	return clip(clean(n.level), 40) + "/" + clip(clean(n.impl), 60)
}

// rank is the index of s in order, or one past the end.
func rank(order []string, s string) int {
	if i := slices.Index(order, s); i >= 0 {
		return i
	}
	return len(order)
}

// numerically compares numbers by value and other texts by letters.
func numerically(a, b string) int {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	if errX == nil && errY == nil {
		return cmp.Or(cmp.Compare(x, y), cmp.Compare(a, b))
	}
	return cmp.Compare(a, b)
}
