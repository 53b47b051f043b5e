package report

import (
	"slices"
	"strconv"

	"github.com/fourlevels/fourlevels/bench/samples"
)

// label fills in what rows are called: the level, the impl unless it is the
// usual one, and the parts of the name in which rows of that impl differ. How many
// tasks are in flight has a column, so that it is named only where nothing else differs.
func label(rows []Row) {
	for i := range rows {
		r := &rows[i]
		r.Level, r.Impl, r.AtOnce = samples.Clean(r.Name.Level), samples.Clean(r.Name.Impl), r.Name.AtOnce
		for _, m := range extras(r.Name) {
			r.More = append(r.More, Setting{Key: samples.Clean(m.Key), Value: samples.Clean(m.Value)})
		}
		r.Label = shortName(r.Name)
		for _, m := range extras(r.Name) {
			if slices.ContainsFunc(rows, func(o Row) bool {
				return o.Name.Level == r.Name.Level && o.Name.Impl == r.Name.Impl && samples.Find(extras(o.Name), m.Key) != m.Value
			}) {
				r.Label += " " + samples.Clip(samples.Clean(part(m)), 40)
			}
		}
	}
	for i := range rows {
		r := &rows[i]
		if slices.ContainsFunc(rows, func(o Row) bool {
			return o.AtOnce != r.AtOnce && slices.Equal(extras(o.Name), extras(r.Name)) && o.Name.Level == r.Name.Level && o.Name.Impl == r.Name.Impl
		}) {
			r.Label += " " + part(inflight(r.Name))
		}
	}
}

// extras are the parts of a name that have no place of their own in a row.
func extras(n samples.Name) []Setting {
	if n.Batch == "" {
		return slices.Clone(n.More)
	}
	return append([]Setting{{Key: "batch", Value: n.Batch}}, n.More...)
}

func inflight(n samples.Name) Setting { return Setting{Key: "inflight", Value: strconv.Itoa(n.AtOnce)} }

// part writes a part of a name as it stood there.
func part(s Setting) string {
	if s.Key == "" {
		return s.Value
	}
	return s.Key + "=" + s.Value
}

func shortName(n samples.Name) string {
	for _, p := range places {
		if p.level == n.Level && p.impl == n.Impl {
			return p.label
		}
	}
	if n.Impl == "" {
		return samples.Clip(samples.Clean(n.Level), 40)
	}
	return samples.Clip(samples.Clean(n.Level), 40) + "/" + samples.Clip(samples.Clean(n.Impl), 60)
}
