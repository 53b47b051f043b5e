package advise

import (
	"context"
	"math"
	"runtime"
	"slices"
	"time"

	"github.com/fourlevels/fourlevels/bench/stat"
)

// Levels are those that are advised on, the yardstick first.
var Levels = []string{serial, "machine/rpc", "machine/queue", "process", "thread", "async"}

// The points that a level is calibrated at, besides those of a lone task.
const (
	grain     = 100 * time.Microsecond // of tasks that compute
	coarse    = time.Millisecond
	shortWait = 2 * time.Millisecond
	longWait  = 20 * time.Millisecond
)

// points are what a level is calibrated at. None of them has two reasons to be slow: what
// happens when there are two is what the model has to say.
func points(level string, long time.Duration) []point {
	computes, waits := seat{level, false}, seat{level, true}
	ps := []point{
		{seat: computes, cpu: grain, long: long},
		{seat: computes, cpu: coarse, long: 2 * long},
		{seat: waits, wait: shortWait, long: long},
		{seat: waits, wait: longWait, long: 2 * long},
	}
	for _, bytes := range Payloads {
		ps = append(ps,
			point{seat: computes, payload: bytes, long: long},
			point{seat: computes, payload: bytes, alone: true, long: long / 4})
	}
	return ps
}

// A session holds the points of a calibration with what they were measured to take.
type session struct {
	points []point
	got    map[point][]outcome
	batch  map[point]int
	around map[point][]float64 // share of the processors that is to be had before and after a point that is not calibrated at
	known  map[point]bool      // the points that are calibrated at
}

func newSession(names []string, long time.Duration) *session {
	s := &session{got: map[point][]outcome{}, batch: map[point]int{}, around: map[point][]float64{}, known: map[point]bool{}}
	for _, name := range names {
		for _, p := range points(name, long) {
			s.points = append(s.points, p)
			s.known[p] = true
		}
	}
	return s
}

// take measures a point once more. Around one that is to be predicted it looks at what of the
// machine is to be had: what the point would say about itself must not make its prediction.
func (s *session) take(ctx context.Context, r *rig, p point) error {
	before := 0.0
	if !s.known[p] {
		before = r.probe(ctx)
	}
	o, err := r.measure(ctx, p, s.batch[p])
	if err != nil {
		return err
	}
	s.batch[p] = o.batch
	s.got[p] = append(s.got[p], o)
	if !s.known[p] {
		s.around[p] = append(s.around[p], (before+r.probe(ctx))/2)
	}
	return nil
}

// find returns what was measured at a point, however long.
func (s *session) find(want point) []outcome {
	for p, outcomes := range s.got {
		if want.long = p.long; p == want {
			return outcomes
		}
	}
	return nil
}

// fit takes the model's constants from the points of a level. Each formula is the model's,
// solved for its one unknown.
func (s *session) fit(level string, places int) Level {
	cores := float64(runtime.GOMAXPROCS(0))
	if level == serial {
		cores = 1
	}
	computes, waits := seat{level, false}, seat{level, true}
	l := Level{Name: level, Places: places}
	for i, bytes := range Payloads {
		empty := s.find(point{seat: computes, payload: bytes})
		l.HandOver[i], l.CPU[i] = median(empty, used), median(empty, cpu)
		l.Lone[i] = median(s.find(point{seat: computes, payload: bytes, alone: true}), wall)
	}
	l.CPU, l.HandOver, l.Lone = l.CPU.rising(), l.HandOver.rising(), l.Lone.rising()
	var efficient []float64
	for _, c := range []time.Duration{grain, coarse} {
		for _, o := range s.find(point{seat: computes, cpu: c}) {
			efficient = append(efficient, (c.Seconds()+l.CPU[0])/(cores*used(o)))
		}
	}
	l.Efficiency = min(stat.Median(efficient), 1.2) // more is a clock that is not to be believed
	short, long := s.find(point{seat: waits, wait: shortWait}), s.find(point{seat: waits, wait: longWait})
	l.Wake = max(0, median(short, cpu)-l.CPU[0])
	l.Late, l.Ends = ends(places, shortWait.Seconds(), longWait.Seconds(), short, long)
	l.Spread = s.spread(level)
	return l
}

// rising is the line, made to fall nowhere: a payload does not make a task cheaper.
func (l Line) rising() Line {
	for i := 1; i < len(l); i++ {
		l[i] = max(l[i-1], l[i])
	}
	return l
}

// ends solves two equations, n (w+t)/W + E (w+t) = time of the batch, for t and E: the short
// wait has many waves, which tell how late tasks wake, the long one few, which tell what
// the ends of a batch cost.
func ends(places int, w1, w2 float64, short, long []outcome) (late, waves float64) {
	n1, n2 := float64(short[0].batch), float64(long[0].batch)
	took1, took2 := n1*median(short, wall), n2*median(long, wall)
	w := float64(places)
	at := func(late float64) float64 { return max(0, took2/(w2+late)-n2/w) }
	lo, hi := 0.0, w1*2
	for range 50 {
		mid := (lo + hi) / 2
		if (w1+mid)*(n1/w+at(mid)) < took1 {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo, at(lo)
}

// spread is how far the repeated measurements of a level are from their medians: the
// median of that.
func (s *session) spread(level string) float64 {
	var off []float64
	for p, outcomes := range s.got {
		if p.level != level {
			continue
		}
		m := median(outcomes, wall)
		for _, o := range outcomes {
			off = append(off, math.Abs(o.wall/m-1))
		}
	}
	slices.Sort(off)
	return stat.Median(off)
}
