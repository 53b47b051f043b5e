package bench

import (
	"context"
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"
)

const (
	crowded = "Throughput/level=serial/impl=serial/work=cpu/grain=50000/workers=1/inflight=1/batch=256"
	lone    = "Latency/level=serial/impl=serial/work=cpu/grain=50000/workers=1/inflight=1/batch=1"
)

// result is a line of go test -bench.
func result(name, rest string) string { return "Benchmark" + name + rest + "\n" }

func TestParse(t *testing.T) {
	out := "goos: linux\npkg: x\n" + result(crowded, "-2 10 118 ns/op 7 checksum") + "\n" + result(lone, "-2 5 121 ns/op") + "PASS\nok\n"
	results, err := parse([]byte(out), []string{crowded, lone})
	if err != nil || len(results) != 2 {
		t.Fatalf("%d results, %v", len(results), err)
	}
	if v, ok := results[0].Value("checksum"); !ok || v != 7 {
		t.Errorf("checksum %v, %v of the first, want 7", v, ok)
	}
	if v, _ := results[1].Value("sec/op"); v != 121e-9 {
		t.Errorf("the second took %v s, want 121 ns", v)
	}
	single := result(crowded, " 10 118 ns/op") + result(lone, " 5 121 ns/op") // as with one processor
	if _, err := parse([]byte(single), []string{crowded, lone}); err != nil {
		t.Errorf("names without processors: %v", err)
	}
}

func TestParseRefuses(t *testing.T) {
	good := result(crowded, "-2 10 118 ns/op")
	for name, test := range map[string]struct{ out, want string }{
		"nothing":        {"PASS\n", "0 results, not 2"},
		"one missing":    {good, "1 results, not 2"},
		"one too many":   {good + result(lone, "-2 5 121 ns/op") + good, "3 results, not 2"},
		"wrong order":    {result(lone, "-2 5 121 ns/op") + good, "not " + crowded},
		"another":        {good + result(strings.Replace(lone, "serial", "async", 1), "-2 5 121 ns/op"), "not " + lone},
		"another batch":  {good + result(lone, "28-2 5 121 ns/op"), "not " + lone},
		"more in a name": {good + result(lone, "/x=1-2 5 121 ns/op"), "not " + lone},
		"odd processors": {good + result(lone, "-x 5 121 ns/op"), "not " + lone},
		"not a number":   {good + result(lone, "-2 5 NaN ns/op"), "NaN"},
		"infinite":       {good + result(lone, "-2 5 +Inf ns/op"), "Inf"},
		"one unit twice": {good + result(lone, "-2 5 121 ns/op 3 p50-ns 4 p50-ns"), "two values in p50-sec"},
		"negative":       {good + result(lone, "-2 5 -3 p50-ns"), "p50-sec"},
		"no number":      {good + result(lone, "-2 5 many ns/op"), "parsing"},
		"no count":       {good + result(lone, "-2"), "1 results, not 2"},
		"a torn line":    {good + result(lone, "-2 5 121"), "sample:2"},
	} {
		results, err := parse([]byte(test.out), []string{crowded, lone})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %d results, err = %v, want %q", name, len(results), err, test.want)
		}
	}
}

func TestFailure(t *testing.T) {
	for out, want := range map[string]string{
		"": "the benchmark failed",
		"goos: linux\n--- FAIL: BenchmarkLatency/level=serial\n    bench_test.go:161: task 3 of 4: it broke\nFAIL\n": "task 3 of 4: it broke",
		"    bench_test.go:1: first\n    bench_test.go:2: second\n":                                                  "first",
	} {
		if got := failure([]byte(out)); got != want {
			t.Errorf("%q says %q, want %q", out, got, want)
		}
	}
}

// What tells runs apart that must not be compared without a thought.
func TestConfig(t *testing.T) {
	p := Plan{Latency: 3 * time.Millisecond, Sample: 4, Rounds: 5, Seed: 6, Benchtime: 7 * time.Second, Redis: "redis://:canary@host"}
	var keys []string
	values := map[string]string{}
	session := &Session{Plan: p, Store: "redis-7", Corpus: "corpus\n 1 files 2 bytes"} // whose folder has a newline in its name
	bin := &Binary{Commit: "abc-dirty", Hash: strings.Repeat("0123456789", 6) + "abcd"}
	for _, c := range session.Config(bin, planKey("fedc")) {
		if !c.File || len(c.Value) == 0 || strings.ContainsAny(string(c.Value), "\n\r") || strings.Contains(string(c.Value), "canary") {
			t.Errorf("setting %+v", c)
		}
		keys = append(keys, c.Key)
		values[c.Key] = string(c.Value)
	}
	if got, want := strings.Join(keys, " "), "go goos goarch cpu cores commit binary store corpus latency sample rounds seed benchtime plan"; got != want {
		t.Errorf("keys %q, want %q", got, want)
	}
	for key, want := range map[string]string{
		"commit": "abc-dirty", "binary": "0123456789012345", "plan": "fedc", "store": "redis-7", "corpus": "corpus 1 files 2 bytes",
		"latency": "3ms", "sample": "4", "rounds": "5", "seed": "6", "benchtime": "7s",
	} {
		if values[key] != want {
			t.Errorf("%s is %q, want %q", key, values[key], want)
		}
	}
}

func TestCommit(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("GIT_CEILING_DIRECTORIES", dir)
	if got := commitOf(dir); got != "unknown" {
		t.Errorf("commit %q outside of git, want unknown", got)
	}
	if _, err := exec.LookPath("git"); err != nil {
		return // then it is unknown everywhere
	}
	git := func(args ...string) string {
		t.Helper()
		args = append([]string{"-C", dir, "-c", "user.name=n", "-c", "user.email=e@x", "-c", "commit.gpgsign=false"}, args...)
		out, err := exec.Command("git", args...).CombinedOutput()
		if err != nil {
			t.Fatalf("git %q: %v: %s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	git("init", "-q")
	if got := commitOf(dir); got != "unknown" {
		t.Errorf("commit %q where there is none yet, want unknown", got)
	}
	git("commit", "-q", "--allow-empty", "-m", "first")
	want := git("rev-parse", "--short=10", "HEAD")
	if got := commitOf(dir); got != want || len(got) != 10 {
		t.Errorf("commit %q, want %q", got, want)
	}
	write(t, dir, "results/runs/1/samples.txt", "text")
	if got := commitOf(dir); got != want {
		t.Errorf("commit %q with results, want %s", got, want)
	}
	write(t, dir, "new", "text")
	if got := commitOf(dir); got != want+"-dirty" {
		t.Errorf("commit %q with a new file, want %s-dirty", got, want)
	}
}

func TestRoot(t *testing.T) {
	root, err := Root(t.Context())
	if err != nil || !strings.HasPrefix(folderOf(t), root) {
		t.Errorf("root %q, %v of %s", root, err, folderOf(t))
	}
	gone, cancel := context.WithCancelCause(t.Context())
	leave := errors.New("time to leave")
	cancel(leave)
	if _, err := Root(gone); !errors.Is(err, leave) {
		t.Errorf("err = %v after the end of ctx, want its cause", err)
	}
	t.Chdir(t.TempDir())
	var environment EnvironmentError
	if _, err := Root(t.Context()); !errors.As(err, &environment) || !strings.Contains(err.Error(), "not in a checkout") {
		t.Errorf("err = %v outside of a checkout", err)
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := Root(t.Context()); !errors.As(err, &environment) || !strings.Contains(err.Error(), "go is not on PATH") {
		t.Errorf("err = %v without a go command", err)
	}
}
