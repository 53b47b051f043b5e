package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/fourlevels/fourlevels/bench/samples"
)

// A bench writes benchmark lines: what is said of a name in short stands for
// the long name, as in "async/pool work=cpu".
type bench struct{ strings.Builder }

// add writes a line for each value, which are tasks/s or p50-ns.
func (b *bench) add(base, place, more, values string, rates ...float64) *bench {
	level, impl, _ := strings.Cut(place, "/")
	unit := "tasks/s"
	if base == latency {
		unit = "p50-ns"
	}
	for _, rate := range rates {
		fmt.Fprintf(b, "Benchmark%s/level=%s/impl=%s/work=cpu/grain=1%s-2 10 %g %s %s\n", base, level, impl, more, rate, unit, values)
	}
	return b
}

func (b *bench) read(t *testing.T) *Run {
	t.Helper()
	run, err := Read(strings.NewReader(b.String()), "test")
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func around(center float64) []float64 {
	return []float64{center, center * 1.01, center * .99, center * 1.02, center * .98, center}
}

func labels(rows []Row) (labels []string) {
	for _, r := range rows {
		labels = append(labels, r.Label)
	}
	return labels
}

func reasons(rows []Row) (reasons []string) {
	for _, r := range rows {
		reasons = append(reasons, r.Invalid)
	}
	return reasons
}

func TestOrderAndLabels(t *testing.T) {
	b := &bench{}
	for _, place := range []string{"async/loop", "async/pool", "alien/ray", "thread/crew", "process/shm", "process/pipe",
		"machine/queue>process>async", "machine/queue", "machine/rpc", "serial/serial"} {
		b.add(throughput, place, "", "1 checksum", 1)
	}
	b.add(throughput, "thread/crew", "/pin=yes", "1 checksum", 1)
	b.add(throughput, "process/pipe", "/batch=64", "1 checksum", 1).add(throughput, "process/pipe", "/batch=8", "1 checksum", 1)
	b.add(latency, "process/pipe", "/batch=1", "1 checksum", 1)
	want := []string{"serial", "machine/rpc", "machine/queue", "machine/queue>process>async",
		"process", "process batch=8", "process batch=64", "process/shm", "thread", "thread pin=yes", "async", "async/loop", "alien/ray"}
	rows := b.read(t).Tables[0].Rows
	if have := labels(rows); !slices.Equal(have, want) {
		t.Errorf("have %q\nwant %q", have, want)
	}
	for _, r := range rows {
		if is := strings.HasPrefix(r.Label, "process") && r.Impl == "pipe"; is != (r.P50.N == 1) {
			t.Errorf("%s has %d latencies: a lone task belongs to each batch of its row", r.Label, r.P50.N)
		}
	}
}

func TestTablesAreOrdered(t *testing.T) {
	var text strings.Builder
	for _, work := range []string{"zoo", "skew", "bytes", "words", "io", "cpu", "empty", "art"} {
		text.WriteString(strings.ReplaceAll(line, "work=cpu", "work="+work))
	}
	text.WriteString(strings.ReplaceAll(line, "grain=1-2", "grain=100-2"))
	text.WriteString(strings.ReplaceAll(line, "grain=1-2", "grain=20-2"))
	run, err := Read(strings.NewReader(text.String()), "test")
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for _, table := range run.Tables {
		have = append(have, table.Work+table.Grain)
	}
	want := []string{"empty1", "cpu1", "cpu20", "cpu100", "io1", "words1", "bytes1", "skew1", "art1", "zoo1"}
	if !slices.Equal(have, want) {
		t.Errorf("have %q\nwant %q", have, want)
	}
}

func TestChecksums(t *testing.T) {
	const other = "2 checksum"
	for _, test := range []struct {
		name string
		b    *bench
		want []string
	}{
		{"all agree", (&bench{}).add(throughput, "serial/serial", "", "1 checksum", 1, 1).add(throughput, "async/pool", "", "1 checksum", 1, 1),
			[]string{"", ""}},
		{"one differs", (&bench{}).add(throughput, "serial/serial", "", "1 checksum", 1).add(throughput, "async/pool", "", other, 1),
			[]string{"", "checksum of Throughput is 2, of serial 1"}},
		{"one changes", (&bench{}).add(throughput, "serial/serial", "", "1 checksum", 1).add(throughput, "async/pool", "", "1 checksum", 1).add(throughput, "async/pool", "", other, 1),
			[]string{"", "checksum of Throughput is 1 in one round and 2 in another"}},
		{"one lacks it", (&bench{}).add(throughput, "serial/serial", "", "1 checksum", 1).add(throughput, "async/pool", "", "", 1),
			[]string{"", "Throughput has no checksum: its outputs were not checked"}},
		{"one lacks it in a round", (&bench{}).add(throughput, "serial/serial", "", "1 checksum", 1).add(throughput, "serial/serial", "", "", 1),
			[]string{"Throughput has no checksum in 1 of 2 rounds"}},
		{"nobody has one", (&bench{}).add(throughput, "serial/serial", "", "", 1).add(throughput, "async/pool", "", "", 1),
			[]string{"", ""}},
		{"latency ran other tasks, at both levels", (&bench{}).add(throughput, "serial/serial", "", "1 checksum", 1).add(latency, "serial/serial", "", other, 1).
			add(throughput, "async/pool", "", "1 checksum", 1).add(latency, "async/pool", "", other, 1),
			[]string{"", ""}},
		{"latency differs", (&bench{}).add(throughput, "serial/serial", "", "1 checksum", 1).add(latency, "serial/serial", "", "1 checksum", 1).
			add(throughput, "async/pool", "", "1 checksum", 1).add(latency, "async/pool", "", other, 1),
			[]string{"", "checksum of Latency is 2, of serial 1"}},
		{"no serial, and all agree", (&bench{}).add(throughput, "thread/crew", "", "1 checksum", 1).add(throughput, "async/pool", "", "1 checksum", 1),
			[]string{"", ""}},
		{"no serial, and one differs", (&bench{}).add(throughput, "thread/crew", "", "1 checksum", 1).add(throughput, "async/pool", "", other, 1),
			[]string{"checksums differ, and no serial row says which is right", "checksums differ, and no serial row says which is right"}},
		{"each payload has a serial row", (&bench{}).
			add(throughput, "serial/serial", "/payload=64", "1 checksum", 1).add(throughput, "async/pool", "/payload=64", "1 checksum", 1).
			add(throughput, "serial/serial", "/payload=128", other, 1).add(throughput, "async/pool", "/payload=128", other, 1),
			[]string{"", "", "", ""}},
	} {
		if have := reasons(test.b.read(t).Tables[0].Rows); !slices.Equal(have, test.want) {
			t.Errorf("%s: have %q\nwant %q", test.name, have, test.want)
		}
	}
}

func TestShortfall(t *testing.T) {
	for _, test := range []struct {
		name    string
		rounds  int
		have    [3]int // samples of machine/rpc, thread and async
		partial string
		short   int // index of the row that is short, or -1
	}{
		{"whole", 3, [3]int{3, 3, 3}, "", -1},
		{"not planned", 0, [3]int{3, 2, 1}, "", -1},
		{"stopped between rounds", 6, [3]int{2, 2, 2}, "2 of 6 rounds", -1},
		{"stopped in a round", 6, [3]int{2, 3, 2}, "2 of 6 rounds", -1},
		{"lost a sample", 3, [3]int{3, 2, 3}, "", 1},
		{"one too many", 3, [3]int{3, 3, 4}, "", 2},
		{"stopped, and lost two", 6, [3]int{1, 3, 3}, "3 of 6 rounds", 0},
	} {
		b := &bench{}
		if test.rounds > 0 {
			fmt.Fprintf(b, "rounds: %d\n", test.rounds)
		}
		for i, place := range []string{"machine/rpc", "thread/crew", "async/pool"} {
			b.add(throughput, place, "", "1 checksum", make([]float64, test.have[i])...)
		}
		run := b.read(t)
		if run.Partial != test.partial {
			t.Errorf("%s: have partial %q, want %q", test.name, run.Partial, test.partial)
		}
		for i, reason := range reasons(run.Tables[0].Rows) {
			if (reason != "") != (i == test.short) {
				t.Errorf("%s: row %d has reason %q", test.name, i, reason)
			}
		}
	}
}

// A run stopped in its last round is told from one that lost samples by its
// journal, which has no entry for what was never begun.
func TestJournalTellsStoppedFromLost(t *testing.T) {
	b := (&bench{}).add(throughput, "thread/crew", "", "1 checksum", 1, 1, 1).add(throughput, "async/pool", "", "1 checksum", 1, 1)
	raw, err := samples.Read(strings.NewReader("rounds: 3\n"+b.String()), "test")
	if err != nil {
		t.Fatal(err)
	}
	raw.Journal.Complete = true
	for i, rounds := range []int{2, 2} { // of the first, one stopped between a sample and its entry
		for round := range rounds {
			raw.Journal.Entries = append(raw.Journal.Entries, samples.Entry{Round: round + 1, Cell: raw.Cells[i].Name.ID, OK: true})
		}
	}
	run, err := newRun("test", raw)
	if err != nil {
		t.Fatal(err)
	}
	if n := invalid(run); n != 0 || run.Partial != "2 of 3 rounds" {
		t.Errorf("have %d invalid rows and partial %q, want 0 and 2 of 3 rounds", n, run.Partial)
	}
}

func TestInvalidRowsHaveNoFiguresAndNeverWin(t *testing.T) {
	b := (&bench{}).add(throughput, "serial/serial", "", "1 checksum", around(100)...).
		add(throughput, "thread/crew", "", "1 checksum", around(190)...).
		add(throughput, "async/pool", "", "2 checksum", around(1e6)...)
	table := b.read(t).Tables[0]
	for _, c := range columns {
		if cell := *c.of(&table.Rows[2]); cell != (Cell{}) {
			t.Errorf("an invalid row has %s %+v", c.field, cell)
		}
	}
	if !table.Rows[1].Rate.Best {
		t.Error("the best of the valid rows is not marked")
	}
	if want := "thread wins, at 1.90x"; !strings.HasPrefix(table.Verdict, want) {
		t.Errorf("have verdict %q, want %q ...", table.Verdict, want)
	}
}

func TestInvalidSerialIsNoBaseline(t *testing.T) {
	b := (&bench{}).add(throughput, "serial/serial", "", "2 checksum", 5).add(throughput, "serial/serial", "", "1 checksum", 5).
		add(throughput, "async/pool", "", "1 checksum", 9, 9)
	r := b.read(t).Tables[0].Rows[1]
	if r.Invalid != "" || r.Gain.N != 0 || r.Gain.Why != "the serial row is INVALID" {
		t.Errorf("have %+v, want a valid row without a gain", r)
	}
}

func TestP99NeedsLatencies(t *testing.T) {
	for _, test := range []struct {
		latencies []int
		shown     bool
	}{
		{[]int{500, 500}, true},
		{[]int{500, 499}, false},
		{[]int{2000, 99}, false},
		{[]int{2000, 100}, true},
	} {
		b := &bench{}
		for _, n := range test.latencies {
			b.add(latency, "async/pool", "", fmt.Sprintf("9 p99-ns %d latencies", n), 5)
		}
		r := b.read(t).Tables[0].Rows[0]
		if (r.P99.N > 0) != test.shown || r.P50.N != 2 {
			t.Errorf("%v: have %+v and p50 %+v", test.latencies, r.P99, r.P50)
		}
	}
}

func TestP99NeedsEveryCount(t *testing.T) {
	b := (&bench{}).add(latency, "async/pool", "", "9 p99-ns 5000 latencies", 5).add(latency, "async/pool", "", "9 p99-ns", 5)
	if p99 := b.read(t).Tables[0].Rows[0].P99; p99.N > 0 {
		t.Errorf("have %+v, though one round does not say how many latencies it rests on", p99)
	}
}

// Latency of a whole batch is not that of a lone task, which the column promises.
func TestLatencyOfABatch(t *testing.T) {
	b := (&bench{}).add(throughput, "async/pool", "/batch=64", "1 checksum", 1).
		add(latency, "async/pool", "/batch=64", "1 checksum", 7).add(latency, "async/pool", "/batch=1", "1 checksum", 5)
	run := b.read(t)
	if rows := run.Tables[0].Rows; len(rows) != 1 || math.Abs(rows[0].P50.Center-5e-9) > 1e-12 {
		t.Errorf("have %+v, want one row with a p50 of 5 ns", rows)
	}
	if notes := strings.Join(run.Notes, "\n"); !strings.Contains(notes, "In the raw results only: Latency of a batch.") {
		t.Errorf("the notes lack the other latency:\n%s", notes)
	}
}

func TestNotes(t *testing.T) {
	b := (&bench{}).add(throughput, "machine/rpc", "/workers=3", "1 checksum", 1)
	read := func(config string) string {
		run, err := Read(strings.NewReader(config+b.String()+"BenchmarkMETG-2 1 5 metg50-ns\n"), "test")
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(run.Notes, "\n")
	}
	if alone := read(""); !strings.Contains(alone, "only rises") {
		t.Errorf("notes without a plan:\n%s", alone)
	}
	small := read("cores: 2\nstore: miniredis\n")
	for _, want := range []string{"loopback", "The 3 machines are", "2 cores are not sixteen", "miniredis", "only: METG."} {
		if !strings.Contains(small, want) {
			t.Errorf("notes lack %q:\n%s", want, small)
		}
	}
	large := read("cores: 16\nrounds: 1\nstore: redis-7.0.15\n")
	for _, not := range []string{"sixteen", "miniredis", "origin that", "only rises"} {
		if strings.Contains(large, not) {
			t.Errorf("notes have %q:\n%s", not, large)
		}
	}
	if one := read("cores: 1\n"); !strings.Contains(one, "1 core is not sixteen") {
		t.Errorf("notes of one core:\n%s", one)
	}
}
