package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/catalogue"
	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// benchFlags are what bench is told.
type benchFlags struct {
	preset string
	given  bench.Plan // but for its axes
	axes   bench.Axes // lists; what was not given is the preset's
	pages  string
	redis  string

	out, resume string
	list        bool
}

func (b *benchFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&b.preset, "preset", "quick", "quick, "+bench.Quick.About+"; full, "+bench.Full.About+"; or pitfalls, "+bench.Pitfalls.About)
	f.StringSliceVar(&b.axes.Pitfalls, "pitfall", nil, "pitfalls to measure, by id or name and by comma, or all: nothing else then, unless --measure says so")
	f.StringVar(&b.given.Filter, "filter", "", "of benchmarks, as benchstat has it: '/level:thread /work:(cpu OR io)'")
	f.StringSliceVar(&b.axes.Kinds, "measure", []string{"table"}, "kinds of measurement, by comma; also load, metg, startup, cost, pitfall")
	f.StringSliceVar(&b.axes.Levels, "level", bench.Levels, "levels to measure, by comma")
	f.StringSliceVar(&b.axes.Works, "work", bench.Works, "workloads to measure, by comma; also bytes and skew")
	f.IntSliceVar(&b.axes.Workers, "workers", nil, "widths of the outermost level, by comma; 0 means the usual")
	f.IntSliceVar(&b.axes.Grains, "grain", nil, "sizes of a task in rounds or bytes, by comma; 0 means the workload's own")
	f.IntSliceVar(&b.axes.Batches, "batch", nil, "tasks handed over at once, by comma; 0 means enough to keep the level busy")
	f.DurationSliceVar(&b.axes.RTTs, "rtt", nil, "round trips to machines, by comma; 0 is that of loopback")
	f.Lookup("rtt").DefValue = ""
	f.IntVar(&b.given.Rounds, "rounds", 6, "how often each is measured; 6 is the least for an interval of 95 %, full takes 24")
	f.DurationVar(&b.given.Benchtime, "benchtime", 150*time.Millisecond, "how long each benchmark runs, about; full takes 200ms")
	f.Uint64Var(&b.given.Seed, "seed", 1, "seed of the inputs, and of the order in each round")
	f.DurationVar(&b.given.Latency, "latency", 2*time.Millisecond, "what the origin adds to each answer (20ms or more to measure load)")
	f.StringVar(&b.pages, "pages", "128", "pages of the corpus that words counts: a number, or all")
	f.StringVar(&b.given.Corpus, "corpus", "", "folder of text (default: the source of the Go standard library)")
	redisFlag(f, &b.redis, "REDIS_URL, else a private redis-server, else the embedded store")
	f.BoolVar(&b.given.Embedded, "embedded", false, "take the embedded store even if a redis-server is installed")
	f.Float64Var(&b.given.Quiet, "quiet", 10, "percent of the time that something may wait for a processor where the machine counts as quiet")
	f.DurationVar(&b.given.Patience, "patience", 0, "how long the run waits for a quiet machine, in all (default: a twentieth of its time)")
	f.StringVar(&b.out, "out", "", "folder for the results (default: results/runs in the checkout)")
	f.StringVar(&b.resume, "resume", "", "folder of a run to go on with")
	f.BoolVar(&b.list, "list", false, "print what would be measured, and about how long it takes, and measure nothing")
}

// plan checks the flags, and makes the plan that they mean.
func (b *benchFlags) plan(cmd *cobra.Command) (p bench.Plan, err error) {
	preset, err := findPreset(b.preset)
	if err != nil {
		return p, err
	}
	changed := cmd.Flags().Changed
	if err := cmp.Or(b.checkLists(changed), b.checkNumbers(changed)); err != nil { // one mistake, one line
		return p, err
	}
	p = b.given
	p.Redis = b.redis
	if !changed("rounds") {
		p.Rounds = preset.Rounds
	}
	if !changed("benchtime") {
		p.Benchtime = preset.Benchtime
	}
	if p.Latency == 0 {
		p.Latency = -1 // none, where a Plan's 0 is the default
	}
	if changed("patience") && p.Patience == 0 {
		p.Patience = -1
	}
	if p.Sample, err = b.sample(); err != nil {
		return p, err
	}
	given := b.axes
	for flag, list := range map[string]*[]string{"measure": &given.Kinds, "level": &given.Levels, "work": &given.Works} {
		if !changed(flag) {
			*list = nil
		}
	}
	if changed("pitfall") && !changed("measure") {
		given.Kinds = []string{"pitfall"}
	}
	if slices.Contains(given.Pitfalls, allPitfalls) {
		given.Pitfalls = nil
	}
	p.Axes = narrow(preset.Axes, given)
	if p, err = p.Complete(); err != nil {
		return p, usageError{err}
	}
	err = cmp.Or(checkPitfalls(cmd, p, given.Kinds), checkPythonIn(p), whichRedis(cmd, &p.Redis, haveQueue(specsOf(p))))
	return p, err
}

