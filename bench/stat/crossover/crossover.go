package crossover

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/fourlevels/fourlevels/bench/stat"
)

// A Row is what two levels cost at a grain, by round. Less is better: callers
// whose numbers are rates swap the two.
type Row struct {
	Grain float64
	A, B  []float64
}

// A Status says how two levels compare over all grains.
type Status string

// Neither crossing nor always better is what cannot be told.
const (
	AlwaysA    Status = "always A"
	AlwaysB    Status = "always B"
	Crosses    Status = "crosses"
	CannotTell Status = "cannot tell"
)

// A Crossing is a grain at which the better level changes.
type Crossing struct {
	Grain, Lo, Hi float64 // 95 %
	Above         string  // the better level at larger grains, A or B
}

// A Result is a status and all crossings, from small grains to large ones.
type Result struct {
	Status    Status
	Crossings []Crossing
	Why       string // it crosses several times, or cannot be told
}

// ErrRows is for rows that cannot be compared.
var ErrRows = errors.New("crossover: needs two different grains or more, with as many rounds of both, all positive numbers")

const (
	alpha  = 0.05
	margin = 0.05 // by which a level may be worse and still be called always better
)

// Find compares A and B over the rows. It returns ErrRows for rows that cannot
// be compared.
func Find(rows []Row) (Result, error) {
	rows = slices.SortedFunc(slices.Values(rows), func(a, b Row) int { return cmp.Compare(a.Grain, b.Grain) })
	c, err := newCurve(rows)
	if err != nil {
		return Result{}, err
	}
	r := Result{}
	last := -1 // grain that is sure
	for i, s := range c.sure {
		if s == 0 {
			continue
		}
		if last >= 0 && c.sure[last] != s {
			r.Crossings = append(r.Crossings, c.crossing(last, i))
		}
		last = i
	}
	r.Status, r.Why = c.status(rows, len(r.Crossings))
	return r, nil
}

// A curve is the log of cost of A over that of B, over the log of the grain.
type curve struct {
	grain []float64   // log
	logs  [][]float64 // by grain and round
	sure  []int       // -1 if A is better, 1 if B, 0 if that is not sure
}

func newCurve(rows []Row) (curve, error) {
	c := curve{}
	var ps []float64
	if len(rows) < 2 {
		return c, fmt.Errorf("%w: have %d", ErrRows, len(rows))
	}
	for i, r := range rows {
		logs, ok := stat.LogRatios(r.A, r.B)
		same := i > 0 && r.Grain == rows[i-1].Grain
		if !ok || same || !(r.Grain > 0) || math.IsInf(r.Grain, 0) || len(r.A) != len(rows[0].A) {
			return c, fmt.Errorf("%w: not so at a grain of %v", ErrRows, r.Grain)
		}
		c.grain, c.logs = append(c.grain, math.Log(r.Grain)), append(c.logs, logs)
		ps = append(ps, stat.SignedRank(logs))
	}
	for i, p := range stat.Holm(ps) {
		sure := 0
		if p < alpha {
			sure = cmp.Compare(stat.Median(c.logs[i]), 0)
		}
		c.sure = append(c.sure, sure)
	}
	return c, nil
}

func (c curve) status(rows []Row, crossings int) (Status, string) {
	switch {
	case crossings == 1:
		return Crosses, ""
	case crossings > 1:
		return Crosses, fmt.Sprintf("crosses %d times", crossings)
	case !slices.ContainsFunc(c.sure, func(s int) bool { return s != 0 }):
		return CannotTell, fmt.Sprintf("%d rounds are sure of no grain", len(rows[0].A))
	}
	status, better, worse := AlwaysA, -1, func(r stat.Interval) bool { return r.Hi > 1+margin }
	if slices.Contains(c.sure, 1) {
		status, better, worse = AlwaysB, 1, func(r stat.Interval) bool { return r.Lo < 1/(1+margin) }
	}
	for i, r := range rows {
		if c.sure[i] != better && worse(stat.Ratio(r.A, r.B)) {
			return CannotTell, fmt.Sprintf("better wherever it is sure, but it may be worse at a grain of %v", r.Grain)
		}
	}
	return status, ""
}

// crossing places the crossing between two grains that are sure.
func (c curve) crossing(from, to int) Crossing {
	const times, tail = 1000, (1 - stat.Confidence) / 2
	x := Crossing{Above: "A"}
	if c.sure[to] > 0 {
		x.Above = "B"
	}
	rounds := len(c.logs[0])
	random := rand.New(rand.NewPCG(1, 2))
	pick, all := make([]int, rounds), make([]float64, times)
	for i := range pick {
		pick[i] = i
	}
	x.Grain = math.Exp(c.place(from, to, pick))
	for i := range all {
		for j := range pick {
			pick[j] = random.IntN(rounds)
		}
		all[i] = c.place(from, to, pick)
	}
	x.Lo, x.Hi = math.Exp(stat.Quantile(all, tail)), math.Exp(stat.Quantile(all, 1-tail))
	return x
}

// place is where the medians over the picked rounds cross, as a log. Of
// several places between two grains that are sure, it is the middle one.
func (c curve) place(from, to int, pick []int) float64 {
	var at []float64
	values := make([]float64, len(pick))
	left, sign := 0.0, float64(c.sure[to])
	for i := from; i <= to; i++ {
		for j, round := range pick {
			values[j] = sign * c.logs[i][round]
		}
		right := stat.Median(values)
		if i > from && (left < 0) != (right < 0) {
			share := left / (left - right)
			at = append(at, c.grain[i-1]+share*(c.grain[i]-c.grain[i-1]))
		}
		left = right
	}
	switch {
	case len(at) > 0:
		return stat.Median(at)
	case left < 0: // drawn so that the change is beyond
		return c.grain[to]
	}
	return c.grain[from]
}
