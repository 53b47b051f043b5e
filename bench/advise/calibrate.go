package advise

import (
	"context"
	"math/rand/v2"
	"runtime"
	"slices"
	"time"

	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// Options say how thoroughly to measure.
type Options struct {
	Rounds   int           // how often each point is measured; 0 means 5
	Long     time.Duration // how long a point is measured each time; 0 means 100 ms
	Patience time.Duration // to wait in all until the machine is quiet; 0 means not to wait
	Seed     uint64        // of the order, and of the points of Validate

	Commit, CPU string // to be noted in the costs
	Progress    func(done, total int)
}

func (o Options) complete() Options {
	if o.Rounds <= 0 {
		o.Rounds = 5
	}
	if o.Long <= 0 {
		o.Long = 100 * time.Millisecond
	}
	return o
}

// Calibrate measures what the levels cost on this machine.
func Calibrate(ctx context.Context, c fleet.Config, o Options) (*Costs, error) {
	o = o.complete()
	r, err := newRig(ctx, c, Levels)
	if err != nil {
		return nil, err
	}
	defer r.close()
	r.patience = o.Patience
	s := newSession(Levels, o.Long)
	if err := s.turns(ctx, r, s.points, o); err != nil {
		return nil, err
	}
	return s.costs(ctx, r, Levels, o)
}

// turns measures all points in each round, in shuffled order: what comes and goes on the
// machine then touches all of them, and the median leaves it out.
func (s *session) turns(ctx context.Context, r *rig, points []point, o Options) error {
	if err := r.learn(ctx); err != nil {
		return err
	}
	points = slices.Clone(points)
	random := rand.New(rand.NewPCG(o.Seed, 1))
	for round := range o.Rounds {
		random.Shuffle(len(points), func(i, j int) { points[i], points[j] = points[j], points[i] })
		for i, p := range points {
			if o.Progress != nil {
				o.Progress(round*len(points)+i, o.Rounds*len(points))
			}
			if err := s.take(ctx, r, p); err != nil {
				return err
			}
		}
	}
	return nil
}

// costs fits all levels, and measures what needs a level of its own: start, memory, and
// the round trips of machines.
func (s *session) costs(ctx context.Context, r *rig, names []string, o Options) (*Costs, error) {
	c := &Costs{
		Schema: schema, Commit: o.Commit, Date: time.Now().UTC().Format(time.RFC3339), CPU: o.CPU,
		Cores: runtime.GOMAXPROCS(0), Go: runtime.Version(), Rounds: o.Rounds,
	}
	for _, name := range names {
		l := s.fit(name, r.places(seat{name, true}))
		if err := r.alone(ctx, &l); err != nil {
			return nil, err
		}
		c.Levels = append(c.Levels, l)
	}
	return c, c.check()
}

// far is how far away machines are put to count the round trips of a lone task.
const far = 5 * time.Millisecond

// alone measures a level that is opened for this.
func (r *rig) alone(ctx context.Context, l *Level) error {
	own, err := newRig(ctx, r.config, nil)
	if err != nil {
		return err
	}
	base, begun := workers(own.tree), time.Now()
	s := seat{l.Name, true}
	if err := own.seat(ctx, s); err != nil {
		return err
	}
	defer own.close()
	if r := own.open[s].Run(ctx, []levels.Task{workload.Mix(workload.Mixture{}).Task(0, 0)})[0]; r.Err != nil {
		return r.Err
	}
	l.Start = time.Since(begun).Seconds()
	if err := own.weigh(ctx, s, base, l); err != nil {
		return err
	}
	if !l.remote() {
		return nil
	}
	own.round, own.tree = 1, r.tree
	p := point{seat: s, alone: true, long: 10 * far}
	near, err := own.measure(ctx, p, 1)
	if err != nil {
		return err
	}
	c := r.config
	c.RTT = far
	distant, err := newRig(ctx, c, nil)
	if err != nil {
		return err
	}
	if err := distant.seat(ctx, s); err != nil {
		return err
	}
	defer distant.close()
	distant.round, distant.tree = 1, r.tree
	away, err := distant.measure(ctx, p, 1)
	l.Trips = max(0, away.wall-near.wall) / far.Seconds()
	return err
}