// checkPitfalls refuses flags that nothing in the plan takes notice of.
func checkPitfalls(cmd *cobra.Command, p bench.Plan, kinds []string) error {
	if cmd.Flags().Changed("pitfall") && !slices.Contains(kinds, "pitfall") {
		return usage("pitfall", fmt.Errorf("--measure %s measures no pitfalls: add pitfall to it, or leave it out", strings.Join(kinds, ",")))
	}
	if !p.OfPitfalls() {
		return nil
	}
	return unused(cmd, "where only pitfalls are measured", "level", "work", "workers", "grain", "batch", "rtt", "redis", "embedded")
}

func findPreset(name string) (bench.Preset, error) {
	var names []string
	for _, p := range bench.Presets {
		names = append(names, p.Name)
	}
	if err := fleet.Choose("preset", name, names); err != nil {
		return bench.Preset{}, usage("preset", err)
	}
	return bench.Presets[slices.Index(names, name)], nil
}

// checkLists checks what is a list of words.
func (b *benchFlags) checkLists(changed func(string) bool) error {
	if _, err := parseLevels(b.axes.Levels); err != nil {
		return err
	}
	for _, list := range []struct {
		flag, what   string
		given, known []string
	}{
		{"work", "workload", b.axes.Works, workload.Names()},
		{"measure", "kind of measurement", b.axes.Kinds, kindNames()},
	} {
		if len(list.given) == 0 {
			return usage(list.flag, errors.New("the value is empty"))
		}
		for _, name := range list.given {
			if err := fleet.Choose(list.what, name, list.known); err != nil {
				return usage(list.flag, err)
			}
		}
	}
	for _, what := range b.axes.Pitfalls {
		if _, err := catalogue.Find(what); err != nil && what != allPitfalls {
			return usage("pitfall", err)
		}
	}
	for flag, n := range map[string]int{"pitfall": len(b.axes.Pitfalls), "workers": len(b.axes.Workers), "grain": len(b.axes.Grains), "batch": len(b.axes.Batches), "rtt": len(b.axes.RTTs)} {
		if changed(flag) && n == 0 {
			return usage(flag, errors.New("the value is empty"))
		}
	}
	return nil
}

// allPitfalls stands for them, whatever else is listed.
const allPitfalls = "all"

func kindNames() (names []string) {
	for _, k := range bench.Kinds {
		names = append(names, k.Name)
	}
	return names
}

// checkNumbers checks numbers and durations, and lists of them.
func (b *benchFlags) checkNumbers(changed func(string) bool) error {
	errs := []error{
		inRange("rounds", b.given.Rounds, 1, 1000),
		inRange("benchtime", b.given.Benchtime, time.Millisecond, 10*time.Minute),
		inRange("latency", b.given.Latency, 0, workload.MaxLatency),
		inRange("patience", b.given.Patience, 0, 24*time.Hour),
	}
	if q := b.given.Quiet; !(q > 0 && q <= 100) {
		errs = append(errs, usage("quiet", fmt.Errorf(`"%v": must be above 0, up to 100 (percent)`, q)))
	}
	for _, n := range b.axes.Workers {
		errs = append(errs, inRange("workers", n, 0, 4096))
	}
	for _, n := range b.axes.Grains {
		errs = append(errs, inRange("grain", n, 0, 1<<30))
	}
	for _, n := range b.axes.Batches {
		errs = append(errs, inRange("batch", n, 0, 1<<20))
	}
	for _, d := range b.axes.RTTs {
		errs = append(errs, inRange("rtt", d, 0, time.Minute))
		if d%time.Microsecond != 0 {
			errs = append(errs, usage("rtt", fmt.Errorf("%q: want whole microseconds", d)))
		}
	}
	return cmp.Or(errs...)
}

// sample is --pages as a Plan has it.
func (b *benchFlags) sample() (int, error) {
	if b.pages == "all" {
		return -1, nil
	}
	n, err := strconv.Atoi(b.pages)
	if err != nil || n < 1 {
		return 0, usage("pages", fmt.Errorf("%.80q: want a number from 1 up, or all", b.pages))
	}
	return n, nil
}

