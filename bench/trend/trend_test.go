package trend

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/fourlevels/fourlevels/bench/report"
	"github.com/fourlevels/fourlevels/bench/samples"
	"golang.org/x/perf/benchfmt"
)

// A night is a run that is made up: how fast its machine was, and what its commit did.
type night struct {
	commit, store string
	machine       float64 // factor on all times
	thread        float64 // factor on the processor time of threads
	noise         float64 // of threads, beside what disturbs all
	checksum      float64
	lost          float64
	allocs        float64 // of threads
	newer         bool    // has a benchmark that others lack
	unfinished    bool
}

const (
	serialName = "Throughput/level=serial/impl=serial/work=cpu/grain=1000/workers=1/inflight=1/batch=256"
	threadName = "Throughput/level=thread/impl=crew/work=cpu/grain=1000/workers=2/inflight=2/batch=256"
	newerName  = "Throughput/level=async/impl=pool/work=cpu/grain=1000/workers=2/inflight=2/batch=256"
	metgName   = "METG/level=thread/impl=crew/work=cpu/workers=2/inflight=2/batch=4096"
)

// nights writes a run for each, one a day, and returns their folder.
func nights(t *testing.T, all []night) string {
	t.Helper()
	dir := t.TempDir()
	random := rand.New(rand.NewPCG(1, 2))
	for i, n := range all {
		run := filepath.Join(dir, fmt.Sprintf("202601%02dT000000Z-%s", i+1, strings.Trim(n.commit, "\x1b[|m")))
		if err := os.Mkdir(run, 0o777); err != nil {
			t.Fatal(err)
		}
		n.write(t, run, random)
	}
	return dir
}

