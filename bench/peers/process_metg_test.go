package peers

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os/exec"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels"
)

// METG(50%), the minimum effective task granularity of Task Bench (Slaughter and
// others, SC 2020): the duration of the smallest tasks that are run at half of
// peak efficiency. Below it, a pool costs more than it gains. Two processes run
// batches of equal tasks, longer ones each time, until they are efficient.
//
// Durations are those of the work alone, in the language that does it, with all
// processors at work, as measured in the same turn: a task of Python's has fewer
// rounds than one of Go's that takes as long.
var processMETG = []figure{
	{"processes=2", func(tb testing.TB, s scale) []line {
		contestants := []contestant{rpcMETG(1, s), rpcMETG(8, s)}
		for _, transport := range resident {
			contestants = append(contestants, oursMETG(transport, s))
		}
		without := ""
		if _, err := exec.LookPath("python3"); err == nil {
			contestants = append(contestants, pythonMETG(tb, "map", 1, s), pythonMETG(tb, "executor", 1024, s))
		} else {
			without = " (Python's pools left out: no python3 here)"
		}
		m := contest(tb, s.rounds, contestants...)
		aims := map[string]aim{"pipe": atMost(600), "shm": atMost(200)}
		againstMap := map[string]aim{"shm": timesAtMost(1.0 / 4)}
		var lines []line
		for _, transport := range resident {
			what, tag, ours := "METG(50%), "+transport, transport+"-", m[transport][0]
			lines = append(lines,
				line{what: what + without, tag: tag, unit: "ns", ours: ours, aim: aims[transport]},
				line{what, tag, "ns", ours, "net/rpc", least(m["rpc 1"][0], m["rpc 8"][0]), timesAtMost(1.0 / 3)})
			if without == "" {
				lines = append(lines,
					line{what, tag, "ns", ours, "Pool.map", m["map"][0], againstMap[transport]},
					line{what, tag, "ns", ours, "ProcessPoolExecutor", m["executor"][0], timesAtMost(1.0 / 400)})
			}
		}
		return lines
	}},
}

// metgProcesses is how many processes every contestant has.
const metgProcesses = 2

// A sweep is what was measured of tasks of more and more rounds.
type sweep struct {
	PerRound float64 `json:"ns_per_round"` // at peak
	Points   []point `json:"points"`
}

type point struct {
	Rounds  uint64  `json:"rounds"`
	Seconds float64 `json:"seconds"` // of a batch
	Sum     uint64  `json:"sum"`     // of its outputs
}

// efficiency is the share of the processors' time that went into the work.
func (s sweep) efficiency(p point, tasks int) float64 {
	serial := float64(tasks) * float64(p.Rounds) * s.PerRound / 1e9
	return serial / (p.Seconds * float64(processors(metgProcesses)))
}

// metg is where efficiency crosses one half. With a constant cost of a task the
// odds of efficiency are in proportion to the duration, so that logarithms of
// both are what lies on a line. That also holds beyond either end of the sweep.
func (s sweep) metg(tasks int) float64 {
	odds := func(p point) float64 {
		e := min(s.efficiency(p, tasks), 0.99)
		return e / (1 - e)
	}
	beyond := func(p point) float64 { return float64(p.Rounds) * s.PerRound / odds(p) }
	i := slices.IndexFunc(s.Points, func(p point) bool { return odds(p) >= 1 })
	switch i {
	case 0:
		return beyond(s.Points[0])
	case -1:
		return beyond(s.Points[len(s.Points)-1])
	}
	before, after := s.Points[i-1], s.Points[i]
	part := -math.Log(odds(before)) / math.Log(odds(after)/odds(before))
	ratio := float64(after.Rounds) / float64(before.Rounds)
	return float64(before.Rounds) * math.Pow(ratio, part) * s.PerRound
}

// enough is the efficiency at which a sweep ends, and longest are the rounds at
// which it gives up: about a millisecond for a task. What a round takes at peak
// is asked before each batch. The least is what counts, of rounds as of
// batches, which take about as long: whatever else the machine does can only make both
// longer.
const (
	enough  = 0.6
	longest = 1 << 19
)

// measureSweep runs batches of tasks that double, until they are efficient.
func measureSweep(ctx context.Context, s scale, longest uint64, batch func(tasks []levels.Task) ([][]byte, error)) ([]float64, error) {
	out := sweep{PerRound: math.Inf(1)}
	for rounds := uint64(4); rounds <= longest; rounds *= 2 {
		p := point{Rounds: rounds, Seconds: math.Inf(1)}
		for range s.batches {
			out.PerRound = min(out.PerRound, perRound())
			seconds, err := timedBatch(ctx, s.batch, rounds, batch)
			if err != nil {
				return nil, fmt.Errorf("tasks of %d rounds: %w", rounds, err)
			}
			p.Seconds = min(p.Seconds, seconds)
		}
		out.Points = append(out.Points, p)
		if out.efficiency(p, s.batch) >= enough {
			break
		}
	}
	return []float64{out.metg(s.batch)}, nil
}

func timedBatch(ctx context.Context, n int, rounds uint64, batch func(tasks []levels.Task) ([][]byte, error)) (seconds float64, err error) {
	tasks, want := linksBatch(n, rounds)
	begun := time.Now()
	outputs, err := batch(tasks)
	seconds = time.Since(begun).Seconds()
	if err == nil && !slices.EqualFunc(outputs, want, bytes.Equal) {
		err = errors.New("wrong outputs")
	}
	return seconds, errors.Join(err, ctx.Err())
}

// linksBatch returns tasks of as many rounds, and their right outputs.
func linksBatch(n int, rounds uint64) (tasks []levels.Task, want [][]byte) {
	for i := range uint64(n) {
		tasks = append(tasks, levels.Task{Func: "links", Input: linksInput(rounds, i)})
		want = append(want, binary.BigEndian.AppendUint64(nil, links(rounds, i)))
	}
	return tasks, want
}

// perRound is how long a round takes with all processors at work, and nothing
// to hand over.
func perRound() float64 {
	const rounds = 1 << 19
	var chains sync.WaitGroup
	begun := time.Now()
	for i := range uint64(processors(metgProcesses)) {
		chains.Go(func() { sink.Add(links(rounds, i)) })
	}
	chains.Wait()
	return float64(time.Since(begun).Nanoseconds()) / rounds
}

// sink is where outputs go that nobody needs, or the compiler would do without
// them.
var sink atomic.Uint64

func oursMETG(transport string, s scale) contestant {
	return contestant{transport, func(ctx context.Context) ([]float64, error) {
		return withPool(transport, metgProcesses, func(l levels.Level) ([]float64, error) {
			batch := func(tasks []levels.Task) ([][]byte, error) { return outputs(l.Run(ctx, tasks)) }
			warm, _ := linksBatch(s.batch, 1000)
			if _, err := batch(warm); err != nil { // and the workers have started
				return nil, err
			}
			return measureSweep(ctx, s, longest, batch)
		})
	}}
}

func outputs(results []levels.Result) ([][]byte, error) {
	out := make([][]byte, len(results))
	for i, r := range results {
		if r.Err != nil {
			return nil, fmt.Errorf("task %d: %w", i, r.Err)
		}
		out[i] = r.Output
	}
	return out, nil
}

// least is the least of several series in each round.
func least(all ...series) series {
	out := append(series(nil), all[0]...)
	for _, s := range all[1:] {
		for i := range out {
			out[i] = min(out[i], s[i])
		}
	}
	return out
}
