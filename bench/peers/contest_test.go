package peers

import (
	"context"
	"runtime"
	"testing"
	"time"
)

// A figure is what one sub-benchmark measures: some lines of the table.
type figure struct {
	name    string // in the style of the suite's benchmarks: key=value/key=value
	measure func(tb testing.TB, s scale) []line
}

// A contestant is one way to do the same as the others.
type contestant struct {
	name string
	turn func(ctx context.Context) ([]float64, error) // does it once, checks what came of it, and returns the measures
}

// A series is a measure of one contestant, by round.
type series []float64

// contest lets contestants take turns, and returns the measures of each by name,
// in the order in which turn returns them.
func contest(tb testing.TB, rounds int, contestants ...contestant) map[string][]series {
	tb.Helper()
	measures := map[string][]series{}
	for round := range rounds {
		for i := range contestants {
			c := contestants[(round+i)%len(contestants)]
			values, err := take(c)
			if err != nil {
				tb.Fatalf("round %d: %s: %v", round+1, c.name, err)
			}
			if measures[c.name] == nil {
				measures[c.name] = make([]series, len(values))
			}
			for k, v := range values {
				measures[c.name][k] = append(measures[c.name][k], v)
			}
		}
	}
	return measures
}

// patience is how long a turn may take: a queue that loses a job would never end.
const patience = 90 * time.Second

func take(c contestant) ([]float64, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := empty(ctx); err != nil {
		return nil, err
	}
	runtime.GC() // nobody pays for what the one before left
	return c.turn(ctx)
}

// best is the greatest of several series in each round.
func best(all ...series) series {
	out := append(series(nil), all[0]...)
	for _, s := range all[1:] {
		for i := range out {
			out[i] = max(out[i], s[i])
		}
	}
	return out
}

// bench measures figures as sub-benchmarks. With -benchtime 1x each is
// measured once, in as many rounds as -rounds says.
func benchQueue(b *testing.B, figures []figure) {
	needsServer(b)
	bench(b, figures)
}

func bench(b *testing.B, figures []figure) {
	for _, f := range figures {
		b.Run(f.name, func(b *testing.B) {
			var lines []line
			for b.Loop() {
				lines = f.measure(b, chosen())
			}
			b.ReportMetric(0, "ns/op") // what an op is, is different everywhere
			for _, l := range lines {
				l.report(b)
			}
			results.add(lines)
		})
	}
}
