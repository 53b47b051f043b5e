package live

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"time"
)

// told are the events of a frame.
func told(t *testing.T, f frame) (reset bool, events []Event) {
	t.Helper()
	var got struct {
		Reset  bool
		Events []Event
	}
	if err := json.Unmarshal(f.body, &got); err != nil {
		t.Fatalf("%v: %.200s", err, f.body)
	}
	return got.Reset, got.Events
}

// Who is too slow gets the scene, which is shorter than what he missed; who is not gets
// every event once.
func TestFeed(t *testing.T) {
	var f feed
	f.add(Event{Scene: &Scene{Title: "long"}})
	quick, slow := f.after(-1).next, f.after(-1).next
	for i := range 5 * pageLog {
		f.add(Event{At: time.Duration(i), Count: &Count{Name: "n", Value: float64(i)}})
		if i%100 == 99 {
			now := f.after(quick)
			reset, events := told(t, now)
			if reset || len(events) != 100 || events[0].Count.Value != float64(i-99) {
				t.Fatalf("at %d: reset %v, %d events", i, reset, len(events))
			}
			quick = now.next
		}
	}
	reset, events := told(t, f.after(slow))
	if !reset || len(events) != 2 || events[1].Count.Value != 5*pageLog-1 {
		t.Errorf("who fell behind gets reset %v and %d events, want the scene and its only count", reset, len(events))
	}
	if len(f.log) > 2*pageLog {
		t.Errorf("the log has grown to %d events", len(f.log))
	}
	if f.after(f.after(slow).next).news {
		t.Error("there is news though nothing has happened")
	}
}

// However long a scene goes on, what is remembered of it is bounded, and the newest is
// there.
func TestSceneIsBounded(t *testing.T) {
	var s scenery
	add := func(e Event) {
		line, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		s.add(e, line)
	}
	add(Event{Scene: &Scene{Title: "long"}})
	for i := range 3 * pageFacts {
		if i%1000 == 0 {
			add(Event{Count: &Count{Name: "done", Value: float64(i)}})
		}
		add(Event{Span: &Span{Lane: "a", State: Running, T0: int64(i + 1), T1: int64(i + 2)}})
	}
	lines := s.lines()
	if len(lines) > pageFacts || len(s.known) > pageFacts {
		t.Errorf("%d facts are remembered, %d by key", len(lines), len(s.known))
	}
	if !bytes.Contains(lines[0], []byte(`"long"`)) || !bytes.Contains(lines[len(lines)-1], []byte(`"t0":60000,`)) {
		t.Errorf("it goes from %s to %s", lines[0], lines[len(lines)-1])
	}
	if !bytes.Contains(lines[1], []byte(`"value":59000`)) {
		t.Errorf("the count, which is news, was forgotten before old spans: %s", lines[1])
	}
	for i := range 3 * pageFacts {
		add(Event{Count: &Count{Name: fmt.Sprint(i)}})
	}
	if lines := s.lines(); len(lines) > pageFacts || !bytes.Contains(lines[0], []byte(`"long"`)) {
		t.Errorf("of too many names %d lines are left, from %s", len(lines), lines[0])
	}
}

// A long series loses points, and none of its peaks.
func TestPeaksStay(t *testing.T) {
	var s scenery
	peaks := map[float64]bool{}
	for i := range 10 * pagePoints {
		e := Event{Point: &Point{Series: "gap", Value: 1}}
		if i%2999 == 7 {
			e.Point.Value = 40 + float64(i)
			peaks[e.Point.Value] = true
		}
		line, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		s.add(e, line)
	}
	lines := s.lines()
	if len(lines) > pagePoints || len(lines) < pagePoints/4 {
		t.Errorf("%d points are left", len(lines))
	}
	for _, line := range lines {
		var e Event
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatal(err)
		}
		delete(peaks, e.Point.Value)
	}
	if len(peaks) > 0 {
		t.Errorf("peaks are lost: %v", peaks)
	}
}
