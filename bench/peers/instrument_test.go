package peers

import (
	"context"
	"slices"
	"strings"
	"testing"
)

// TestTally has jobs run twice, not at all, and out of nowhere: each must be
// found.
func TestTally(t *testing.T) {
	for _, c := range []struct {
		name string
		ran  []int
		want string // in the error
	}{
		{"each once", []int{2, 0, 1}, ""},
		{"one twice", []int{0, 1, 1, 2}, "job 1 of 3 ran 2 times"},
		{"one never", []int{0, 2}, "job 1 of 3 ran 0 times"},
		{"one instead of another", []int{0, 0, 2}, "job 0 of 3 ran 2 times"},
		{"one unknown", []int{0, 1, 2, 3}, "nobody enqueued"},
		{"one unreadable", []int{0, 1, 2, unpad("2x3")}, "nobody enqueued"},
	} {
		tally := newTally(3)
		for _, n := range c.ran {
			tally.ran(n, func() string { return "last" })
		}
		err := tally.check()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

// TestContest looks at the order of turns, and at the measures.
func TestContest(t *testing.T) {
	var order []string
	named := func(name string, value float64) contestant {
		return contestant{name, func(context.Context) ([]float64, error) {
			order = append(order, name)
			return []float64{value * float64(len(order))}, nil
		}}
	}
	m := contest(t, 3, named("a", 1), named("b", 10), named("c", 100))
	if got, want := strings.Join(order, ""), "abcbcacab"; got != want {
		t.Errorf("the order of turns is %s, want %s", got, want)
	}
	if got, want := m["a"][0], (series{1, 6, 8}); !slices.Equal(got, want) {
		t.Errorf("the measures of a are %v, want %v", got, want)
	}
	if got, want := best(m["a"][0], m["b"][0]), (series{20, 40, 90}); !slices.Equal(got, want) {
		t.Errorf("the best of a and b are %v, want %v", got, want)
	}
}

// TestLine works out ratios: by round, and their median, not that of medians.
func TestLine(t *testing.T) {
	l := line{ours: series{10, 30, 20, 40}, peer: "p", theirs: series{1, 10, 1, 2}}
	if got, want := middle(l.ratios()), (summary{15, 3, 20}); got != want {
		t.Errorf("the ratios are %v, want %v", got, want)
	}
	for _, c := range []struct {
		aim  aim
		want string
	}{
		{aim{}, ""}, {timesAtLeast(15), "yes"}, {timesAtLeast(16), "NO"}, {timesAtMost(15), "yes"}, {timesAtMost(14), "NO"},
		{atLeast(25), "yes"}, {atLeast(26), "NO"}, {atMost(25), "yes"}, {atMost(24), "NO"},
	} {
		if got := c.aim.verdict(l); got != c.want {
			t.Errorf("aim %v: %q, want %q", c.aim, got, c.want)
		}
	}
	if !l.sane() || (line{}).sane() || (line{ours: series{0}, peer: "p", theirs: series{0}}).sane() {
		t.Error("a line with measures is sane, one without or with 0/0 is not")
	}
}
