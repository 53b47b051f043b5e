package demo

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fourlevels/fourlevels/bench/live"
	"github.com/fourlevels/fourlevels/bench/usage"
)

// notes is a viewer that remembers all there was.
type notes struct {
	mu     sync.Mutex
	events []live.Event
}

func (n *notes) Show(e live.Event) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.events = append(n.events, e)
}

func (n *notes) Close() error { return nil }

// stopAt is a viewer that calls a function at the first event that is like that.
type stopAt struct {
	when func(live.Event) bool
	stop func()
}

func (s stopAt) Show(e live.Event) {
	if s.when(e) {
		s.stop()
	}
}

func (stopAt) Close() error { return nil }

// unharmed fails the test if the show leaves a goroutine or a process behind.
func unharmed(t *testing.T, show func()) {
	t.Helper()
	before := goleak.IgnoreCurrent()
	tree := usage.NewTree()
	had, counted := tree.Processes()
	show()
	goleak.VerifyNone(t, before)
	if has, _ := tree.Processes(); counted && has != had {
		t.Errorf("%d processes after the show, %d before it", has, had)
	}
}

// quickly is how demos are run here.
func quickly() Config { return Config{Worker: []string{os.Args[0]}, Pace: 0.05} }

// watched runs a demo to its end, and returns what was to be seen. The presenter presses a key
// when there is a question, and never else.
func watched(t *testing.T, run func(context.Context, *live.Stage, Config) error, c Config) []live.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	n, keys := &notes{}, make(chan rune, 1)
	asked := stopAt{func(e live.Event) bool { return e.Vote != nil && e.Vote.Answer == 0 }, func() { keys <- 'a' }}
	unharmed(t, func() {
		s := live.NewStage(live.Config{Viewers: []live.Viewer{n, asked}, Keys: keys, Predict: true})
		if err := run(ctx, s, c); err != nil {
			t.Error(err)
		}
		s.Close()
	})
	if t.Failed() {
		t.FailNow()
	}
	answered(t, n.events)
	return n.events
}

// clocked fails the test unless a scene says how far the clocks of its workers were off.
func clocked(t *testing.T, events []live.Event, title string) {
	t.Helper()
	counts := lastCounts(events, title)
	if _, said := counts["workers' clocks, off"]; !said || counts["known within"] <= 0 {
		t.Errorf("the scene %q does not tell of its workers' clocks: %v", title, counts)
	}
}

// answered fails the test unless the audience is asked, and told the answers.
func answered(t *testing.T, events []live.Event) {
	t.Helper()
	asked, answers := map[string]bool{}, map[string]bool{}
	for _, e := range events {
		switch v := e.Vote; {
		case v == nil:
		case len(v.Choices) != 3 || v.Answer > 3:
			t.Errorf("vote %v has not three choices, or another answer", *v)
		case v.Answer == 0:
			asked[v.Question] = true
		default:
			answers[v.Question] = true
		}
	}
	if len(asked) == 0 || len(answers) != len(asked) {
		t.Errorf("asked %v, answered %v", asked, answers)
	}
}

// neverBegun runs a demo whose ctx has ended.
func neverBegun(t *testing.T, d Demo) {
	t.Helper()
	why := errors.New("the audience has not come")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	unharmed(t, func() {
		if err := d.Run(ctx, live.NewStage(live.Config{}), quickly()); !errors.Is(err, why) {
			t.Errorf("%s ends with %v, want the cause of ctx", d.Name, err)
		}
	})
}

// interrupted ends a demo at the first event that is like that.
func interrupted(t *testing.T, d Demo, when func(live.Event) bool) {
	t.Helper()
	why := errors.New("the audience has left")
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	came := false
	unharmed(t, func() {
		s := live.NewStage(live.Config{Viewers: []live.Viewer{stopAt{when, func() { came = true; cancel(why) }}}})
		if err := d.Run(ctx, s, quickly()); !errors.Is(err, why) {
			t.Errorf("%s ends with %v, want the cause of ctx", d.Name, err)
		}
		s.Close()
	})
	if !came {
		t.Errorf("%s never came to where it was to be interrupted", d.Name)
	}
}

// scene is the beginning of a scene whose title has this in it.
func scene(title string) func(live.Event) bool {
	return func(e live.Event) bool { return e.Scene != nil && strings.Contains(e.Scene.Title, title) }
}

// spanIn is a span in a state.
func spanIn(state live.State) func(live.Event) bool {
	return func(e live.Event) bool { return e.Span != nil && e.Span.State == state }
}

// finalTable is the last table, and the caption after it.
func finalTable(t *testing.T, events []live.Event) (live.Table, string) {
	t.Helper()
	var table *live.Table
	said := ""
	for _, e := range events {
		if e.Table != nil {
			table = e.Table
		}
		if e.Say != "" {
			said = e.Say
		}
	}
	if table == nil {
		t.Fatal("there is no table at the end")
	}
	for _, row := range table.Rows {
		if len(row) != len(table.Head) {
			t.Errorf("row %q has not as many cells as the head %q", row, table.Head)
		}
	}
	t.Logf("%s\n%q\n%q", table.Title, table.Head, table.Rows)
	return *table, said
}

// lastCounts are the values at which the counts of a scene ended.
func lastCounts(events []live.Event, title string) map[string]float64 {
	counts, inside := map[string]float64{}, false
	for _, e := range events {
		if e.Scene != nil {
			inside = strings.Contains(e.Scene.Title, title)
		}
		if inside && e.Count != nil {
			counts[e.Count.Name] = e.Count.Value
		}
	}
	return counts
}
