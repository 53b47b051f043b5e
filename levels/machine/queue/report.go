package queue

import (
	"strconv"
	"strings"
)

// A report is what the script finish is told of some verdicts: its arguments, by
// their sections.
type report struct {
	done     int
	recorded []any
	kept     map[int64][]any // by how long, in ms
	bags     map[int64]bags
	told     map[string][]any // by the client
	troubles []any
	indexes  map[int64][]any // by the batch, of those that have ended well
	ended    map[int64]int   // and how many have ended at all
}

func (r *report) add(v verdict) {
	r.ended[v.batch]++
	if v.kind != finished {
		r.troubles = append(r.troubles, "t", v.batch, v.index, string(v.kind), ceil(v.after), v.outcome)
		return
	}
	r.done++
	r.indexes[v.batch] = append(r.indexes[v.batch], v.index)
	if v.m.recorded {
		r.recorded = append(r.recorded, v.m.id)
	}
	group, member, grouped := strings.Cut(v.m.id, ".")
	switch {
	case v.m.keep > 0 && !v.m.recorded && grouped && len(v.outcome) <= maxBagged:
		if r.bags[v.m.keep] == nil {
			r.bags[v.m.keep] = bags{}
		}
		r.bags[v.m.keep].add(group, member, v.outcome)
	case v.m.keep > 0 || v.m.recorded:
		r.kept[v.m.keep] = append(r.kept[v.m.keep], v.m.id, v.outcome)
	}
	if v.m.client != "" {
		r.told[v.m.client] = append(r.told[v.m.client], v.m.id+" "+v.outcome)
	}
}

// append appends all sections but those of the batches.
func (r *report) append(args []any) []any {
	args = append(args, r.recorded...)
	for ms, pairs := range r.kept {
		args = append(append(args, "k", ms, len(pairs)), pairs...)
	}
	for ms, groups := range r.bags {
		args = append(args, "g", ms, 2*len(groups))
		for group, b := range groups {
			args = append(args, group, b.text())
		}
	}
	for client, texts := range r.told {
		args = append(append(args, "a", client, len(texts)), texts...)
	}
	return append(args, r.troubles...)
}

// Bags are by the group of their jobs.
type bags map[string]*bag

// A bag holds short outcomes of plain jobs of one group, which are kept in Redis
// as one text: see lua/queue.lua.
type bag struct {
	n     int
	items []byte
}

// maxBagged is the length of the longest outcome that goes into a bag.
const maxBagged = 1024

func (b bags) add(group, member, outcome string) {
	g := b[group]
	if g == nil {
		g = &bag{}
		b[group] = g
	}
	g.n++
	g.items = append(append(g.items, member...), ' ')
	g.items = append(strconv.AppendInt(g.items, int64(len(outcome)), 10), ' ')
	g.items = append(g.items, outcome...)
}

func (b *bag) text() []byte {
	return append(append(strconv.AppendInt(nil, int64(b.n), 10), ' '), b.items...)
}
