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
	world.ctx = t.Context()
	for _, level := range []string{"process:2", "machine/rpc:2", "machine/queue:2"} {
		for _, deadly := range []bool{false, true} {
			extra := measureDeath(t, level, deadly)
			if got, told := extra["faults"]; (got > 0) != deadly || !told {
				t.Errorf("%s, killing is %t: %v faults", level, deadly, got)
			}
			for format, text := range shown(t, level, extra) {
				if marked := strings.Contains(text, "has faults="); marked != deadly {
					t.Errorf("%s as %s, killing is %t: marked is %t:\n%s", level, format, deadly, marked, text)
				}
			}
		}
	}
}

// measureDeath runs a benchmark at a level, of which a worker dies or does not.
func measureDeath(t *testing.T, level string, deadly bool) map[string]float64 {
	t.Helper()
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
