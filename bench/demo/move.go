package demo

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/live"
	"github.com/fourlevels/fourlevels/levels"
)

const movePunchline = "Move the question, not the data."

var move = Demo{
	Name: "move", Title: "Move the question, not the data", Seconds: 60,
	Sees:      "one sum over 1 MiB of numbers in another process, five ways to get there; bars to scale, then logarithmic",
	Punchline: movePunchline,
	Run:       runMove,
}

const (
	moveNumbers = 1 << 17 // of 8 bytes: 1 MiB
	moveSeed    = 2019

	moveShared = runtime.GOOS == "linux" // there is a ring in shared memory
)

// A moveWay is a way to have another process add up numbers.
type moveWay struct {
	name   string
	task   string // the function of the worker
	shared bool   // by memory that both share, instead of a pipe
	pack   func([]uint64) ([]byte, error)
}

var moveWays = []moveWay{
	{"JSON", "sum.json", false, packJSON},
	{"gob", "sum.gob", false, packGob},
	{"raw bytes", "sum.raw", false, packRaw},
	{"raw, shared memory", "sum.raw", true, packRaw},
	{"move the question", "sum.owned", false, func([]uint64) ([]byte, error) { return moveQuestion(), nil }},
}

// A moveRun is one sum, and where its time went.
type moveRun struct {
	bytes                                 int
	total, packing, traveling, inTheChild time.Duration
}

// A moveShow is the demo under way.
type moveShow struct {
	Config
	stage        *live.Stage
	numbers      []uint64
	sum          uint64
	pipe, shared levels.Level // one process each; shared is nil where there is no such transport
	loading      time.Duration
	runs         [][]moveRun // of each way
}

func runMove(ctx context.Context, s *live.Stage, c Config) (err error) {
	m := &moveShow{Config: c, stage: s, numbers: moveData(moveSeed, moveNumbers), runs: make([][]moveRun, len(moveWays))}
	for _, x := range m.numbers {
		m.sum += x
	}
	s.Scene(live.Scene{
		Title: "move: 1 MiB of numbers here, a process there that adds up",
		Text:  "real: each way crosses into a child process and back, and all the sums are checked",
	})
	tell, err := s.Ask(ctx, "The same sum: how much longer does sending the numbers as JSON take than asking a process that has them?",
		"up to 10 times as long", "10 to 100 times", "more than 100 times")
	if err != nil {
		return err
	}
	s.Say("the child is started, and the numbers are loaded where they will be asked for")
	end, err := m.open(ctx)
	if err != nil {
		return err
	}
	defer end()
	for _, scene := range []func(context.Context) error{m.measure, m.slowMotion, m.scales} {
		if err := scene(ctx); err != nil {
			return err
		}
	}
	tell(moveAnswer(m.median(0).total, m.median(len(moveWays)-1).total))
	s.Table(m.table())
	s.Say(movePunchline)
	return nil
}

func moveAnswer(json, question time.Duration) int {
	switch ratio := float64(json) / float64(question); {
	case ratio <= 10:
		return 1
	case ratio <= 100:
		return 2
	}
	return 3
}

// open starts the processes, and has one of them load the numbers that it will own.
func (m *moveShow) open(ctx context.Context) (end func(), err error) {
	config := fleet.Config{Funcs: Funcs(), Worker: m.Worker}
	pipe, err := fleet.Open(ctx, fleet.Spec{{Level: "process", Impl: "pipe", Width: 1}}, config)
	if err != nil {
		return nil, err
	}
	m.pipe = pipe
	end = func() { pipe.Close() }
	if moveShared {
		shared, err := fleet.Open(ctx, fleet.Spec{{Level: "process", Impl: "shm", Width: 1}}, config)
		if err != nil {
			end()
			return nil, err
		}
		m.shared = shared
		end = func() { shared.Close(); pipe.Close() }
	}
	if err := m.warmUp(ctx); err != nil {
		end()
		return nil, err
	}
	return end, nil
}

// warmUp starts the processes and, with the first question, loads the numbers.
func (m *moveShow) warmUp(ctx context.Context) error {
	for round := range 2 {
		for _, w := range moveWays {
			r, err := m.once(ctx, w)
			if err != nil {
				return err
			}
			if round == 0 && w.task == "sum.owned" {
				m.loading = r.inTheChild
			}
		}
	}
	return nil
}

// once takes one sum, and checks it. Where the way is not possible it does nothing.
func (m *moveShow) once(ctx context.Context, w moveWay) (r moveRun, err error) {
	level := m.pipe
	if w.shared {
		level = m.shared
	}
	if level == nil {
		return r, nil
	}
	begin := time.Now()
	input, err := w.pack(m.numbers)
	if err != nil {
		return r, fmt.Errorf("%s: %w", w.name, err)
	}
	packed := time.Now()
	result := level.Run(ctx, []levels.Task{{Func: w.task, Input: input}})[0]
	r.total = time.Since(begin)
	if result.Err != nil {
		return r, fmt.Errorf("%s: %w", w.name, cmp.Or(context.Cause(ctx), result.Err))
	}
	sum, inside, err := unpackSum(result.Output)
	if err != nil {
		return r, fmt.Errorf("%s: %w", w.name, err)
	}
	if sum != m.sum {
		return r, fmt.Errorf("%s: the sum is %d, want %d", w.name, sum, m.sum)
	}
	r.bytes, r.packing, r.inTheChild = len(input), packed.Sub(begin), inside
	r.traveling = max(0, r.total-r.packing-r.inTheChild)
	return r, nil
}

// median is the run in the middle of a way's, whole: its parts add up.
func (m *moveShow) median(way int) moveRun {
	sorted := slices.SortedFunc(slices.Values(m.runs[way]), func(a, b moveRun) int { return cmp.Compare(a.total, b.total) })
	if len(sorted) == 0 {
		return moveRun{}
	}
	return sorted[len(sorted)/2]
}

// moveQuestion is all that travels to who has the numbers.
func moveQuestion() []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, moveSeed), moveNumbers)
}
