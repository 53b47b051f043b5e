package probe

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func TestEnvironment(t *testing.T) {
	checks := Environment(t.Context(), t.TempDir())
	var all []string
	for _, c := range checks {
		all = append(all, c.Name)
		if c.Name == "" || c.Found == "" || (c.Verdict == OK) != (c.Do == "") || strings.Contains(c.Found+c.Do, "\n") {
			t.Errorf("have %+v", c)
		}
	}
	want := []string{"go", "C compiler", "redis", "git", "loopback port", "open files", "CPU quota", "results folder"}
	if !slices.Equal(all, want) {
		t.Errorf("have %q, want %q", all, want)
	}
	if c := checks[0]; c.Verdict != OK { // or this test would not run
		t.Errorf("have %+v", c)
	}
}

func TestEnvironmentWithoutTools(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	verdicts := map[string]Verdict{}
	for _, c := range Environment(t.Context(), t.TempDir()) {
		verdicts[c.Name] = c.Verdict
	}
	if verdicts["go"] != Bad || verdicts["redis"] != Warn || verdicts["git"] != Warn || verdicts["results folder"] != OK {
		t.Errorf("with nothing on PATH: have %v", verdicts)
	}
}

func TestAsk(t *testing.T) {
	failing, hanging := self(t, "play-fail"), self(t, "play-hang")
	if said, err := ask(t.Context(), failing[0], failing[1:]...); err == nil || !strings.Contains(err.Error(), "it is wet") {
		t.Errorf("have %q, %v, want what it said on stderr", said, err)
	}
	soon, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	<-soon.Done()
	if said, err := ask(soon, hanging[0], hanging[1:]...); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("have %q, %v, want the deadline", said, err)
	}
}

func TestCheckGo(t *testing.T) {
	for said, want := range map[string]Verdict{
		"go version go1.26.0 linux/amd64":                         OK,
		"go version go1.31.2 windows/arm64":                       OK,
		"go version go1.27-devel_7a1f3c Mon Nov 2 darwin/arm64":   OK,
		"go version go1.25.9 linux/amd64":                         Bad,
		"go version go1.26rc1 linux/amd64":                        Bad,
		"go version devel +7a1f3c Mon Nov 2 00:00:00 linux/amd64": Warn,
		"": Warn,
	} {
		if c := checkGo(said, nil); c.Verdict != want || (want == OK) != (c.Do == "") {
			t.Errorf("%q: have %+v, want %v", said, c, want)
		}
	}
	if c := checkGo("", errors.New("none")); c.Verdict != Bad || c.Found != "none" {
		t.Errorf("have %+v", c)
	}
}

// The Go that is asked for is the one that go.mod asks for.
func TestOldestGo(t *testing.T) {
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(mod), "\ngo "+strings.TrimPrefix(oldestGo, "go")+"\n") {
		t.Errorf("go.mod does not ask for %s", oldestGo)
	}
}

func TestCheckCompiler(t *testing.T) {
	exe := self(t, "")[0]
	for _, c := range []struct {
		goos, said string
		err        error
		want       Verdict
	}{
		{"linux", "1\n" + exe + " -m64", nil, OK},
		{"linux", "1\nno-such-compiler", nil, Warn},
		{"linux", "0\n" + exe, nil, Warn},
		{"linux", "", nil, Warn},
		{"linux", "", errors.New("no go"), Warn},
		{"darwin", "0\nclang", nil, OK},
	} {
		got := checkCompiler(c.goos)(c.said, c.err)
		if got.Verdict != c.want || got.Found == "" || (c.want == OK) != (got.Do == "") {
			t.Errorf("%s, %q, %v: have %+v, want %v", c.goos, c.said, c.err, got, c.want)
		}
	}
}

func TestServerVersion(t *testing.T) {
	for said, want := range map[string]string{
		"Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=18f3": "7.0.15",
		"Valkey server v=8.0.1 sha=00000000:0":                                          "8.0.1",
		"hello":                                                                         `"hello"`,
	} {
		if got := serverVersion(said); got != want {
			t.Errorf("%q: have %q, want %q", said, got, want)
		}
	}
}

