package demo

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/fourlevels/fourlevels/bench/live"
)

// virtually runs the demo where time passes as fast as it can be computed.
func virtually(t *testing.T, c Config, stage live.Config) (events []live.Event) {
	synctest.Test(t, func(t *testing.T) { events = staging(t, liar, c, stage) })
	return events
}

// Two shows are the same to the last bit, but for the moments at which things were shown.
func TestLiarIsTheSameEveryRun(t *testing.T) {
	first, second := virtually(t, Config{}, live.Config{}), virtually(t, Config{}, live.Config{})
	if len(first) != len(second) {
		t.Fatalf("one show has %d events, the other %d", len(first), len(second))
	}
	for i := range first {
		if a, b := noTime(t, first[i]), noTime(t, second[i]); a != b {
			t.Fatalf("event %d:\n%s\n%s", i, a, b)
		}
	}
}

// In real time too, but for the beat of the clock on which a scene begins.
func TestLiarIsTheSameInRealTime(t *testing.T) {
	c := Config{Pace: 0.01}
	first, second := staging(t, liar, c, live.Config{}), staging(t, liar, c, live.Config{})
	if a, b := rebased(first), rebased(second); len(a) == 0 || !slices.Equal(a, b) {
		t.Errorf("one show has %d spans, the other %d, and they are not the same", len(a), len(b))
	}
	a, b := lastTable(t, liar, first), lastTable(t, liar, second)
	if !slices.EqualFunc(a.Rows, b.Rows, slices.Equal) {
		t.Errorf("tables differ:\n%v\n%v", a.Rows, b.Rows)
	}
}

// rebased are the spans with times from the first of their scene.
func rebased(events []live.Event) (spans []live.Span) {
	base := int64(0)
	for _, e := range events {
		switch {
		case e.Scene != nil:
			base = 0
		case e.Span != nil:
			span := *e.Span
			if base == 0 {
				base = span.T0
			}
			if span.T0 -= base; span.T1 != 0 {
				span.T1 -= base
			}
			spans = append(spans, span)
		}
	}
	return spans
}

// The figures that the speaker's page names, and the lie: the closed loop's p99 hides what
// its maximum shows. The dials end where the table does.
func TestLiarTable(t *testing.T) {
	events := virtually(t, Config{}, live.Config{})
	want := [][]string{
		{"closed loop, from the actual start", "1950", "4.0", "4.0", "64.0"},
		{"open loop, from the actual start", "2000", "4.0", "4.0", "64.0"},
		{"open loop, from the intended start", "2000", "4.0", "52.0", "64.0"},
	}
	if got := lastTable(t, liar, events); !slices.EqualFunc(got.Rows, want, slices.Equal) {
		t.Errorf("table is %v, want %v", got.Rows, want)
	}
	dials := map[string]string{}
	for _, e := range events {
		if e.Bars != nil {
			for _, bar := range e.Bars.Bars {
				dials[bar.Label] = fmt.Sprintf("%.1f", bar.Value)
			}
		}
	}
	for label, want := range map[string]string{
		"p99, closed loop": "4.0", "p99, open loop": "52.0", "slowest, closed loop": "64.0", "slowest, open loop": "64.0",
	} {
		if dials[label] != want {
			t.Errorf("%s ends at %s, want %s", label, dials[label], want)
		}
	}
}

// Lanes do one thing at a time, and there are not more than a projector can show.
func TestLiarLanes(t *testing.T) {
	events := virtually(t, Config{}, live.Config{Predict: true, Keys: pressed()})
	checkSpans(t, events)
	lanes := 0
	var votes []live.Vote
	for _, e := range events {
		if e.Scene != nil {
			lanes = max(lanes, len(e.Scene.Lanes))
		}
		if e.Vote != nil {
			votes = append(votes, *e.Vote)
		}
	}
	if lanes != 8 {
		t.Errorf("a scene has %d lanes, want 8", lanes)
	}
	if len(votes) != 2 || votes[0].Answer != 0 || votes[1].Answer != 2 {
		t.Errorf("votes are %v, want a question and then its answer, the second choice", votes)
	}
}

func TestLiarEnds(t *testing.T) { ends(t, liar, Config{Pace: 0.02}, 2, 1, 9) }
