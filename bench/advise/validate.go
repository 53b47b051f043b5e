package advise

import (
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/stat"
)

// What a prediction may be off by, held against measurements.
const (
	MedianError = 0.15
	WorstError  = 0.50
)

// A Held is a point that the model has not seen, as predicted and as measured, in tasks a
// second.
type Held struct {
	Level               string
	CPU, Wait           time.Duration
	Payload, Batch      int
	Predicted, Measured float64
	Around              float64 // share of the processors to be had just before and after, for which it is predicted
	During              float64 // the same while it was measured, which the prediction does not know
	Given               float64 // predicted for that
	Limit               string
}

// Error is how far the prediction was off, as a share of what was measured.
func (h Held) Error() float64 { return h.Predicted/h.Measured - 1 }

// grid draws n points at random, each level as often as the others. None is one that is
// calibrated at.
func grid(seed uint64, n int, long time.Duration) []point {
	r := rand.New(rand.NewPCG(seed, 36))
	between := func(lo, hi float64) float64 { return lo * math.Exp(r.Float64()*math.Log(hi/lo)) } // even by logarithm
	var ps []point
	for i := range n {
		p := point{long: long}
		for p.cpu == 0 && p.wait == 0 && p.payload == 0 || p.cpu == grain || p.cpu == coarse || p.wait == shortWait || p.wait == longWait {
			p.cpu, p.wait, p.payload = 0, 0, 0
			if r.IntN(4) > 0 {
				p.cpu = time.Duration(between(20, 5000)) * time.Microsecond
			}
			if r.IntN(2) > 0 {
				p.wait = time.Duration(between(10, 400)) * 100 * time.Microsecond
			}
			if r.IntN(2) > 0 {
				p.payload = int(between(64, 64<<10))
			}
		}
		p.seat = seat{Levels[i%len(Levels)], p.wait > 0}
		ps = append(ps, p)
	}
	return ps
}

// Validate calibrates, and measures n points that the calibration does not know, in turns
// with it. It returns both.
func Validate(ctx context.Context, c fleet.Config, o Options, n int) (*Costs, []Held, error) {
	r, err := newRig(ctx, c, Levels)
	if err != nil {
		return nil, nil, err
	}
	defer r.close()
	r.patience = o.Patience
	s, unseen := newSession(Levels, o.Long), grid(o.Seed, n, 3*o.Long)
	known := s.points
	if err := s.turns(ctx, r, append(slices.Clone(known), unseen...), o); err != nil {
		return nil, nil, err
	}
	costs, err := s.costs(ctx, r, Levels, o)
	if err != nil {
		return nil, nil, err
	}
	var held []Held
	for _, p := range unseen {
		h := Held{Level: p.level, CPU: p.cpu, Wait: p.wait, Payload: p.payload, Batch: s.batch[p], Measured: 1 / median(s.got[p], wall)}
		q := Question{CPU: p.cpu, Wait: p.wait, Payload: p.payload, Tasks: float64(h.Batch)}
		h.Around, h.During = stat.Median(s.around[p]), median(s.got[p], free)
		q.Free = h.During
		h.Given = costs.Level(p.level).Predict(q, costs.Cores).Throughput
		q.Free = h.Around
		predicted := costs.Level(p.level).Predict(q, costs.Cores)
		h.Predicted, h.Limit = predicted.Throughput, predicted.Limit
		held = append(held, h)
	}
	return costs, held, nil
}

// Errors are the median and the worst error, without signs.
func Errors(held []Held) (middle, worst float64) {
	var off []float64
	for _, h := range held {
		off = append(off, math.Abs(h.Error()))
	}
	return stat.Median(off), slices.Max(off)
}

// WriteHeld prints the points, and how far off they were.
func WriteHeld(w io.Writer, held []Held) {
	fmt.Fprintf(w, "%-13s %7s %6s %7s %6s %4s %11s %11s %6s %6s\n", "level", "cpu", "wait", "payload", "tasks", "free", "predicted/s", "measured/s", "error", "given")
	var given []Held
	for _, h := range held {
		g := h
		g.Predicted = h.Given
		given = append(given, g)
		fmt.Fprintf(w, "%-13s %7v %6v %7d %6d %3.0f%% %11.0f %11.0f %+5.0f%% %+5.0f%%\n", h.Level, h.CPU, h.Wait, h.Payload, h.Batch, 100*h.Around, h.Predicted, h.Measured, 100*h.Error(), 100*g.Error())
	}
	middle, worst := Errors(held)
	fmt.Fprintf(w, "\n%d points that were not calibrated at: median error %.0f %%, worst %.0f %%.\n", len(held), 100*middle, 100*worst)
	fmt.Fprintf(w, "Wanted are at most %.0f %% and %.0f %%.\n", 100*MedianError, 100*WorstError)
	middle, worst = Errors(given)
	fmt.Fprintf(w, `
free   share of the processors to be had just before and just after each point, by a
       loop on each of them: the predictions are for that, and know nothing of the point
given  the error, had the prediction known what others left during the point itself:
       no prediction can, so it does not count; it tells the model's error from that of
       a machine that changes. Its median is %.0f %%, its worst %.0f %%.
`, 100*middle, 100*worst)
}
