package usage

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// start is spawn for tests; the child ends with the test, if not before.
func start(t testing.TB, role string) (*child, string) {
	t.Helper()
	c, line, err := spawn(role)
	if err != nil {
		t.Fatalf("start a child that plays %s: %v", role, err)
	}
	t.Cleanup(func() {
		if c.cmd.ProcessState == nil {
			c.end()
		}
	})
	return c, line
}

// cpu reads the tree, which has to work, and takes off what this process and
// the given children used themselves.
func cpu(t testing.TB, tree *Tree, off ...*child) time.Duration {
	t.Helper()
	own, ok := clock(os.Getpid())
	for _, c := range off {
		used, alive := clock(c.cmd.Process.Pid)
		own, ok = own+used, ok && alive
	}
	all, measured := tree.CPU()
	if !ok || !measured {
		t.Fatalf("not measured: own clocks %t, tree %t", ok, measured)
	}
	return all - own
}

// between checks that got is no less than low and not much more.
func between(t testing.TB, what string, got, low time.Duration) {
	t.Helper()
	if got < low || got > low+40*time.Millisecond {
		t.Errorf("%s: have %v, want %v or slightly more", what, got, low)
	}
}

func nanoseconds(t testing.TB, line string) time.Duration {
	t.Helper()
	ns, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return time.Duration(ns)
}

func TestLiveChild(t *testing.T) {
	tree := NewTree()
	before := cpu(t, tree)
	_, line := start(t, "burn")
	tree.Refresh()
	between(t, "a busy child", cpu(t, tree)-before, nanoseconds(t, line))
}

func TestLiveGrandchild(t *testing.T) {
	tree := NewTree()
	before := cpu(t, tree)
	c, line := start(t, "nest")
	tree.Refresh()
	between(t, "a busy grandchild", cpu(t, tree, c)-before, nanoseconds(t, line))
}

func TestReapedGrandchild(t *testing.T) {
	tree := NewTree()
	before := cpu(t, tree)
	c, _ := start(t, "reap")
	tree.Refresh()
	fmt.Fprintln(c.in, "now")
	line, err := c.out.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	const coarse = 2 * tick // user and system time, each in whole ticks
	between(t, "a grandchild that exited", cpu(t, tree, c)-before, nanoseconds(t, line)-coarse)
}

func TestExitedChild(t *testing.T) {
	tree := NewTree()
	before := cpu(t, tree)
	c, _ := start(t, "burn")
	tree.Refresh()
	if err := c.end(); err != nil {
		t.Fatal(err)
	}
	between(t, "a child that exited", cpu(t, tree)-before, c.used()-5*time.Microsecond)
}

// A worker that takes the place of another is found without being told of.
func TestReplacedChild(t *testing.T) {
	old, _ := start(t, "idle")
	tree := NewTree()
	before := cpu(t, tree)
	if err := old.end(); err != nil {
		t.Fatal(err)
	}
	_, line := start(t, "burn")
	between(t, "a child that took the place", cpu(t, tree)-before, nanoseconds(t, line))
}

// Read while children exit, the sum neither falls nor counts one twice.
func TestNeverFalls(t *testing.T) {
	tree := NewTree()
	before := cpu(t, tree)
	var children []*child
	for range 6 {
		c, _ := start(t, "burn")
		children = append(children, c)
	}
	tree.Refresh()

	ended := make(chan error)
	go func() { // the loop below waits for it
		defer close(ended)
		for _, c := range children {
			ended <- c.end()
		}
	}()
	var last time.Duration
	for waiting := true; waiting; {
		select {
		case err, ok := <-ended:
			if waiting = ok; err != nil {
				t.Error(err)
			}
		default:
		}
		now, ok := tree.CPU()
		if !ok || now < last {
			t.Fatalf("have %v after %v, %t", now, last, ok)
		}
		last = now
	}
	var used time.Duration
	for _, c := range children {
		used += c.used()
	}
	between(t, "six children that exited", cpu(t, tree)-before, used-30*time.Microsecond)
}

// An orphan leaves the tree with what it used; the sum then stands still.
func TestOrphan(t *testing.T) {
	c, _ := start(t, "nest")
	tree := NewTree()
	before, _ := tree.CPU()
	if err := c.end(); err != nil {
		t.Fatal(err)
	}
	if after, ok := tree.CPU(); !ok || after < before {
		t.Errorf("have %v after %v, %t", after, before, ok)
	}
}

func TestExcluded(t *testing.T) {
	apart, _ := start(t, "nest")
	tree := NewTree(apart.cmd.Process.Pid)
	whole := NewTree()
	if with, without := cpu(t, whole), cpu(t, tree); with-without < burnt {
		t.Errorf("have %v with a busy grandchild and %v without its parent", with, without)
	}
	if n := len(whole.procs) - len(tree.procs); n != 2 {
		t.Errorf("%d processes are excluded, want the child and the grandchild", n)
	}
}

func TestPeakRSS(t *testing.T) {
	c, _ := start(t, "touch")
	with, ok1 := NewTree().PeakRSS()
	without, ok2 := NewTree(c.cmd.Process.Pid).PeakRSS()
	if got := with - without; !ok1 || !ok2 || got < touched || got > 2*touched {
		t.Errorf("a child that held %d bytes has a peak of %d (%t, %t)", touched, got, ok1, ok2)
	}
}

func TestUsage(t *testing.T) {
	tree := NewTree()
	u, ok := tree.Usage()
	after, _ := tree.CPU()
	if !ok || u.CPU <= 0 || u.CPU > after || u.PeakRSS < 1<<20 {
		t.Errorf("have %+v, %t; CPU time later was %v", u, ok, after)
	}
}

// Without a /proc of this system there is no answer, rather than a wrong one.
func TestNotMeasured(t *testing.T) {
	if found := descendants(t.TempDir(), os.Getpid(), nil); len(found) != 0 {
		t.Errorf("found %v in an empty folder", found)
	}
	tree := &Tree{self: -1}
	if _, ok := tree.Usage(); ok {
		t.Error("a tree without a root was measured")
	}
	if _, ok := tree.CPU(); ok {
		t.Error("a tree without a root has CPU time")
	}
}

func TestParseStat(t *testing.T) {
	const rest = " S 17 41 41 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 117915\n"
	for _, name := range []string{"(redis-server)", "(a b)", "(:) 1 (x) R 2 3)", "()"} {
		s, err := parseStat([]byte("42 " + name + rest))
		if want := (stat{pid: 42, parent: 17, reaped: 15 * tick}); err != nil || s != want {
			t.Errorf("%s: have %+v, %v, want %+v", name, s, err, want)
		}
	}
	for _, line := range []string{"", "42", "42 (x", "42 )x(", "42 (x) S 17", "x (x)" + rest, "42 (x) S y" + rest[5:]} {
		if s, err := parseStat([]byte(line)); err == nil {
			t.Errorf("%q: have %+v, want an error", line, s)
		}
	}
}

// BenchmarkCPU is the price of one reading of this process and 19 below it.
func BenchmarkCPU(b *testing.B) {
	tree := family(b)
	for b.Loop() {
		tree.CPU()
	}
}

// BenchmarkRefresh is the price of finding the same tree.
func BenchmarkRefresh(b *testing.B) {
	tree := family(b)
	for b.Loop() {
		tree.Refresh()
	}
	b.ReportMetric(float64(len(stats("/proc"))), "processes")
}

func family(b *testing.B) *Tree {
	for range 19 {
		start(b, "idle")
	}
	tree := NewTree()
	if len(tree.procs) != 20 {
		b.Fatalf("have %d processes, want 20", len(tree.procs))
	}
	return tree
}
