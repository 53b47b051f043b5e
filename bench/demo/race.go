package demo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/live"
	"github.com/fourlevels/fourlevels/levels/scratch"
	"github.com/fourlevels/fourlevels/levels/workload"
)

var race = Demo{
	Name:      "race",
	Title:     "The same 64 tasks at four levels, in three rounds",
	Seconds:   75,
	Sees:      "two lanes for each level, three rounds: computing, waiting, moving data; watch who wins each.",
	Punchline: raceEnd,
	Emulated:  raceUnreal,
	Keys:      "any key goes on to the next round",
	Run:       runRace,
}

const (
	raceEnd    = "There is no best level, only a best match."
	raceUnreal = "The two machines are processes on this host, asked over HTTP on loopback."
)

// entries is how many tasks each level has to run in each round.
const entries = 64

// racers are the levels in the order of the talk. They run one after another, for at once
// they would fight for the same processors.
var racers = []string{"machine/rpc", "process", "thread", "async"}

// A round is a kind of work that the levels race at.
type round struct {
	name     string
	question string
	about    string // with the size of a task
	work     workload.Workload
	size     int
}

// rounds are what they race at: one reason to be slow each.
func (c Config) rounds(origin string) ([]round, error) {
	cpu, err := workload.Find("cpu", workload.Env{})
	if err != nil {
		return nil, err
	}
	latency := max(c.scaled(40*time.Millisecond), 5*time.Millisecond)
	io, err := workload.Find("io", workload.Env{Origin: origin, Latency: latency})
	if err != nil {
		return nil, err
	}
	loops := int(c.scaled(40e6)) // about 80 ms on a processor of 2020
	payload := max(int(c.scaled(1<<20)), 64<<10)
	return []round{
		{"computing", "64 tasks that only compute: who is first?",
			fmt.Sprintf("%d tasks compute, %.3g million steps each: whoever has processors wins", entries, float64(loops)/1e6), cpu, loops},
		{"waiting", fmt.Sprintf("64 tasks that wait for a server, %v each: who is first?", latency),
			fmt.Sprintf("%d tasks ask a server that takes %v: whoever keeps most of them waiting at once wins", entries, latency), io, 0},
		{"moving data", "64 tasks that bring 1 MiB along, and take it home: who is first?",
			fmt.Sprintf("%d tasks bring %.3g MiB along and take it home, and compute a little: whoever moves nothing wins", entries, float64(payload)/(1<<20)),
			workload.Mix(workload.Mixture{Rounds: int(c.scaled(1e6)), Payload: payload, Seed: 1}), 0},
	}, nil
}

func runRace(ctx context.Context, s *live.Stage, c Config) error {
	origin, stop, err := startOrigin(ctx, c)
	if err != nil {
		return err
	}
	defer stop()
	rounds, err := c.rounds(origin)
	if err != nil {
		return err
	}
	var times [][]float64 // by round, in the order of racers, with that of serial last
	for i, r := range rounds {
		took, err := c.round(ctx, s, i, r)
		if err != nil {
			return cmp.Or(context.Cause(ctx), fmt.Errorf("%s: %w", r.name, err))
		}
		times = append(times, took)
	}
	s.Table(standings(rounds, times))
	s.Say(raceEnd)
	return nil
}

// round runs one round: opens its levels, lets each of them run, then serial, and shows
// who was first.
func (c Config) round(ctx context.Context, s *live.Stage, n int, r round) (took []float64, err error) {
	teams, err := c.teams(ctx, s, r)
	defer func() {
		for _, t := range teams {
			err = errors.Join(err, t.close())
		}
	}()
	if err != nil {
		return nil, err
	}
	title := fmt.Sprintf("race, round %d of 3: %s", n+1, r.name)
	if s.Predict() {
		s.Scene(live.Scene{Title: title})
	}
	tell, err := s.Ask(ctx, r.question, racers...)
	if err != nil {
		return nil, err
	}
	var lanes []string
	for _, t := range teams {
		lanes = append(lanes, t.track.lanes...)
	}
	s.Scene(live.Scene{
		Title:    title,
		Text:     r.about + ". The levels run one after another and are drawn as if they had started together.",
		Lanes:    lanes,
		Together: true,
	})
	if n == 0 {
		s.Say(raceUnreal + " A yardstick runs at the end: serial, one task after another.")
	}
	start := s.Now()
	took = slices.Repeat([]float64{-1}, len(teams))
	want, err := c.heats(ctx, s, r, teams, start, took)
	if err != nil {
		return nil, err
	}
	for _, t := range teams {
		if t.checksum != want {
			return nil, fmt.Errorf("%s and %s computed different results", t.name, teams[0].name)
		}
	}
	if n == 0 {
		clocks(s, collectors(teams)...)
	}
	tell(1 + slices.Index(took[:len(racers)], slices.Min(took[:len(racers)])))
	s.Say(verdict(r, took))
	_, err = c.hold(ctx, s, 18*time.Second)
	return took, err
}

// heats lets each team run in its turn. It returns the checksum of the last, which is
// serial: what all must have computed.
func (c Config) heats(ctx context.Context, s *live.Stage, r round, teams []*team, start time.Duration, took []float64) (want uint32, err error) {
	tasks := r.tasks(entries)
	for i, t := range teams {
		if err := t.run(ctx, r, tasks, start); err != nil {
			return 0, fmt.Errorf("%s: %w", t.name, err)
		}
		took[i] = t.took.Seconds()
		s.Bars(finish(teams, took))
	}
	return teams[len(teams)-1].checksum, nil
}

// startOrigin starts the server that tasks wait for. It needs no more than one page.
func startOrigin(ctx context.Context, c Config) (url string, stop func(), err error) {
	dir, err := scratch.New("demo")
	if err != nil {
		return "", nil, err
	}
	if err = os.WriteFile(filepath.Join(dir.Path, "page.txt"), []byte("a page\n"), 0o600); err == nil {
		var end func()
		if url, _, end, err = fleet.StartOrigin(ctx, fleet.Config{Worker: c.Worker}, dir.Path); err == nil {
			return url, func() { end(); dir.Close() }, nil
		}
	}
	return "", nil, errors.Join(err, dir.Close())
}