// narrow is what the lists that were given leave of the parts of a preset, and what they
// ask for beyond that.
func narrow(parts []bench.Axes, given bench.Axes) (left []bench.Axes) {
	for _, part := range parts {
		kinds, ok1 := both(part.Kinds, given.Kinds)
		works, ok2 := both(part.Works, given.Works)
		levels, ok3 := both(part.Levels, given.Levels)
		if !ok1 || !ok2 || !ok3 {
			continue
		}
		part.Kinds, part.Works, part.Levels = kinds, works, levels
		part.Workers = orPart(given.Workers, part.Workers)
		part.Grains = orPart(given.Grains, part.Grains)
		part.Batches = orPart(given.Batches, part.Batches)
		part.RTTs = orPart(given.RTTs, part.RTTs)
		part.Pitfalls = orPart(given.Pitfalls, part.Pitfalls)
		left = append(left, part)
	}
	if len(left) == 0 {
		return []bench.Axes{given}
	}
	return append(left, beyond(left, given)...)
}

// beyond are parts for what was asked for and no part has: each kind, of each workload,
// at each level.
func beyond(parts []bench.Axes, given bench.Axes) (more []bench.Axes) {
	for _, kind := range orAny(given.Kinds) {
		for _, work := range worksOf(kind, given) {
			levels := slices.DeleteFunc(slices.Clone(orAny(given.Levels)), func(level string) bool {
				return slices.ContainsFunc(parts, func(part bench.Axes) bool {
					return has(part.Kinds, kind) && has(part.Works, work) && has(part.Levels, level)
				})
			})
			if len(levels) == 0 {
				continue
			}
			part := given
			part.Kinds, part.Works, part.Levels = unlessAny(kind), unlessAny(work), levels
			if levels[0] == "" {
				part.Levels = nil
			}
			more = append(more, part)
		}
	}
	return more
}

// orAny makes a list that was not given one of "", which stands for any.
func orAny(given []string) []string {
	if len(given) == 0 {
		return []string{""}
	}
	return given
}

// worksOf are the workloads that a kind is asked for of.
func worksOf(kind string, given bench.Axes) []string {
	for _, k := range bench.Kinds {
		if k.Name == kind && len(given.Works) == 0 {
			return k.Works
		}
	}
	return orAny(given.Works)
}

// has reports whether a list has a word. A list that takes the usual has what is asked
// for.
func has(part []string, word string) bool {
	return word == "" || len(part) == 0 || slices.Contains(part, word)
}

func unlessAny(word string) []string {
	if word == "" {
		return nil
	}
	return []string{word}
}

// both are the words of two lists of which an empty one has all. It is false if
// there are none.
func both(part, given []string) ([]string, bool) {
	if len(part) == 0 || len(given) == 0 {
		return slices.Concat(part, given), true
	}
	common := slices.DeleteFunc(slices.Clone(given), func(s string) bool { return !slices.Contains(part, s) })
	return common, len(common) > 0
}

func orPart[T any](given, part []T) []T {
	if len(given) > 0 {
		return given
	}
	return part
}

// parseLevels parses what --level lists.
func parseLevels(names []string) (specs []fleet.Spec, err error) {
	if len(names) == 0 {
		return nil, usage("level", errors.New("the value is empty"))
	}
	for _, name := range names {
		spec, err := fleet.Parse(name)
		if err != nil {
			return nil, usage("level", err)
		}
		specs = append(specs, spec)
	}
	return specs, nil
}

func specsOf(p bench.Plan) (specs []fleet.Spec) {
	for _, c := range p.Cells() {
		specs = append(specs, c.Spec)
	}
	return specs
}

// listPlan prints the cells of a plan, and an estimate of its time.
func listPlan(w io.Writer, p bench.Plan) error {
	samples := 0
	for round := 1; round <= p.Rounds; round++ {
		samples += len(p.Schedule(round))
	}
	cells := p.Cells()
	for _, c := range cells {
		every := ""
		if c.Every > 1 {
			every = fmt.Sprintf(", in every round of %d", c.Every)
		}
		if _, err := fmt.Fprintf(w, "%s%s\n", c, every); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "%d cells in %d rounds, %d samples with twins: about %v, without the build\n",
		len(cells), p.Rounds, samples, p.Estimate().Round(time.Second))
	return err
}
