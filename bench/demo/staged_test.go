package demo

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/bench/live"
)

// A staged calls a function after each event.
type staged struct {
	mu     sync.Mutex
	scenes int
	since  int // events in this scene, with itself
	then   func(scene, since int)
}

// Show implements [live.Viewer].
func (w *staged) Show(e live.Event) {
	w.mu.Lock()
	if e.Scene != nil {
		w.scenes, w.since = w.scenes+1, 0
	}
	w.since++
	scene, since := w.scenes, w.since
	w.mu.Unlock()
	w.then(scene, since)
}

// Close implements [live.Viewer].
func (w *staged) Close() error { return nil }

// pressed are keys that are pressed whenever somebody asks for one.
func pressed() <-chan rune {
	keys := make(chan rune)
	close(keys)
	return keys
}

// staging runs a demo to its end and returns what it has shown.
func staging(t *testing.T, d Demo, c Config, stage live.Config) []live.Event {
	t.Helper()
	n := &notes{}
	stage.Viewers = []live.Viewer{n}
	c.Worker = []string{os.Args[0]}
	if err := d.Run(t.Context(), live.NewStage(stage), c); err != nil {
		t.Fatal(err)
	}
	return n.events
}

// lastTable is what a show ends with, beside its punchline.
func lastTable(t *testing.T, d Demo, events []live.Event) live.Table {
	t.Helper()
	n := len(events)
	if n < 2 || events[n-2].Table == nil || events[n-1].Say != d.Punchline {
		t.Fatalf("the show of %d events does not end with a table and its punchline", n)
	}
	return *events[n-2].Table
}

// noTime is an event as text, without its moment.
func noTime(t *testing.T, e live.Event) string {
	t.Helper()
	e.At = 0
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// checkSpans fails the test if a span ends that had not begun, if a lane does two things
// at once, or if one goes on at the end of its scene.
func checkSpans(t *testing.T, events []live.Event) {
	t.Helper()
	open := map[string]live.Span{}
	ended := map[string]int64{}
	for i, e := range events {
		switch {
		case e.Scene != nil:
			clear(open)
			clear(ended)
		case e.Span == nil:
		case e.Span.T1 == 0:
			if was, ok := open[e.Span.Lane]; ok {
				t.Fatalf("event %d: lane %q does two things: %v and %v", i, e.Span.Lane, was, *e.Span)
			}
			if e.Span.T0 < ended[e.Span.Lane] {
				t.Fatalf("event %d: lane %q begins at %d, and was at something until %d", i, e.Span.Lane, e.Span.T0, ended[e.Span.Lane])
			}
			open[e.Span.Lane] = *e.Span
		default:
			if was, ok := open[e.Span.Lane]; ok && was.T0 == e.Span.T0 {
				delete(open, e.Span.Lane)
			}
			ended[e.Span.Lane] = e.Span.T1
		}
	}
}

// ends runs a demo again and again, and ends its ctx in each of its scenes, after some events:
// each time it returns the cause, and leaves neither goroutines nor processes.
func ends(t *testing.T, d Demo, c Config, scenes int, after ...int) {
	t.Helper()
	c.Worker = []string{os.Args[0]}
	for i := range scenes * len(after) {
		unharmed(t, func() { endsAt(t, d, c, i/len(after)+1, after[i%len(after)]) })
	}
}

// endsAt ends a demo's ctx after so many events of a scene.
func endsAt(t *testing.T, d Demo, c Config, scene, after int) {
	t.Helper()
	enough := errors.New("enough")
	ctx, end := context.WithCancelCause(t.Context())
	defer end(nil)
	w := &staged{then: func(now, since int) {
		if now == scene && since == after {
			end(enough)
		}
	}}
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx, live.NewStage(live.Config{Viewers: []live.Viewer{w}}), c) }() // received below
	select {
	case err := <-done:
		if !errors.Is(err, enough) {
			t.Errorf("ended after event %d of scene %d: err = %v, want the cause of ctx", after, scene, err)
		}
	case <-time.After(time.Minute):
		t.Fatalf("ended after event %d of scene %d, and goes on", after, scene)
	}
}
