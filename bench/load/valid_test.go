package load_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fourlevels/fourlevels/bench/load"
)

// sound is a result without fault: a second of calls that take 10 ms each.
func sound(t *testing.T) (r load.Result) {
	synctest.Test(t, func(t *testing.T) {
		var err error
		if r, err = (load.Open{Rate: 100}).Run(t.Context(), sleep(10*time.Millisecond)); err != nil {
			t.Error(err)
		}
	})
	return r
}

func TestValid(t *testing.T) {
	if err := load.Valid(sound(t)); err != nil {
		t.Fatalf("a sound result: %v", err)
	}
	for _, test := range []struct {
		name, want string
		spoil      func(r *load.Result)
	}{
		{"a failure", "1 of 101 calls failed", func(r *load.Result) { r.Calls++; r.Errors++ }},
		{"a dropped call", "1 calls were dropped, of 101", func(r *load.Result) { r.Dropped++ }},
		{"nothing", "0 calls succeeded", func(r *load.Result) { *r = load.Result{} }},
		{"few calls", "19 calls succeeded", func(r *load.Result) { r.Calls = 19 }},
		{"lost times", "Little's law is off", func(r *load.Result) { r.MeanInFlight *= 1.2 }},
		{"times counted twice", "Little's law is off", func(r *load.Result) { r.Calls *= 2 }},
		{"often late", "ms at p50, where", func(r *load.Result) { r.Lateness.RecordValues(int64(2*time.Millisecond), 200) }},
		{"at times late", "ms at p99, where", func(r *load.Result) { r.Lateness.RecordValues(int64(2*time.Millisecond), 3) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := sound(t)
			test.spoil(&r)
			if err := load.Valid(r); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, want %q in it", err, test.want)
			}
		})
	}
}

// Failed calls count, and their times do not.
func TestFailedCallsAreNotTimed(t *testing.T) {
	third := func(_ context.Context, _, i int) error {
		if i%3 == 0 {
			return errors.New("no")
		}
		time.Sleep(time.Millisecond)
		return nil
	}
	synctest.Test(t, func(t *testing.T) {
		open, err := load.Open{Rate: 300}.Run(t.Context(), third)
		closed, err2 := load.Closed{Count: 300}.Run(t.Context(), third)
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		for name, r := range map[string]load.Result{"open": open, "closed": closed} {
			if r.Calls != 300 || r.Errors != 100 || r.Response.TotalCount() != 200 || r.Service.Min() < int64(999*time.Microsecond) {
				t.Errorf("%s: %d calls, %d errors, %d times of at least %d ns", name, r.Calls, r.Errors, r.Response.TotalCount(), r.Service.Min())
			}
		}
	})
}
