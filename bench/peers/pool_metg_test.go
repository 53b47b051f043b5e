package peers

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/async"
	"github.com/fourlevels/fourlevels/levels/thread"
)

// METG(50%), as of processes, of pools that live inside one process. All pools of
// Go do the same for a task: they look its function up by name, look at ctx, and
// keep what comes back. So what differs is how a task gets to its worker, and how
// the batch is waited for.
//
// C and Java do less: a task is a number, its result is another, and there is
// neither a name nor a ctx nor bytes that are allocated. C claims slices as ours
// do, which makes it the floor of what that can cost. They time themselves, in
// processes of their own.
var poolMETG = []figure{
	{"workers=2", func(tb testing.TB, s scale) []line {
		var contestants []contestant
		for _, p := range pools {
			contestants = append(contestants, p.contestant(s))
		}
		programs, without := poolPrograms(tb, s)
		return poolLines(contest(tb, s.rounds, append(contestants, programs...)...), programs, without)
	}},
}

// poolWorkers is how many every contestant has, and poolLongest are the rounds at
// which a sweep gives up: some 50 microseconds, for what lives in one process
// is nearer to a task than another process is.
const (
	poolWorkers = 2
	poolLongest = 1 << 15
)

// A pool is a contestant that runs in this process. Standing pools are opened
// once, before anything is timed.
type pool struct {
	name string
	ours bool
	each bool // one task is handed over at a time, by a call for each
	open func() (levels.Level, error)
}

var pools = []pool{
	{name: "thread", ours: true, open: func() (levels.Level, error) {
		return thread.New(thread.Config{Funcs: poolFuncs, Threads: poolWorkers})
	}},
	{name: "async", ours: true, open: func() (levels.Level, error) {
		return async.New(async.Config{Funcs: poolFuncs, InFlight: poolWorkers}), nil
	}},
	{name: "ants", each: true, open: openAnts},
	{name: "pond", each: true, open: openPond},
	{name: "tunny", each: true, open: openTunny},
	{name: "workerpool", each: true, open: openWorkerpool},
	{name: "errgroup", each: true, open: openErrgroup},
	{name: "conc.pool", open: openConcPool},
	{name: "conc.Map", open: openConcMap},
	{name: "conc.ForEachIdx", open: openConcForEach},
}

// poolFuncs are what every pool of Go's runs.
var poolFuncs = levels.Funcs{
	"links": func(_ context.Context, input []byte) ([]byte, error) { return runLinks(input) },
}

func (p pool) contestant(s scale) contestant {
	return contestant{p.name, func(ctx context.Context) (values []float64, err error) {
		l, err := p.open()
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, l.Close()) }()
		batch := func(tasks []levels.Task) ([][]byte, error) { return outputs(l.Run(ctx, tasks)) }
		warm, _ := linksBatch(s.batch, 1000)
		if _, err := batch(warm); err != nil {
			return nil, err
		}
		return measureSweep(ctx, s, poolLongest, batch)
	}}
}

// poolLines sets each of ours against each of the others, and against the best of
// those that have tasks handed over one by one.
func poolLines(m map[string][]series, programs []contestant, without string) []line {
	against := map[string]aim{"conc.Map": timesAtMost(1), "conc.ForEachIdx": timesAtMost(1), "C": timesAtMost(10)}
	var peers []string
	var each []series
	for _, p := range pools {
		if !p.ours {
			peers = append(peers, p.name)
		}
		if p.each {
			each = append(each, m[p.name][0])
		}
	}
	for _, p := range programs {
		peers = append(peers, p.name)
	}
	var lines []line
	for _, p := range pools {
		if !p.ours {
			continue
		}
		what, tag, ours := "METG(50%), "+p.name, p.name+"-", m[p.name][0]
		lines = append(lines,
			line{what: what + without, tag: tag, unit: "ns", ours: ours, aim: atMost(100)},
			line{what, tag, "ns", ours, "one-by-one", least(each...), timesAtMost(1.0 / 5)})
		for _, peer := range peers {
			lines = append(lines, line{what, tag, "ns", ours, peer, m[peer][0], against[peer]})
		}
	}
	return lines
}

// poolPrograms returns the contestants of other languages whose tools are here,
// and says which are not.
func poolPrograms(tb testing.TB, s scale) (found []contestant, without string) {
	var absent []string
	if c, ok := poolOfC(tb, s); ok {
		found = append(found, c)
	} else {
		absent = append(absent, "C left out: no cc here")
	}
	if java, ok := poolsOfJava(tb, s); ok {
		found = append(found, java...)
	} else {
		absent = append(absent, "Java left out: no java here, or none from 17 on")
	}
	if len(absent) > 0 {
		without = fmt.Sprintf(" (%s)", strings.Join(absent, "; "))
	}
	return found, without
}