func (n night) write(t *testing.T, dir string, random *rand.Rand) {
	t.Helper()
	config := []benchfmt.Config{{Key: "cpu", Value: []byte("Synthetic"), File: true}, {Key: "commit", Value: []byte(n.commit), File: true}, {Key: "store", Value: []byte(n.store), File: true}}
	out, err := samples.Create(dir, config)
	if err != nil {
		t.Fatal(err)
	}
	for round := 1; round <= 12; round++ {
		mood := n.machine * math.Exp(0.2*random.NormFloat64()) // of the round: it disturbs both sides
		add := func(name string, values ...benchfmt.Value) {
			if err := out.Append(round, false, []*benchfmt.Result{{Name: benchfmt.Name(name + "-2"), Iters: 1, Values: values}}); err != nil {
				t.Fatal(err)
			}
		}
		own := func(share float64) float64 { return math.Exp(share * random.NormFloat64()) }
		add(serialName, benchfmt.Value{Value: 1e5 * mood * own(0.005), Unit: "cpu-ns/op"}, benchfmt.Value{Value: 1, Unit: "checksum"})
		add(threadName, benchfmt.Value{Value: 1.1e5 * mood * n.thread * own(0.005+n.noise), Unit: "cpu-ns/op"},
			benchfmt.Value{Value: n.checksum, Unit: "checksum"}, benchfmt.Value{Value: n.lost, Unit: "lost/op"}, benchfmt.Value{Value: n.allocs, Unit: "allocs/op"})
		add(metgName, benchfmt.Value{Value: 5000 * own(0.02), Unit: "metg50-ns"})
		if n.newer {
			add(newerName, benchfmt.Value{Value: 100, Unit: "cpu-ns/op"})
		}
	}
	if !n.unfinished {
		if err := out.End(); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}

// slower are nights on a machine of changing speed; threads become slower for good on
// the ninth.
func slower() (all []night) {
	for i := range 16 {
		n := night{commit: fmt.Sprintf("%010x", i+1), store: "none", machine: 1 + 0.5*math.Sin(float64(i)), thread: 1, checksum: 1}
		if i >= 8 {
			n.thread = 1.08
		}
		all = append(all, n)
	}
	return all
}

// follow opens the trend of the nights.
func follow(t *testing.T, all []night, baseline string) *Trend {
	t.Helper()
	tr, err := Open(nights(t, all), baseline)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func (t *Trend) of(level, metric string) *Series {
	for i := range t.Series {
		if t.Series[i].Name.Level == level && t.Series[i].Metric == metric {
			return &t.Series[i]
		}
	}
	return nil
}

// The machine's speed varies by three, what changed by 8 %: divided by serial it shows,
// and nothing else does.
func TestChangeIsFoundWhereItWas(t *testing.T) {
	tr := follow(t, slower(), "")
	s := tr.of("thread", "CPU/task")
	if s == nil || !s.Divided || len(s.Changes) != 1 {
		t.Fatalf("have %+v, want one change", s)
	}
	if c := s.Changes[0]; c.Run != 8 || !c.Worse || math.Abs(c.By-1.08) > 0.02 {
		t.Errorf("have %+v, want worse by 8 %% from run 8 on", c)
	}
	if m := tr.of("thread", "METG(50%)"); m == nil || m.Divided || len(m.Changes) != 0 {
		t.Errorf("METG: have %+v, want no change", m)
	}
	if p := s.Points[0]; p.Center != 1 || !(p.Lo < 1 && p.Hi > 1) {
		t.Errorf("the baseline itself is %+v, want 1 with an interval", p)
	}
}

func TestBaseline(t *testing.T) {
	all := slower()
	tr := follow(t, all, "000000000a")
	if tr.Runs[tr.Baseline].Commit != "000000000a" {
		t.Errorf("have baseline %+v", tr.Runs[tr.Baseline])
	}
	if p := tr.of("thread", "CPU/task").Points[0]; math.Abs(p.Center-1/1.08) > 0.02 {
		t.Errorf("have %+v, want about 1/1.08", p)
	}
	_, err := Open(nights(t, all[:2]), "ffff")
	if !errors.Is(err, ErrNoBaseline) || !strings.Contains(err.Error(), "0000000002, 0000000001") {
		t.Errorf("have %v, want one that lists the commits", err)
	}
}

// Runs say ten digits of a commit, and people seven or all forty. What a dirty tree had is
// of no commit, and taken only if there is nothing else.
func TestPinned(t *testing.T) {
	of := func(commits ...string) (all []Run) {
		for _, c := range commits {
			all = append(all, Run{Name: "run-" + c, Commit: c})
		}
		return all
	}
	for _, test := range []struct {
		all   []Run
		asked string
		want  int
	}{
		{of("aaaaaaaaaa", "bbbbbbbbbb"), "bbbb", 1},
		{of("aaaaaaaaaa", "bbbbbbbbbb"), strings.Repeat("a", 40), 0},
		{of("aaaaaaaaaa", "aaaaaaaaaa"), "aaaaaaa", 1},
		{of("aaaaaaaaaa", "aaaaaaaaaa-dirty"), "aaaaaaaaaa", 0},
		{of("aaaaaaaaaa-dirty", "aaaaaaaaaa-dirty"), strings.Repeat("a", 40), 1},
		{of("aaaaaaaaaa", "aaaaaaaaaa-dirty"), "aaaaaaaaaa-dirty", 1},
		{of("aaaaaaaaaa", "aaaaaaaaaa-dirty"), "run-aaaaaaaaaa-dirty", 1},
		{of("a", "", "unknown"), strings.Repeat("a", 40), -1},
	} {
		if have := pinned(test.all, test.asked); have != test.want {
			t.Errorf("%q: have run %d of %+v, want %d", test.asked, have, test.all, test.want)
		}
	}
}

// A run that does not say when it was is neither the first nor a point of the trend, as
// long as others say it.
func TestUndated(t *testing.T) {
	dir := nights(t, slower()[:3])
	if err := os.Rename(filepath.Join(dir, "20260102T000000Z-0000000002"), filepath.Join(dir, "aa")); err != nil {
		t.Fatal(err)
	}
	tr, err := Open(dir, "")
	if err != nil || len(tr.Runs) != 2 || tr.Runs[tr.Baseline].Commit != "0000000001" || len(tr.Ignored) != 1 || tr.Ignored[0].Run != "aa" {
		t.Fatalf("have %+v and %v, want two runs, and aa ignored", tr, err)
	}
	if err := errors.Join(os.RemoveAll(filepath.Join(dir, "20260101T000000Z-0000000001")), os.RemoveAll(filepath.Join(dir, "20260103T000000Z-0000000003"))); err != nil {
		t.Fatal(err)
	}
	if tr, err := Open(dir, ""); err != nil || len(tr.Runs) != 1 {
		t.Errorf("alone: have %+v and %v, want one run", tr, err)
	}
}

// Counts fall to 0 and rise from it: one is added to both, so that there is a ratio.
func TestCountsMayBeZero(t *testing.T) {
	for _, test := range []struct{ before, after, want float64 }{{3, 0, 0.25}, {0, 5, 6}, {0, 0, 1}} {
		all := slower()[:2]
		all[0].allocs, all[1].allocs = test.before, test.after
		s := follow(t, all, "").of("thread", "allocs")
		if s == nil || s.Points[1].Ignored != "" || s.Points[1].Center != test.want {
			t.Errorf("%+v: have %+v", test, s)
		}
	}
}

func TestNewer(t *testing.T) {
	all := slower()[:3]
	all[1].newer, all[2].newer = true, true
	tr := follow(t, all, "")
	if len(tr.Newer) != 1 || tr.Newer[0] != newerName || tr.of("async", "CPU/task") != nil {
		t.Errorf("have %q, want %s, once and without a series", tr.Newer, newerName)
	}
	if about := strings.Join(tr.about(), "\n"); !strings.Contains(about, "1 benchmark is newer than the baseline") {
		t.Errorf("it does not say so: %s", about)
	}
}

// Whatever is not comparable is left out and named, and has no figures.
func TestIgnored(t *testing.T) {
	all := slower()
	all[3].store = "redis-7.0.15"
	all[4].unfinished = true
	all[5].checksum = 2
	all[6].lost = 0.5
	all[7].noise = 0.8
	dir := nights(t, all)
	broken := filepath.Join(dir, "broken")
	if err := errors.Join(os.Mkdir(broken, 0o777), os.WriteFile(filepath.Join(broken, samples.File), []byte("BenchmarkX-2 1 NaN B\n"), 0o666),
		os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("notes"), 0o666)); err != nil {
		t.Fatal(err)
	}
	tr, err := Open(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	var why []string
	for _, i := range tr.Ignored {
		why = append(why, i.Because)
	}
	if len(why) != 3 || !slices.ContainsFunc(why, func(w string) bool { return strings.Contains(w, `another store: "redis-7.0.15", not "none"`) }) ||
		!slices.ContainsFunc(why, func(w string) bool { return strings.Contains(w, "partial") }) ||
		!slices.ContainsFunc(why, func(w string) bool { return strings.Contains(w, "NaN") }) {
		t.Errorf("have %q", why)
	}
	s := tr.of("thread", "CPU/task")
	var reasons []string
	for _, p := range s.Points {
		if p.Ignored != "" {
			reasons = append(reasons, p.Ignored)
		}
	}
	if len(reasons) != 3 || !strings.Contains(reasons[0], "checksum") || !strings.Contains(reasons[1], "INVALID") || !strings.HasPrefix(reasons[2], "too noisy") {
		t.Errorf("have %q", reasons)
	}
	for _, p := range s.Points[3:5] {
		if p.N != 0 || p.Center != 0 {
			t.Errorf("a point that cannot be believed has figures: %+v", p)
		}
	}
}

// Nothing outside of the folder is read, wherever a link in it leads.
func TestLinksOutOfTheFolder(t *testing.T) {
	elsewhere := nights(t, []night{{commit: "cccc"}})
	dir := nights(t, []night{{commit: "aaaa"}, {commit: "bbbb"}})
	for link, to := range map[string]string{"20260201T000000Z-cccc": filepath.Join(elsewhere, "20260101T000000Z-cccc"), "20260202T000000Z-bbbb": "20260102T000000Z-bbbb"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	tr, err := Open(dir, "")
	if err != nil || len(tr.Runs) != 3 || len(tr.Ignored) != 1 || !strings.HasPrefix(tr.Ignored[0].Because, "it is a link that leads to no run in this folder") {
		t.Errorf("%+v, %v", tr, err)
	}
}

func TestShortSeriesIsUnsure(t *testing.T) {
	tr := follow(t, slower()[:3], "")
	if s := tr.of("thread", "CPU/task"); s.Unsure == "" || len(s.Changes) > 0 {
		t.Errorf("have %+v, want one that is unsure", s)
	}
	if about := strings.Join(tr.about(), "\n"); strings.Contains(about, "by chance") {
		t.Errorf("nothing was searched, and it says what chance does: %s", about)
	}
}

func TestNoRuns(t *testing.T) {
	if _, err := Open(t.TempDir(), ""); !errors.Is(err, ErrNoRuns) {
		t.Errorf("have %v, want %v", err, ErrNoRuns)
	}
	if _, err := Open(filepath.Join(t.TempDir(), "gone"), ""); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("have %v, want %v", err, fs.ErrNotExist)
	}
}

func TestPages(t *testing.T) {
	all := slower()
	all[2].commit = "evil|[x](y)\x1b[31m"
	tr := follow(t, all, "")
	tr.Dir = "results/some-machine"
	pages := map[report.Format]string{}
	for _, f := range []report.Format{report.AsTable, report.AsMarkdown, report.AsCSV, report.AsJSON} {
		var b bytes.Buffer
		if err := tr.Write(&b, f, false); err != nil {
			t.Fatal(err)
		}
		pages[f] = b.String()
		if at := strings.IndexFunc(b.String(), func(r rune) bool { return r != '\n' && unicode.IsControl(r) }); at >= 0 {
			t.Errorf("%s has a control character at %d", f, at)
		}
	}
	for line := range strings.Lines(pages[report.AsTable]) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 {
			t.Errorf("line of %d columns: %s", n, line)
		}
	}
	for f, want := range map[report.Format]string{
		report.AsTable: "thread: CPU/task is worse, +8%, since 0000000009", report.AsMarkdown: `▂\|▆`, report.AsJSON: `"worse": true`,
	} {
		if !strings.Contains(pages[f], want) {
			t.Errorf("%s lacks %q:\n%s", f, want, pages[f])
		}
	}
	var decoded jsonTrend
	if err := json.Unmarshal([]byte(pages[report.AsJSON]), &decoded); err != nil || len(decoded.Series) != len(tr.Series) || len(decoded.Runs) != 16 {
		t.Errorf("json: have %v and %d series", err, len(decoded.Series))
	}
	if lines, err := csv.NewReader(strings.NewReader(pages[report.AsCSV])).ReadAll(); err != nil || len(lines) != 1+16*len(tr.Series) {
		t.Errorf("csv: have %v and %d lines", err, len(lines))
	}
	var ascii bytes.Buffer
	if err := tr.Write(&ascii, report.AsTable, true); err != nil || strings.ContainsAny(ascii.String(), blocks) {
		t.Errorf("ascii: have %v\n%s", err, ascii.String())
	}
	if page := written(t, tr, ""); strings.Count(page, "+8% worse</text>") != 1 {
		t.Error("the page does not mark the change of CPU")
	}
	if err := tr.Write(&ascii, report.AsBigger, false); err == nil {
		t.Error("a trend has no entries of github-action-benchmark")
	}
}

// A line spans five percent at least: what is less is flat.
func TestSparkIsCalm(t *testing.T) {
	s := Series{Points: []Point{{Center: 1, N: 6}, {Center: 1.001, N: 6}, {Ignored: "too noisy"}, {Center: 0.999, N: 6}}}
	if have := s.spark(true); have != "== =" {
		t.Errorf("have %q, want a flat line with a gap", have)
	}
	s.Points[0].Center = 2
	if have := s.spark(true); have != "#_ _" {
		t.Errorf("have %q, want a high one and two low ones", have)
	}
	s.Points[0].Run, s.Points[1].Run, s.Points[2].Run, s.Points[3].Run = 4, 5, 6, 8
	s.Changes = []Change{{Run: 5}, {Run: 8}}
	if have := s.spark(true); have != "#|_ |_" {
		t.Errorf("have %q, want a bar before each change", have)
	}
}
