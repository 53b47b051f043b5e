package compare

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/fourlevels/fourlevels/bench/stat"
)

// To look three times must not triple the false alarms. What is simulated is a table
// of equal benchmarks, by the test alone: without a margin, which would prevent nearly
// all alarms by itself. One alarm in the table, at one look, is one too many.
func TestLooksKeepTheirPromise(t *testing.T) {
	const tables, rows = 4000, 4
	shared, whole := 0, 0 // alarms with the shares, and with the whole 1 % at each look
	for i := range tables {
		random := rand.New(rand.NewPCG(11, uint64(i)))
		inShare, atAll := false, false
		for range rows {
			logs := noise(random, 30, 0.05)
			for _, look := range Looks(10) {
				p := stat.SignedRank(logs[:look.Rounds])
				inShare = inShare || p < look.Alpha/rows
				atAll = atAll || p < 0.01/rows
			}
		}
		if inShare {
			shared++
		}
		if atAll {
			whole++
		}
	}
	t.Logf("of %d tables of equal benchmarks, %d have an alarm (%.2g %%, 1 %% was promised); with 1 %% at each look %d would",
		tables, shared, 100*float64(shared)/tables, whole)
	if shared > tables*13/1000 { // 1 %, and two standard deviations of the simulation
		t.Errorf("%d alarms in %d tables, want 1 %% at most", shared, tables)
	}
	if whole <= shared {
		t.Errorf("to test at 1 %% each time has %d alarms, and to share has %d: the shares are for nothing", whole, shared)
	}
}

// The whole rule, with its margin: how often it is wrong, and how often it is right.
func TestLooksFindWhatIsThere(t *testing.T) {
	const trials, rows = 300, 4
	ended := func(slower float64) map[Verdict]int {
		ends := map[Verdict]int{}
		for i := range trials {
			random := rand.New(rand.NewPCG(12, uint64(i)))
			var logs [rows][]float64
			for row := range logs {
				logs[row] = noise(random, 30, 0.03)
				if row == 0 {
					for j := range logs[row] {
						logs[row][j] += math.Log(slower)
					}
				}
			}
			ends[look(logs[:])]++
		}
		return ends
	}
	same, slower := ended(1), ended(1.1)
	t.Logf("of %d tables, the same: %v; one row of four slower by 10 %%: %v", trials, same, slower)
	if same[Fail] > trials/100 {
		t.Errorf("no change fails in %d of %d", same[Fail], trials)
	}
	if slower[Fail] < trials*95/100 || slower[Pass] > trials/100 {
		t.Errorf("10 %% slower fails in %d of %d, and passes in %d", slower[Fail], trials, slower[Pass])
	}
}

// look judges rows of log ratios as a trial does: at each look until one can tell.
func look(rows [][]float64) Verdict {
	for _, l := range Looks(10) {
		rule := stat.Gate{Alpha: l.Alpha}.Rule(len(rows))
		below := 0
		for _, logs := range rows {
			logs = logs[:l.Rounds]
			if rule(logs) {
				return Fail
			}
			ones, ratios := make([]float64, len(logs)), make([]float64, len(logs))
			for i := range logs {
				ones[i], ratios[i] = 1, math.Exp(logs[i])
			}
			if stat.Ratio(ratios, ones).Hi < 1.05 {
				below++
			}
		}
		if below == len(rows) {
			return Pass
		}
	}
	return Inconclusive
}

func noise(random *rand.Rand, n int, sigma float64) (logs []float64) {
	for range n {
		logs = append(logs, sigma*random.NormFloat64())
	}
	return logs
}
