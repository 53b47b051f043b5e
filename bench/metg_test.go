package bench_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/stat"
	"github.com/fourlevels/fourlevels/bench/stat/metg"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// BenchmarkMETG looks for the smallest task that a level runs at half of peak
// efficiency, and at nine tenths.
//
// It reports the granularity of Task Bench: processor time a task, wall times cores over
// tasks, overhead included. At 50 % half of it is work. (The METG in bench/peers is the
// work alone, so a half of this one.) Where tasks wait, the METG is the wait of a task,
// and the peak an ideal schedule: the waits, as many at once as the level allows.
//
// A level that does not get there with the largest tasks that are tried has no such
// number. One that does with the smallest, of one round or 10 microseconds of wait, is
// said to do so there: its METG is at most that.
func BenchmarkMETG(b *testing.B) { each(b, "metg", 0, smallest) }

func smallest(b *testing.B, c bench.Cell, w workload.Workload) {
	l, j := open(b, c), newJob(c, w, 0)
	j.warmUp(b, l)
	h := &hunt{}
	if bench.Waits(c.Work) {
		h.waits(l, c)
	} else {
		h.computes(l, j, c.Tasks(w))
	}
	// A search takes longer than the benchtime, so the loop ends after one.
	for b.Loop() {
		h.report(b, "metg50-ns", 0.5)
		h.report(b, "metg90-ns", 0.9)
	}
	b.ReportMetric(0, "ns/op") // an operation would be a search
	j.report(b)
}

// A hunt is a search for the smallest task. Grains are rounds, or nanoseconds of wait.
type hunt struct {
	probe  metg.Probe
	lo, hi float64 // see probeTime

	// unit is how long a grain of 1 takes, in nanoseconds, on a processor that is not
	// disturbed: the least of all peaks, since a disturbance makes any only longer.
	unit  float64
	whole bool // what is reported is a task with what the level adds

	guess float64 // of the overhead, in grains; 0 before the first one
}

// find bisects, from a guess that some probes give, with as many probes as there is time
// for.
func (h *hunt) find(target float64, budget time.Duration) (metg.Crossing, error) {
	begin := time.Now()
	at := func() float64 { return min(max(h.guess*target/(1-target), h.lo), h.hi) }
	if h.guess == 0 {
		h.guess = math.Sqrt(h.lo * h.hi)
	}
	var took time.Duration
	for range 2 { // the first one far away, the second near
		start := time.Now()
		var guesses []float64
		for grain := at(); len(guesses) < 3; {
			e, err := h.probe(grain)
			if err != nil {
				return metg.Crossing{}, err
			}
			guesses = append(guesses, max(grain*(1-e)/e, h.lo))
		}
		h.guess = stat.Median(guesses)
		took = time.Since(start) / 3
	}
	const bracket, least, most = 6, 8, 400
	probes := min(max(int((budget-time.Since(begin))/took)-bracket, least), most)
	bounded := func(grain float64) (float64, error) {
		if time.Since(begin) > 6*budget+2*time.Second { // on a loaded machine a crossing can move about
			return 0, metg.ErrLost
		}
		return h.probe(grain)
	}
	r, err := metg.Bisect(bounded, metg.Config{Targets: []float64{target}, Lo: h.lo, Hi: h.hi, Start: at(), Budget: probes})
	if err != nil {
		return metg.Crossing{}, err
	}
	return r.Crossings[0], nil
}

// report reports the crossing, if there is one: the median of several searches. Short
// ones that follow each other in one process differ by a quarter, as much as those of
// other processes do, for what disturbs a machine lasts for longer than a search. So many
// short ones tell more than one long one. Where most of them find none, there is none.
func (h *hunt) report(b *testing.B, unit string, target float64) {
	const most = 9
	var found []float64
	searches := 0
	for begin := time.Now(); searches == 0 || searches < most && time.Since(begin) < 5*benchtime(); searches++ {
		c, err := h.find(target, benchtime()/2)
		switch {
		case errors.Is(err, metg.ErrLost) || errors.Is(err, metg.ErrEfficient):
			continue // probes contradict each other, or say that the level was faster than the peak: it was disturbed
		case err != nil:
			b.Fatal(err)
		}
		if ns, ok := h.size(c); ok {
			found = append(found, ns)
		}
	}
	if 2*len(found) > searches {
		b.ReportMetric(stat.Median(found), unit)
	}
}

// size is how long a task takes at the crossing, in nanoseconds.
func (h *hunt) size(c metg.Crossing) (ns float64, ok bool) {
	grain := c.Grain
	switch c.Status {
	case metg.Reached:
	case metg.BelowSweep:
		grain = h.lo
	default:
		return 0, false
	}
	if h.whole {
		grain /= c.Target
	}
	return grain * h.unit, true
}