func TestCheckFiles(t *testing.T) {
	for _, c := range []struct {
		limit   uint64
		limited bool
		want    Check
	}{
		{256, true, Check{"open files", Warn, "256", "raise it (ulimit -Hn 10500) for 10,000 fetches at once"}},
		{wantFiles, true, Check{Name: "open files", Found: "10500"}},
		{1<<63 - 1, true, Check{Name: "open files", Found: "no limit"}},
		{0, false, Check{Name: "open files", Found: "no limit"}},
	} {
		if got := checkFiles(c.limit, c.limited); got != c.want {
			t.Errorf("have %+v, want %+v", got, c.want)
		}
	}
}

func TestCheckFolder(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		folder string
		want   Verdict
		found  string
	}{
		{dir, OK, dir},
		{filepath.Join(dir, "a", "b"), OK, filepath.Join(dir, "a", "b") + " (to be made)"},
		{file, Bad, ""},
	} {
		got := checkFolder(c.folder)
		if got.Verdict != c.want || c.found != "" && got.Found != c.found {
			t.Errorf("%s: have %+v, want %v, %q", c.folder, got, c.want, c.found)
		}
	}
	if left, err := os.ReadDir(dir); len(left) != 1 || err != nil {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestQuota(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	for _, c := range []struct {
		name  string
		root  fstest.MapFS
		cpus  float64
		known bool
	}{
		{"nothing", fstest.MapFS{}, 0, false},
		{"v2, none", fstest.MapFS{
			"proc/self/cgroup":        file("0::/\n"),
			"sys/fs/cgroup/cpu.stat":  file("usage_usec 1\n"),
			"sys/fs/cgroup/a/cpu.max": file("100 100\n"),
		}, 0, false},
		{"v2, no limit", fstest.MapFS{
			"proc/self/cgroup":        file("0::/a\n"),
			"sys/fs/cgroup/a/cpu.max": file("max 100000\n"),
		}, 0, true},
		{"v2, the smallest above", fstest.MapFS{
			"proc/self/cgroup":            file("0::/a/b/c\n"),
			"sys/fs/cgroup/cpu.max":       file("900000 100000\n"),
			"sys/fs/cgroup/a/cpu.max":     file("150000 100000\n"),
			"sys/fs/cgroup/a/b/cpu.max":   file("400000 100000\n"),
			"sys/fs/cgroup/a/b/c/cpu.max": file("max 100000\n"),
		}, 1.5, true},
		{"v2, outside of the namespace", fstest.MapFS{
			"proc/self/cgroup":      file("0::/../x\n"),
			"sys/fs/cgroup/cpu.max": file("50000 100000\n"),
		}, 0.5, true},
		{"v1", fstest.MapFS{
			"proc/self/cgroup": file("9:memory:/a\n4:cpu,cpuacct:/a\n"),
			"sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us":  file("200000\n"),
			"sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us": file("100000\n"),
			"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us":    file("-1\n"),
			"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us":   file("100000\n"),
		}, 2, true},
		{"not a number", fstest.MapFS{
			"proc/self/cgroup":      file("0::/\nx\n"),
			"sys/fs/cgroup/cpu.max": file("many few\n"),
		}, 0, false},
	} {
		if cpus, known := quota(c.root); cpus != c.cpus || known != c.known {
			t.Errorf("%s: have %g, %t, want %g, %t", c.name, cpus, known, c.cpus, c.known)
		}
	}
}

func TestCheckQuota(t *testing.T) {
	for _, c := range []struct {
		allowed float64
		known   bool
		want    Verdict
		found   string
	}{
		{0, false, OK, "none that can be read"},
		{0, true, OK, "none"},
		{1.5, true, Warn, "1.5 of 4 CPUs"},
		{4, true, OK, "4 CPUs, not less than the 4 there are"},
	} {
		got := checkQuota(c.allowed, c.known, 4)
		if got.Verdict != c.want || got.Found != c.found || (c.want == OK) != (got.Do == "") {
			t.Errorf("have %+v, want %v, %q", got, c.want, c.found)
		}
	}
}

func TestVerdict(t *testing.T) {
	if OK.String() != "ok" || Warn.String() != "warn" || Bad.String() != "bad" {
		t.Errorf("have %v, %v, %v", OK, Warn, Bad)
	}
}
