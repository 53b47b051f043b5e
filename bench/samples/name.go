package samples

import (
	"slices"
	"strconv"
	"strings"

	"golang.org/x/perf/benchfmt"
)

// A Name is the name of a benchmark, taken apart. Its texts are as hostile as
// the file they come from: compare them as they are, print them through [Clean].
type Name struct {
	Full        string // without the word Benchmark
	ID          string // Full without the trailing -GOMAXPROCS
	Base        string // Throughput, Latency ...
	Level, Impl string
	Work, Grain string
	Batch       string
	AtOnce      int       // inflight; 0 means unknown
	More        []Setting // the rest, in order; GOMAXPROCS goes by the key gomaxprocs
}

// ParseName takes a name apart. Any text is a name; parts it lacks are "".
func ParseName(full string) Name {
	base, parts := benchfmt.Name(full).Parts()
	n := Name{Full: full, ID: full, Base: string(base)}
	known := map[string]*string{
		"level": &n.Level, "impl": &n.Impl, "work": &n.Work, "grain": &n.Grain, "batch": &n.Batch,
	}
	for _, part := range parts {
		key, value := splitPart(string(part))
		if key == "gomaxprocs" {
			n.ID = strings.TrimSuffix(full, string(part))
		}
		if field := known[key]; field != nil && *field == "" {
			*field = value
			continue
		}
		if count, err := strconv.Atoi(value); key == "inflight" && err == nil && count > 0 && n.AtOnce == 0 {
			n.AtOnce = count
			continue
		}
		n.More = append(n.More, Setting{key, value})
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

// Part is the value of a key of the name, or "".
func (n Name) Part(key string) string {
	switch key {
	case "level":
		return n.Level
	case "impl":
		return n.Impl
	case "work":
		return n.Work
	case "grain":
		return n.Grain
	case "batch":
		return n.Batch
	case "inflight":
		return strconv.Itoa(n.AtOnce)
	}
	return Find(n.More, key)
}

// Row tells rows apart: equal for two benchmarks of the same row. No part holds
// a slash, so joining by it is unambiguous. A lone task has no batch, and joins
// the rows of all batches.
func (n Name) Row() string {
	parts := []string{n.Level, n.Impl, n.Work, n.Grain, strconv.Itoa(n.AtOnce)}
	for _, m := range n.More {
		parts = append(parts, m.Key+"="+m.Value)
	}
	slices.Sort(parts[5:])
	return strings.Join(parts, "/")
}

// Flavour is what must be equal in two rows of different levels for a fair
// comparison: every part that is not about how the level is built.
func (n Name) Flavour() string {
	var parts []string
	for _, m := range n.More {
		if m.Key != "workers" {
			parts = append(parts, m.Key+"="+m.Value)
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, "/")
}
