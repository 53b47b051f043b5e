package report

import (
	"slices"
	"strconv"
	"strings"

	"golang.org/x/perf/benchfmt"
)

// The benchmarks that make tables. Others stay in the raw results.
const (
	throughput = "Throughput" // many tasks in flight: tasks/s, CPU, memory
	latency    = "Latency"    // one task at a time: p50, p99
)

// A name is the name of a benchmark, taken apart. Its texts are as hostile as
// the file they come from: compare them as they are, print them through clean.
type name struct {
	full        string // without the word Benchmark
	id          string // full without the trailing -GOMAXPROCS
	base        string // Throughput, Latency ...
	level, impl string
	work, grain string
	batch       string
	atOnce      int       // inflight; 0 means unknown
	more        []Setting // the rest, in order; GOMAXPROCS goes by the key gomaxprocs
}

// parseName takes a name apart. Any text is a name; parts it lacks are "".
func parseName(full string) name {
	base, parts := benchfmt.Name(full).Parts()
	n := name{full: full, id: full, base: string(base)}
	known := map[string]*string{
		"level": &n.level, "impl": &n.impl, "work": &n.work, "grain": &n.grain, "batch": &n.batch,
	}
	for _, part := range parts {
		key, value := splitPart(string(part))
		if key == "gomaxprocs" {
			n.id = strings.TrimSuffix(full, string(part))
		}
		if field := known[key]; field != nil && *field == "" {
			*field = value
			continue
		}
		if count, err := strconv.Atoi(value); key == "inflight" && err == nil && count > 0 && n.atOnce == 0 {
			n.atOnce = count
			continue
		}
		n.more = append(n.more, Setting{key, value})
	}
	return n
}

// splitPart splits /key=value, /text (which has no key) and -GOMAXPROCS.
func splitPart(part string) (key, value string) {
	if procs, ok := strings.CutPrefix(part, "-"); ok {
		return "gomaxprocs", procs
	}
	part = strings.TrimPrefix(part, "/")
	if key, value, ok := strings.Cut(part, "="); ok {
		return key, value
	}
	return "", part
}

// tabled reports whether the benchmark belongs into a table.
func (n name) tabled() bool {
	return (n.base == throughput || n.lone()) && n.level != "" && n.work != ""
}

// lone reports whether the benchmark is the latency of a lone task, and not of a
// batch.
func (n name) lone() bool { return n.base == latency && (n.batch == "" || n.batch == "1") }

// outside is what to call a benchmark that belongs into no table.
func (n name) outside() string {
	if n.base == latency && !n.lone() {
		return latency + " of a batch"
	}
	return n.base
}

// row tells rows apart: equal for two benchmarks of the same row. No part holds
// a slash, so joining by it is unambiguous. A lone task has no batch, and joins
// the rows of all batches.
func (n name) row() string {
	parts := []string{n.level, n.impl, n.work, n.grain, strconv.Itoa(n.atOnce)}
	for _, m := range n.more {
		parts = append(parts, m.Key+"="+m.Value)
	}
	slices.Sort(parts[5:])
	return strings.Join(parts, "/")
}

// flavour is what must be equal in two rows of different levels for a fair
// comparison: every part that is not about how the level is built.
func (n name) flavour() string {
	var parts []string
	for _, m := range n.more {
		if m.Key != "workers" {
			parts = append(parts, m.Key+"="+m.Value)
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, "/")
}
