package levels_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/fourlevels/fourlevels/"

// The directions of imports are the architecture: a level that imported another
// could no longer be read, or measured, by itself.
var directions = []struct {
	rule string
	pkg  func(path string) bool // is the rule about this package?
	bad  func(path, imports string) bool
}{
	{"levels imports the standard library only",
		exactly("levels"), func(_, i string) bool { return !standard(i) }},
	{"a level imports no other level",
		below("levels/async", "levels/thread", "levels/process", "levels/machine"),
		func(p, i string) bool {
			return below("levels/async", "levels/thread", "levels/process", "levels/machine")(i) &&
				levelOf(p) != levelOf(i) && i != "levels/process/child" // which is how to start a process, not how to run tasks
		}},
	{"the types of pitfalls know no level, and no pitfall",
		below("levels/pitfall"), func(_, i string) bool {
			return !standard(i) && !below("levels/pitfall")(i) && i != "levels/process/child" && i != "go.uber.org/goleak" // of tests
		}},
	{"the supervisor of processes imports nobody",
		exactly("levels/process/child"), func(_, i string) bool { return !standard(i) }},
	{"a worker of processes starts with little to load: the standard library without net, and x/sys",
		below("levels/process"), func(_, i string) bool {
			return i == "net" || !standard(i) && !strings.HasPrefix(i, "golang.org/x/sys/") && !strings.HasPrefix(i, "levels")
		}},
	{"workload knows no level",
		below("levels/workload"), func(_, i string) bool {
			return below("levels/async", "levels/thread", "levels/process", "levels/machine", "bench", "cmd")(i)
		}},
	{"only bench/fleet opens levels",
		not(below("levels", "bench/fleet")), func(_, i string) bool {
			return exactly("levels/async", "levels/thread", "levels/process", "levels/machine")(i)
		}},
	{"reports know levels as words only",
		below("bench/report"), func(_, i string) bool { return strings.HasPrefix(i, "levels") }},
	{"levels knows neither bench nor cmd",
		below("levels"), func(_, i string) bool { return below("bench", "cmd")(i) }},
	{"the Redis client has two doors",
		not(below("levels/machine", "bench/fleet")), func(_, i string) bool { return strings.HasPrefix(i, "github.com/redis/") }},
	{"tablewriter has one door",
		not(below("bench/report")), func(_, i string) bool { return strings.Contains(i, "tablewriter") }},
	{"x/perf has one door",
		not(below("bench")), func(_, i string) bool { return strings.HasPrefix(i, "golang.org/x/perf") }},
	{"cobra has one door",
		not(below("cmd")), func(_, i string) bool { return strings.HasPrefix(i, "github.com/spf13/") }},
}

func exactly(paths ...string) func(string) bool {
	return func(p string) bool {
		for _, path := range paths {
			if p == path {
				return true
			}
		}
		return false
	}
}

func below(paths ...string) func(string) bool {
	return func(p string) bool {
		for _, path := range paths {
			if p == path || strings.HasPrefix(p, path+"/") {
				return true
			}
		}
		return false
	}
}

func not(f func(string) bool) func(string) bool { return func(p string) bool { return !f(p) } }

// standard reports whether an import is of the standard library: its first
// element has no dot, and it is not ours.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".") && !below("levels", "bench", "cmd")(path)
}

func levelOf(path string) string { return strings.Split(path, "/")[1] }

func TestImportsRunTheRightWay(t *testing.T) {
	checked := map[string]bool{}
	for path, imports := range packages(t) {
		for _, d := range directions {
			if !d.pkg(path) {
				continue
			}
			checked[d.rule] = true
			for _, i := range imports {
				if d.bad(path, i) {
					t.Errorf("%s imports %s, but %s", path, i, d.rule)
				}
			}
		}
	}
	for _, d := range directions {
		if !checked[d.rule] {
			t.Errorf("no package is left that the rule is about: %s", d.rule)
		}
	}
}

// A rule that forbids nothing would be no rule.
func TestDirectionsHaveTeeth(t *testing.T) {
	for _, wrong := range [][2]string{
		{"levels", "golang.org/x/sync/semaphore"},
		{"levels/thread", "levels/async"},
		{"levels/machine/store", "levels/process"},
		{"levels/thread/pitfalls/gil", "levels/async"},
		{"levels/pitfall", "levels/thread/pitfalls/gil"},
		{"levels/process/child", "levels"},
		{"levels/workload", "levels/thread"},
		{"bench", "levels/async"},
		{"bench/report", "levels"},
		{"levels/leveltest", "bench/fleet"},
		{"bench", "github.com/redis/go-redis/v9"},
		{"cmd/levels", "github.com/olekukonko/tablewriter"},
		{"cmd/levels", "golang.org/x/perf/benchfmt"},
		{"bench", "github.com/spf13/cobra"},
	} {
		found := false
		for _, d := range directions {
			found = found || d.pkg(wrong[0]) && d.bad(wrong[0], wrong[1])
		}
		if !found {
			t.Errorf("no rule keeps %s from importing %s", wrong[0], wrong[1])
		}
	}
}

// packages maps the module's packages to what they import, with paths of its
// own from its root.
func packages(t *testing.T) map[string][]string {
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", module+"...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("list packages: %v", err)
	}
	all := map[string][]string{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		for i := range p.Imports {
			p.Imports[i] = strings.TrimPrefix(p.Imports[i], module)
		}
		all[strings.TrimPrefix(p.ImportPath, module)] = p.Imports
	}
}
