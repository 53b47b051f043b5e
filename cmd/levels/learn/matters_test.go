package learn

import (
	"slices"
	"testing"
)

func TestMattersIsShort(t *testing.T) {
	for said, want := range map[string][]string{
		"=== RUN   TestTea\n    tea_test.go:40: grade: number=3\n    tea_test.go:40: not yet: 32 x one fetch\n--- FAIL": {"not yet: 32 x one fetch"},
		"    t_test.go:1: two threads do 1 times\n        reference [2ms 3ms]\n        yours     [1ms 1ms]\n    t_test.go:2: not yet: too slow": {
			"not yet: too slow", "reference [2ms 3ms]", "yours     [1ms 1ms]"},
		"panic: no cup [recovered, repanicked]\n\ngoroutine 7 [running]:\ntesting.tRunner()\n\t/go/testing/testing.go:1 +0x1\nx.Tea()\n\t/x/01-tea/tea.go:12 +0x20\nx.Tea()\n\t/x/01-tea/tea.go:9 +0x20\nx\n\t/x/01-tea/tea.go:7 +0x20\n": {
			"not yet: it panics: no cup", "tea.go:12", "tea.go:9"},
		"fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan receive]:\n\t/x/green_tea.go:4 +0x1\n\tC:\\x\\tea.go:5 +0x1\n": {
			"not yet: deadlock: every goroutine waits for another", "tea.go:5"},
		"    t_test.go:2: not yet: it goes on\ngoroutine 8 [running, synctest bubble 1]:\nx.Tea()\n\t/x/01-tea/tea.go:1 +0x1\nx.Tea()\n\t/x/01-tea/tea.go:8 +0x1\n": {
			"not yet: it goes on", "tea.go:8"},
		"panic: test timed out after 2m0s\n":   {"not yet: it hangs"},
		"fatal error: concurrent map writes\n": {"not yet: the runtime ended it: concurrent map writes"},
		"WARNING: DATA RACE\nRead at 0x00c0 by goroutine 9:\n  x.Tea.func1()\n      /x/01-tea/tea.go:18 +0x3c\n\nPrevious write at 0x00c0 by goroutine 8:\n  x.Tea.func1()\n      /x/01-tea/tea.go:20 +0x50\n": {
			"not yet: data race: two goroutines use the same memory, and one of them writes", "read at tea.go:18", "previous write at tea.go:20"},
		"    tea_test.go:9: got 1\nFAIL": {"not yet: the test failed", "tea_test.go:9: got 1"},
		"":                               {"not yet: the test failed"},
	} {
		if got := matters(said, "/x/01-tea/tea.go"); !slices.Equal(got, want) {
			t.Errorf("%q\ngives %q\nnot   %q", said, got, want)
		}
	}
}

func TestFacts(t *testing.T) {
	got, notes := facts("    a_test.go:1: grade: number=1 unit=\"x \\\"one\\\" cup\"\n  a: grade: note=\"no moon\"\n number=9\n  b: grade: number=2 ratio=3.5 need=3\n c: grade: ratio=2 need=1\n")
	if got["number"] != "2" || got["unit"] != `x "one" cup` || got["ratio"] != "3.5" || got["need"] != "3" || !slices.Equal(notes, []string{"no moon"}) {
		t.Errorf("%v, %v", got, notes)
	}
}
