package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/samples"
)

// commandOf is the command that means a plan again, or "" where none does: a preset may
// have parts that no flags can say. So what the flags would mean is worked out, and they
// are told only if it is the plan.
func commandOf(p bench.Plan) string {
	all := bench.Axes{}
	for _, part := range p.Axes {
		all.Kinds, all.Works, all.Levels = union(all.Kinds, part.Kinds), union(all.Works, part.Works), union(all.Levels, part.Levels)
		all.Workers, all.Grains = union(all.Workers, part.Workers), union(all.Grains, part.Grains)
		all.Batches, all.RTTs = union(all.Batches, part.Batches), union(all.RTTs, part.RTTs)
		all.Pitfalls = union(all.Pitfalls, part.Pitfalls)
	}
	brief := all
	if slices.Equal(all.Levels, bench.Levels) {
		brief.Levels = nil
	}
	for _, given := range []bench.Axes{{}, {Kinds: all.Kinds}, {Kinds: all.Kinds, Works: all.Works}, brief, all} {
		for _, preset := range bench.Presets {
			again, err := bench.Plan{Axes: narrow(preset.Axes, given), Filter: p.Filter}.Complete()
			if err == nil && fmt.Sprint(again.Axes) == fmt.Sprint(p.Axes) {
				return "go run ./cmd/levels bench --preset " + preset.Name + listFlags(given) + otherFlags(p)
			}
		}
	}
	return ""
}

func union[T comparable](all, more []T) []T {
	for _, v := range more {
		if !slices.Contains(all, v) {
			all = append(all, v)
		}
	}
	return all
}

func listFlags(a bench.Axes) string {
	return listFlag("measure", a.Kinds) + listFlag("level", a.Levels) + listFlag("work", a.Works) + listFlag("workers", a.Workers) +
		listFlag("grain", a.Grains) + listFlag("batch", a.Batches) + listFlag("rtt", a.RTTs) + listFlag("pitfall", a.Pitfalls)
}

func listFlag[T any](name string, list []T) string {
	if len(list) == 0 {
		return ""
	}
	var words []string
	for _, v := range list {
		words = append(words, fmt.Sprint(v))
	}
	return " --" + name + " " + shellWord(strings.Join(words, ","))
}

// otherFlags are those that are no lists. The folder of a corpus is left to the reader:
// it is another one on each machine.
func otherFlags(p bench.Plan) string {
	pages := "all"
	if p.Sample > 0 {
		pages = strconv.Itoa(p.Sample)
	}
	flags := fmt.Sprintf(" --rounds %d --benchtime %v --seed %d --latency %v --pages %s", p.Rounds, p.Benchtime, p.Seed, p.Latency, pages)
	if p.Filter != "" {
		flags += " --filter " + shellWord(p.Filter)
	}
	if p.Embedded {
		flags += " --embedded"
	}
	if p.Corpus != "" {
		flags += " --corpus FOLDER"
	}
	return flags
}

// shellWord is a text that means only itself to a shell. A plan comes from a file.
func shellWord(text string) string {
	text = samples.Clean(text)
	if strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./,:+") == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
