package gil_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/gil"
	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/workload"
	"github.com/fourlevels/fourlevels/levels/workload/origin"
)

// Nothing stays behind, whatever a test has measured.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// quick is a configuration that measures little.
func quick(t *testing.T) gil.Config {
	server := httptest.NewServer(origin.Handler(nil))
	t.Cleanup(server.Close)
	c := gil.Config{Rounds: 2, Slice: time.Millisecond, Waits: 3}
	for latency, w := range map[time.Duration]*workload.Workload{gil.Long: &c.Long, gil.Short: &c.Short} {
		var err error
		if *w, err = workload.Find("io", workload.Env{Origin: server.URL, Latency: latency}); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// subject is a level in Go whose functions are these.
func subject(name string, funcs levels.Funcs) gil.Subject {
	return gil.Subject{Name: name, Open: func(ctx context.Context, width int) (levels.Level, error) {
		return fleet.Open(ctx, fleet.Spec{{Level: name, Width: width}}, fleet.Config{Funcs: funcs})
	}}
}

// Every subject has a sample of each number for each round, and short waits take
// their latency at least, alone and beside a busy thread.
func TestMeasure(t *testing.T) {
	c := quick(t)
	var seen []int
	c.Progress = func(done, total int) {
		if seen = append(seen, done); total != 4 {
			t.Errorf("%d of %d measurements are done, want 4 in all", done, total)
		}
	}
	rows, err := gil.Measure(t.Context(), c, []gil.Subject{subject("thread", workload.Funcs()), subject("async", workload.Funcs())})
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 2 || rows[0].Name != "thread" || rows[1].Name != "async" {
		t.Fatalf("rows = %+v, want thread and async", rows)
	}
	for _, r := range rows {
		if len(r.Compute) != 2 || len(r.Overlap) != 2 || len(r.Alone) != 2 || len(r.Beside) != 2 {
			t.Errorf("%s has not two samples of each: %+v", r.Name, r)
		}
		if slices.Min(r.Compute) <= 0 || slices.Min(r.Overlap) <= 0 {
			t.Errorf("%s is not faster than nothing: %+v", r.Name, r)
		}
		if least := slices.Min(append(slices.Clone(r.Alone), r.Beside...)); least < gil.Short {
			t.Errorf("%s waited %v for %v", r.Name, least, gil.Short)
		}
	}
	if !slices.Equal(seen, []int{0, 1, 2, 3, 4}) {
		t.Errorf("progress went %v", seen)
	}
}

// What fails, or has wrong outputs, has no numbers. All levels are closed.
func TestMeasureFails(t *testing.T) {
	wrong := workload.Funcs()
	wrong["cpu"] = func(context.Context, []byte) ([]byte, error) { return make([]byte, 8), nil }
	lazy := workload.Funcs()
	lazy["io"] = func(context.Context, []byte) ([]byte, error) { return nil, nil }
	closed := subject("thread", workload.Funcs())
	opened := closed.Open
	closed.Open = func(ctx context.Context, width int) (levels.Level, error) {
		if width == gil.Many {
			return nil, errors.New("too wide")
		}
		return opened(ctx, width)
	}
	for name, test := range map[string]struct {
		subject gil.Subject
		want    string
	}{
		"wrong output":  {subject("thread", wrong), "thread: chain of"},
		"no output":     {subject("async", lazy), "async: answer to i=0"},
		"no function":   {subject("thread", levels.Funcs{}), "no function is called"},
		"does not open": {closed, "thread: too wide"},
	} {
		good := subject("async", workload.Funcs())
		if _, err := gil.Measure(t.Context(), quick(t), []gil.Subject{good, test.subject}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: err = %v, want %q", name, err, test.want)
		}
	}
}

// The end of ctx ends a measurement, with its cause.
func TestMeasureStops(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("enough")
	c := quick(t)
	c.Rounds = 1000
	c.Progress = func(done, _ int) {
		if done == 1 {
			cancel(reason)
		}
	}
	if _, err := gil.Measure(ctx, c, []gil.Subject{subject("thread", workload.Funcs())}); !errors.Is(err, reason) {
		t.Errorf("err = %v, want the cause of ctx", err)
	}
}

func TestMedian(t *testing.T) {
	for want, samples := range map[float64][]float64{0: nil, 3: {3}, 2: {3, 1}, 5: {9, 5, 1}, 4: {8, 1, 3, 5}} {
		before := slices.Clone(samples)
		if got := gil.Median(samples); got != want || !slices.Equal(samples, before) {
			t.Errorf("median of %v is %v, want %v", before, got, want)
		}
	}
}
