// Package grade judges a student's repair of a pitfall: by the pitfall's own proof, and
// then by its speed against a reference in the same binary. What a student reads of it is
// one line that begins with "not yet:"; what a runner reads are lines that begin with "grade:".
package grade

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/fourlevels/fourlevels/levels/pitfall"
)

// Main is the whole of a lesson's TestMain. The first test that fails is the last: one
// thing at a time.
func Main(m *testing.M, all ...pitfall.Pitfall) {
	pitfall.Child(all...)
	flag.Parse()
	if err := flag.Set("test.failfast", "true"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// NotYet ends the test with what is still wrong, in one line.
func NotYet(t testing.TB, format string, args ...any) {
	t.Helper()
	t.Fatalf("not yet: %s", strings.Join(strings.Fields(fmt.Sprintf(format, args...)), " "))
}

// Note tells what was not graded here, and why. It fails nothing.
func Note(t testing.TB, format string, args ...any) {
	t.Helper()
	t.Logf("grade: note=%q", fmt.Sprintf(format, args...))
}

// gradable says by what a program can be judged in this binary, now: ratios of computing
// times are not to be trusted if the race detector slows things down unevenly, and two
// cores must be there if two are what it takes.
func gradable(t testing.TB, class pitfall.Class) bool {
	t.Helper()
	if instrumented && (class == pitfall.CPU || class == pitfall.Par) {
		Note(t, "speed: not graded beside the race detector, which slows computing down unevenly")
		return false
	}
	return class != pitfall.Par || cores(t)
}

// cores probes whether two threads get two cores, and notes it if they do not.
func cores(t testing.TB) bool {
	t.Helper()
	why := pitfall.TwoCores()
	if why != "" {
		Note(t, "speed: not gradable here, for %s", why)
	}
	return why == ""
}
