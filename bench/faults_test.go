package bench_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/report"
	"github.com/fourlevels/fourlevels/levels"
)

// die has its worker die a moment after it has answered, when nothing can be lost.
func die(context.Context, []byte) ([]byte, error) {
	time.AfterFunc(5*time.Millisecond, func() { os.Exit(3) })
	return nil, nil
}

// A worker that dies while a benchmark measures marks what was measured, wherever it is
// shown. The same without it is sound.
func TestFaultsMarkTheRow(t *testing.T) {
	for _, level := range []string{"process:2", "machine/rpc:2", "machine/queue:2"} {
		for _, deadly := range []bool{false, true} {
			for _, wrong := range unmarked(t, level, deadly, measureDeath(t, level, deadly, open)) {
				t.Error(wrong)
			}
		}
	}
}

// The same check catches a benchmark that does not read the level's count of faults, or that
// reads it before there is anything to count.
func TestUnreadFaultsAreCaught(t *testing.T) {
	for name, twin := range map[string]func(b *testing.B, l *fleet.Fleet){
		"never read":     func(*testing.B, *fleet.Fleet) {},
		"read too early": noteFaults,
	} {
		extra := measureDeath(t, "process:2", true, func(b *testing.B, c bench.Cell) *fleet.Fleet {
			l, err := fleet.Open(world.ctx, c.Spec, configOf(c))
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { l.Close() })
			twin(b, l)
			return l
		})
		if wrong := unmarked(t, "process:2", true, extra); len(wrong) < 2 {
			t.Errorf("%s: %v, and that is caught by %q only", name, extra, wrong)
		}
	}
}

// unmarked is what is wrong with how a fault was noted and shown, or none.
func unmarked(t *testing.T, level string, deadly bool, extra map[string]float64) (wrong []string) {
	t.Helper()
	if got, told := extra["faults"]; (got > 0) != deadly || !told {
		wrong = append(wrong, fmt.Sprintf("%s, killing is %t: %v faults, told is %t", level, deadly, got, told))
	}
	for format, text := range shown(t, level, extra) {
		if marked := strings.Contains(text, "has faults="); marked != deadly {
			wrong = append(wrong, fmt.Sprintf("%s as %s, killing is %t: marked is %t:\n%s", level, format, deadly, marked, text))
		}
	}
	return wrong
}

// measureDeath runs a benchmark at a level, of which a worker dies or does not.
func measureDeath(t *testing.T, level string, deadly bool, open func(*testing.B, bench.Cell) *fleet.Fleet) map[string]float64 {
	t.Helper()
	world.ctx = t.Context()
	once := flag.Lookup("test.benchtime").Value
	defer once.Set(once.String())
	once.Set("1x")
	spec, err := fleet.Parse(level)
	if err != nil {
		t.Fatal(err)
	}
	r := testing.Benchmark(func(b *testing.B) {
		l := open(b, bench.Cell{Spec: spec})
		if deadly {
			kill(b, spec, l)
		}
		b.ReportMetric(1000, "tasks/s")
	})
	if r.N == 0 {
		t.Fatalf("%s: the benchmark failed", level)
	}
	return r.Extra
}

// kill kills a worker of a level, and waits until that has been noticed: of a dead
// process, when there is a task for it. A queue gets no more, or a task that went to the
// dying worker would wait for the end of its lease.
func kill(b *testing.B, spec fleet.Spec, l *fleet.Fleet) {
	l.Run(b.Context(), []levels.Task{{Func: "die"}})
	tasks := 0
	if spec[0].Level == "process" {
		tasks = 2
	}
	for begun := time.Now(); time.Since(begun) < 20*time.Second; time.Sleep(time.Millisecond) {
		l.Run(b.Context(), slices.Repeat([]levels.Task{{Func: "empty"}}, tasks))
		if n, err := l.Faults(b.Context()); n > 0 || err != nil {
			return
		}
	}
	b.Error("a worker died, and nobody noticed")
}

// shown is the row of a benchmark in each format.
func shown(t *testing.T, level string, extra map[string]float64) map[string]string {
	t.Helper()
	line := "BenchmarkThroughput/level=" + strings.TrimSuffix(level, ":2") + "/impl=x/work=empty/grain=1/workers=2/inflight=2/batch=1-2 10"
	for unit, value := range extra {
		line += fmt.Sprint(" ", value, " ", unit)
	}
	run, err := report.Read(strings.NewReader(line+"\n"), "made")
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, format := range []report.Format{report.AsTable, report.AsMarkdown, report.AsCSV, report.AsJSON} {
		var b strings.Builder
		if err := run.Write(&b, format, report.Options{}); err != nil {
			t.Fatal(err)
		}
		texts[string(format)] = b.String()
	}
	var page strings.Builder
	if err := run.WritePage(&page, report.PageOptions{}); err != nil {
		t.Fatal(err)
	}
	texts["page"] = page.String()
	return texts
}
