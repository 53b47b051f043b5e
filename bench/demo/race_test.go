package demo

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/bench/live"
)

// All 64 tasks of each level are drawn in each round, from the moment when its lanes
// begin; and a recording of it ends in the same table.
func TestRace(t *testing.T) {
	var file bytes.Buffer
	seen, c := &notes{}, quickly()
	c.Pace = 0.02
	unharmed(t, func() {
		s := live.NewStage(live.Config{Viewers: []live.Viewer{live.NewRecorder(&file, live.Header{Demo: "race"}), seen}})
		if err := errors.Join(race.Run(t.Context(), s, c), s.Close()); err != nil {
			t.Fatal(err)
		}
	})
	clocked(t, seen.events, "round 1")
	var begun time.Duration
	scenes := 0
	done := map[string]int{}
	check := func() {
		for _, level := range []string{"machine", "process", "thread", "async"} {
			if scenes > 0 && done[level] != entries {
				t.Errorf("scene %d shows %d tasks of %s, want %d", scenes, done[level], level, entries)
			}
		}
	}
	for _, e := range seen.events {
		switch {
		case e.Scene != nil:
			check()
			scenes++
			begun, done = e.At, map[string]int{}
			if len(e.Scene.Lanes) != 8 || !e.Scene.Together {
				t.Errorf("scene is %+v, want 8 lanes, together", e.Scene)
			}
		case e.Span != nil && e.Span.T1 != 0:
			level, _, _ := strings.Cut(e.Span.Lane, " ")
			done[level]++
			if time.Duration(e.Span.T0) < begun-time.Millisecond {
				t.Errorf("%+v began before its scene at %v", e.Span, begun)
			}
		}
	}
	check()
	final := tables(seen.events)
	if scenes != 3 || len(final) != 1 || len(final[0].Rows) != 5 || len(final[0].Head) != 4 {
		t.Fatalf("%d scenes and tables %+v, want 3 and one of 5 x 4", scenes, final)
	}
	for c := 1; c < 4; c++ {
		flags := 0
		for _, row := range final[0].Rows[:4] {
			flags += strings.Count(row[c], "*")
		}
		if flags == 0 {
			t.Errorf("nobody has the flag for %s: %+v", final[0].Head[c], final[0].Rows)
		}
	}
	show, err := live.ReadShow(&file)
	if err != nil {
		t.Fatal(err)
	}
	again := &notes{}
	if err := live.Replay(t.Context(), show, 0, again); err != nil {
		t.Fatal(err)
	}
	if got := tables(again.events); !reflect.DeepEqual(got, final) {
		t.Errorf("replayed it ends in %+v, want %+v", got, final)
	}
}

// Whenever the presenter ends it, it ends, and leaves no process.
func TestRaceEnds(t *testing.T) {
	for _, when := range []func(live.Event) bool{
		scene("round 1"),
		func(e live.Event) bool { return e.Span != nil && e.Span.Lane == "process 1" },
		func(e live.Event) bool { return e.Bars != nil },
	} {
		interrupted(t, race, when)
	}
}

// tables are all that were shown.
func tables(events []live.Event) (all []live.Table) {
	for _, e := range events {
		if e.Table != nil {
			all = append(all, *e.Table)
		}
	}
	return all
}

// Places are shared where the difference is too small to tell.
func TestPlaces(t *testing.T) {
	for _, c := range []struct {
		took []float64
		want []int
	}{
		{[]float64{1, 2, 3, 4}, []int{1, 2, 3, 4}},
		{[]float64{1.04, 1, 2, 2.05}, []int{1, 1, 3, 3}},
		{[]float64{1, 1, 1, 1}, []int{1, 1, 1, 1}},
	} {
		var got []int
		for i := range c.took {
			got = append(got, place(c.took, i))
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("places of %v are %v, want %v", c.took, got, c.want)
		}
	}
}

func TestFind(t *testing.T) {
	if d, err := Find("race"); err != nil || d.Name != "race" {
		t.Errorf("found %q, %v", d.Name, err)
	}
	if _, err := Find("rcae"); err == nil || !strings.Contains(err.Error(), `did you mean "race"?`) {
		t.Errorf("error is %v, want a hint", err)
	}
}

// What the list and the speaker need is there for every demo.
func TestDemosAreDescribed(t *testing.T) {
	names := map[string]bool{}
	list, err := os.ReadFile("../../docs/talk/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range All {
		if names[d.Name] || d.Name == "" || d.Title == "" || d.Sees == "" || d.Punchline == "" || d.Run == nil || d.Seconds < 60 || d.Seconds > 120 {
			t.Errorf("demo %q lacks something, or does not take 60 to 120 s: %+v", d.Name, d)
		}
		names[d.Name] = true
		if _, err := os.Stat("../../docs/talk/" + d.Name + ".md"); err != nil {
			t.Errorf("there is no page for the speaker: %v", err)
		}
		if want := fmt.Sprintf("| [%s](%s.md) | %d |", d.Name, d.Name, d.Seconds); !strings.Contains(string(list), want) {
			t.Errorf("the list for speakers lacks %q", want)
		}
	}
}
