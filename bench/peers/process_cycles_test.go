package peers

import (
	"context"
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

// What is left after a pool of two was opened, used and closed many times: more
// of anything than before would be a leak. The workers are thin programs.
var processCycles = []figure{
	{"processes=2", func(tb testing.TB, s scale) []line {
		onLinux(tb)
		thin := buildProgram(tb, "thin", thinWorker)
		var contestants []contestant
		for _, transport := range transports {
			contestants = append(contestants, contestant{transport, func(ctx context.Context) ([]float64, error) {
				return cycles(ctx, s.cycles, transport, thin)
			}})
		}
		m := contest(tb, 1, contestants...)
		var lines []line
		for _, transport := range transports {
			what := "left by opening and closing, " + transport
			for i, unit := range []string{"goroutines", "descriptors", "children"} {
				lines = append(lines, line{what: what, tag: transport + "-", unit: unit, ours: m[transport][i], aim: none})
			}
			lines = append(lines, line{what: what, tag: transport + "-", unit: "KB", ours: m[transport][3], aim: atMost(4 << 10)})
		}
		return lines
	}},
}

// none is the aim of a count: the zero value would be that of no aim.
var none = atMost(0.5)

// holdings are what a program might not give back.
type holdings struct {
	goroutines, descriptors, children int
	kb                                float64
}

func held() holdings {
	debug.FreeOSMemory()
	return holdings{runtime.NumGoroutine(), openFiles(), len(children()), residentKB()}
}

// cycles returns by how much the holdings grow. The first tenth may: it fills
// caches and makes threads.
func cycles(ctx context.Context, n int, transport string, command ...string) ([]float64, error) {
	var before holdings
	for i := range n {
		if i == n/10 {
			before = held()
		}
		if err := openAndClose(ctx, transport, 2, command...); err != nil {
			return nil, err
		}
	}
	settle(time.Second, func() bool { // somebody's goroutine may be about to end
		now := held()
		return now.goroutines <= before.goroutines && now.descriptors <= before.descriptors && now.children <= before.children
	})
	now := held()
	grown := func(now, before int) float64 { return max(float64(now-before), 0) }
	return []float64{
		grown(now.goroutines, before.goroutines), grown(now.descriptors, before.descriptors),
		grown(now.children, before.children), max(now.kb-before.kb, 0),
	}, nil
}
