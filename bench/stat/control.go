package stat

import (
	"math"
	"math/rand/v2"
	"slices"
)

// A Control is what a design of experiment says of things that are equal.
type Control struct {
	Replays        int     // 0 if no series was long enough
	FalsePositives int     // replays with p below 5 %: of 100, about 5 are due
	Floor          float64 // 95th percentile of |ratio-1|: less cannot be told from noise
}

// A design compares 2n consecutive samples of what never changed: it splits
// them into two sides and says how they differ.
type design func(window []float64, random *rand.Rand) (ratio, p float64)

// Replay calibrates the paired design on series of a benchmark that was
// measured again and again and never changed. A replay takes a random window
// of 2n consecutive samples, pairs neighbours, and compares the sides with n
// rounds. For the floor, a coin says who is A and who is B, as a design in
// random order does. For the alarms of [SignedRank], the first of a pair is A,
// as it was measured: a test of signs that were drawn has its 5 % of any data,
// so only the real order can show that rounds depend on each other.
// Replays take the series in turn; those shorter than 2n are left out.
//
// Windows of a short series overlap. Then the replays are not independent,
// and their share of alarms is known less well than their number suggests.
func Replay(series [][]float64, n, replays int, seed uint64) Control {
	return replay(series, n, replays, seed, func(window []float64, random *rand.Rand) (float64, float64) {
		return math.Exp(Median(pairUp(window, random))), SignedRank(pairs(window))
	})
}

// ReplayBlocks calibrates the classical design on the same windows: the first
// n samples are A, the next n are B, and [MannWhitney] compares. Whatever
// drifts on the machine meanwhile is taken for a difference, and the more
// samples there are, the more certain it is of that.
func ReplayBlocks(series [][]float64, n, replays int, seed uint64) Control {
	return replay(series, n, replays, seed, func(window []float64, _ *rand.Rand) (float64, float64) {
		a, b := window[:n], window[n:]
		return Median(b) / Median(a), MannWhitney(a, b)
	})
}

func replay(series [][]float64, n, replays int, seed uint64, compare design) Control {
	const alpha = 0.05
	c := Control{}
	var off []float64
	windows(series, n, replays, seed, func(window []float64, random *rand.Rand) {
		ratio, p := compare(window, random)
		if p < alpha {
			c.FalsePositives++
		}
		off = append(off, math.Abs(ratio-1))
	})
	c.Replays, c.Floor = len(off), Quantile(off, 0.95)
	return c
}

// Power counts the replays in which gate, a rule on log ratios, finds B slowed
// down by the given ratio, with the noise of the series and n rounds. With a
// slowdown of 1 it counts false alarms of the gate.
func Power(series [][]float64, n int, slowdown float64, replays int, seed uint64, gate func(logRatios []float64) bool) int {
	found := 0
	if !positive([]float64{slowdown}) {
		return 0
	}
	windows(series, n, replays, seed, func(window []float64, random *rand.Rand) {
		if gate(shifted(pairUp(window, random), math.Log(slowdown))) {
			found++
		}
	})
	return found
}

// windows calls visit with as many random windows of 2n samples as there are
// replays. A series with what is no positive number is left out, too.
func windows(series [][]float64, n, replays int, seed uint64, visit func([]float64, *rand.Rand)) {
	var usable [][]float64
	for _, s := range series {
		if n > 0 && len(s) >= 2*n && positive(s) {
			usable = append(usable, s)
		}
	}
	if len(usable) == 0 {
		return
	}
	random := rand.New(rand.NewPCG(seed, 5))
	for i := range replays {
		s := usable[i%len(usable)]
		first := random.IntN(len(s) - 2*n + 1)
		visit(s[first:first+2*n], random)
	}
}

// pairs returns the log ratio of each pair of neighbours, as they were measured.
func pairs(window []float64) (logs []float64) {
	for i := 0; i+1 < len(window); i += 2 {
		logs = append(logs, math.Log(window[i+1]/window[i]))
	}
	return logs
}

// pairUp is pairs with the two of each in random order: what an interleaved and
// shuffled design would have measured.
func pairUp(window []float64, random *rand.Rand) []float64 {
	mixed := slices.Clone(window)
	for i := 0; i+1 < len(mixed); i += 2 {
		if random.IntN(2) == 0 {
			mixed[i], mixed[i+1] = mixed[i+1], mixed[i]
		}
	}
	return pairs(mixed)
}
