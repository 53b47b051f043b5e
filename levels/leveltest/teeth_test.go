package leveltest_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/leveltest"
)

// A suite that accepts every level proves nothing. So here are levels that are
// wrong on purpose, each in one way, and the promise by which each is caught.

type wrong struct {
	breaks string // the promise
	why    string // part of what the suite says
	how    string // it is wrong
	open   func(stop <-chan struct{}) levels.Level

	hangs bool   // so the suite needs less patience than usual
	after string // the promise that shows it; "" means breaks
}

var wrongs = []wrong{
	{breaks: "empty", why: "0 tasks have 1 results", how: "answers unasked", open: spoil(func(_ []levels.Task, results []levels.Result) []levels.Result {
		return append(results, make([]levels.Result, 1)...)[:max(len(results), 1)]
	})},
	{breaks: "order", why: "the echo of 5 is ", how: "loses a task", open: spoil(loses)},
	{breaks: "order", why: "1 tasks have 0 results", how: "returns too few results", open: spoil(func(_ []levels.Task, results []levels.Result) []levels.Result {
		return results[:max(0, len(results)-1)]
	})},
	{breaks: "order", why: "1 tasks have 2 results", how: "runs a task twice and says so", open: spoil(func(_ []levels.Task, results []levels.Result) []levels.Result {
		return append(results, results[:min(len(results), 1)]...)
	})},
	{breaks: "order", why: "the echo of 2 is 03", how: "swaps two results", open: spoil(swaps)},
	{breaks: "errors", why: "nobody00", how: "shares the first error with all", open: spoil(sharesError)},
	{breaks: "errors", why: "the echo of 0 fails", how: "fails a batch for one of its tasks", open: spoil(failsAll)},
	{breaks: "errors", why: "have none", how: "takes an error without words for none", open: spoil(sendsText)},
	{breaks: "errors", why: "within", how: "retries until it succeeds", open: stubborn, hangs: true},
	{breaks: "overlap", why: "the echo of", how: "mixes up overlapping calls", open: mixes},
	{breaks: "overlap", why: "busy", how: "takes one call at a time", open: busy},
	{breaks: "unchanged", why: "changed the tasks", how: "uses up its tasks", open: spoil(func(tasks []levels.Task, results []levels.Result) []levels.Result {
		clear(tasks)
		return results
	})},
	{breaks: "unchanged", why: "changed the tasks", how: "writes to an input", open: spoil(func(tasks []levels.Task, results []levels.Result) []levels.Result {
		tasks[len(tasks)-1].Input[0]++
		return results
	})},
	{breaks: "unchanged", why: "results changed", how: "reuses its results", open: reusesResults},
	{breaks: "unchanged", why: "results changed", how: "lets one output grow into the next", open: spoil(packs)},
	{breaks: "large", why: "65536 came", how: "cuts long outputs", open: spoil(cutsOutput)},
	{breaks: "tiny", why: "100000 tasks have 34464 results", how: "counts in 16 bits", open: spoil(func(_ []levels.Task, results []levels.Result) []levels.Result {
		return results[:uint16(len(results))]
	})},
	{breaks: "cancel", why: "started no task within", how: "starts nothing", open: neverStarts, hangs: true},
	{breaks: "cancel", why: "no function is called", how: "is built without the functions", open: knowsNothing},
	{breaks: "cancel", why: "within", how: "ignores ctx", open: ignoresCtx, hangs: true},
	{breaks: "cancel", why: "error is context canceled", how: "drops the cause", open: dropsCause},
	{breaks: "cancel", why: "not as good as new", how: "ends with the ctx of a call", open: endsWithCtx},
	{breaks: "cancelled", why: "error is <nil>", how: "ignores that ctx has ended", open: ignoresCtx},
	{breaks: "cancelled", why: "a task was started", how: "looks at ctx too late", open: looksLate},
	{breaks: "deadline", why: "error is context deadline exceeded", how: "lets workers say that time is over", open: hurries},
	{breaks: "goexit", why: "has no error", how: "takes the end of a goroutine for success", open: spoil(takesEndForDone)},
	{breaks: "goexit", why: "beside one that ended", how: "loses what is beside a goroutine that ended", open: spoil(losesBeside(errGoexit, levels.ErrLost))},
	{breaks: "goexit", why: "within", how: "waits for a worker that is gone", open: loner, hangs: true},
	{breaks: "death", why: "error is <nil>", how: "denies that a worker died", open: deniesDeath},
	{breaks: "death", why: "broken pipe", how: "fails what is beside a worker that died", open: infects},
	{breaks: "death", why: "not as good as new", how: "does not replace a worker", open: staysDead},
	{breaks: "close", why: "its tasks have not run", how: "pretends", open: pretends},
	{breaks: "close", why: "closed before the task", how: "does not wait when it closes", open: leavesEarly},
	{breaks: "close", why: "closed before the task", how: "ends running tasks when it closes", open: slams},
	{breaks: "close", why: "error level is closed", how: "discards what is done while it closes", open: discards},
	{breaks: "close", why: "Close did not return", how: "never closes", open: neverCloses, hangs: true, after: "empty"},
	{breaks: "closed", why: "error is <nil>", how: "works on when it is closed", open: staysOpen},
	{breaks: "closed", why: "again: closing fails: closed twice", how: "complains of a second Close", open: closesOnce},
	{breaks: "goroutines", why: "leveltest_test.forgets", how: "leaves a goroutine behind", open: forgets, hangs: true},
	{breaks: "goroutines", why: "after cancel: ", how: "leaves one behind if cancelled", open: forgetsCancelled, hangs: true, after: "cancel"},
}

func TestTeeth(t *testing.T) {
	for _, w := range wrongs {
		t.Run(strings.ReplaceAll(w.how, " ", "-"), func(t *testing.T) {
			t.Parallel()
			stop := make(chan struct{})
			defer close(stop) // lets go of what hangs or was left behind
			s := leveltest.Suite{Isolated: w.breaks == "death", Open: func(testing.TB) levels.Level { return w.open(stop) }}
			if w.hangs {
				s.Patience = 250 * time.Millisecond
			}
			if w.after == "" {
				w.after = w.breaks
			}
			broken := s.Check(t, w.after)
			if names := slices.Collect(maps.Keys(broken)); !slices.Equal(names, []string{w.breaks}) {
				t.Fatalf("a level that %s breaks %q, want %q: %v", w.how, names, w.breaks, broken)
			}
			if why := broken[w.breaks].Error(); !strings.Contains(why, w.why) {
				t.Errorf("a level that %s is told %q, want %q", w.how, why, w.why)
			}
		})
	}
}

// No promise is decoration: for each there is a level that breaks it.
func TestEveryPromiseBites(t *testing.T) {
	names := map[string]bool{}
	for _, p := range leveltest.Promises() {
		names[p.Name] = true
		if !slices.ContainsFunc(wrongs, func(w wrong) bool { return w.breaks == p.Name }) {
			t.Errorf("no wrong level breaks %q", p.Name)
		}
	}
	if len(names) != len(leveltest.Promises()) {
		t.Errorf("%d names for %d promises", len(names), len(leveltest.Promises()))
	}
}
