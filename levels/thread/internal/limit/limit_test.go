package limit

import (
	"math"
	"runtime/debug"
	"strings"
	"testing"
)

// The tightest bound decides, and the message says how many threads would do.
func TestRefuse(t *testing.T) {
	wide, tight := bound{"the Go runtime", 10_000, 9}, bound{"the cgroup (pids.max)", 100, 50}
	for _, c := range []struct {
		n      int
		bounds []bound
		want   string // "" for no error
	}{
		{20_000, []bound{wide}, "20000 threads asked for, but the Go runtime allows 10000 and 9 exist or are promised: ask for at most 9959"},
		{9_959, []bound{wide}, ""},
		{9_960, []bound{wide}, "ask for at most 9959"},
		{38, []bound{tight, wide}, ""}, // 100 less 50 there are, less 12 to spare
		{39, []bound{wide, tight}, "39 threads asked for, but the cgroup (pids.max) allows 100 and 50 exist or are promised: ask for at most 38"},
		{1, []bound{{"the cgroup (pids.max)", 50, 60}}, "ask for at most 0"},
		{math.MaxInt, []bound{wide}, "ask for at most 9959"},
		{1_000_000, nil, ""},
	} {
		err := refuse(c.n, c.bounds)
		if (err == nil) != (c.want == "") || err != nil && !strings.HasSuffix(err.Error(), c.want) {
			t.Errorf("%d threads, %v: error is %v, want %q", c.n, c.bounds, err, c.want)
		}
	}
}

// What one level has been promised another cannot have, until it is given back.
func TestPromisesAddUp(t *testing.T) {
	const most, half = 80, 35
	before := debug.SetMaxThreads(most)
	defer debug.SetMaxThreads(before)
	if b := goBound(); b.most != most {
		t.Errorf("Go's limit is read as %d, and was set to %d", b.most, most)
	}
	giveBack, err := Reserve(half)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Reserve(half); err == nil {
		t.Errorf("two times %d of %d threads were promised", half, most)
	}
	giveBack()
	giveBack, err = Reserve(half)
	if err != nil {
		t.Fatalf("what was given back is not there: %v", err)
	}
	giveBack()
	if b := goBound(); b.most != most {
		t.Errorf("after it was read, Go's limit is %d instead of %d", b.most, most)
	}
}
