package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/bench/live"
	"github.com/fourlevels/fourlevels/bench/usage"
)

func quick() Config { return Config{Worker: []string{os.Args[0]}, Pace: 0.02} }

// all is a viewer that keeps what it is shown.
type all struct{ events []live.Event }

func (a *all) Show(e live.Event) { a.events = append(a.events, e) }
func (a *all) Close() error      { return nil }

func (a *all) tables() (tables []live.Table) {
	for _, e := range a.events {
		if e.Table != nil {
			tables = append(tables, *e.Table)
		}
	}
	return tables
}

// noChild fails the test if a process is left that was not there when it began.
func noChild(t *testing.T) {
	tree := usage.NewTree()
	had, _ := tree.Processes()
	t.Cleanup(func() {
		if n, _ := tree.Processes(); n != had {
			t.Errorf("%d processes at the end, %d at the beginning", n, had)
		}
	})
}

// All 64 tasks of each level are drawn in each round, from the moment when its lanes
// begin; and a recording of it ends in the same table.
func TestRace(t *testing.T) {
	noChild(t)
	var file bytes.Buffer
	seen := &all{}
	s := live.NewStage(live.Config{Viewers: []live.Viewer{live.NewRecorder(&file, live.Header{Demo: "race"}), seen}})
	if err := race.Run(t.Context(), s, quick()); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
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
	tables := seen.tables()
	if scenes != 3 || len(tables) != 1 || len(tables[0].Rows) != 5 || len(tables[0].Head) != 4 {
		t.Fatalf("%d scenes and tables %+v, want 3 and one of 5 x 4", scenes, tables)
	}
	for c := 1; c < 4; c++ {
		flags := 0
		for _, row := range tables[0].Rows[:4] {
			flags += strings.Count(row[c], "*")
		}
		if flags == 0 {
			t.Errorf("nobody has the flag for %s: %+v", tables[0].Head[c], tables[0].Rows)
		}
	}
	show, err := live.ReadShow(&file)
	if err != nil {
		t.Fatal(err)
	}
	again := &all{}
	if err := live.Replay(t.Context(), show, 0, again); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(again.tables(), tables) {
		t.Errorf("replayed it ends in %+v, want %+v", again.tables(), tables)
	}
}

// Whenever the presenter ends it, it ends, and leaves no process.
func TestRaceEnds(t *testing.T) {
	enough := errors.New("enough")
	for _, when := range []func(live.Event) bool{
		func(e live.Event) bool { return e.Scene != nil },
		func(e live.Event) bool { return e.Span != nil && e.Span.Lane == "process 1" },
		func(e live.Event) bool { return e.Bars != nil },
	} {
		noChild(t)
		ctx, cancel := context.WithCancelCause(t.Context())
		s := live.NewStage(live.Config{Viewers: []live.Viewer{trigger(func(e live.Event) {
			if when(e) {
				cancel(enough)
			}
		})}})
		if err := race.Run(ctx, s, quick()); !errors.Is(err, enough) {
			t.Errorf("ended with %v, want the cause", err)
		}
		cancel(nil)
	}
}

// A trigger is a viewer that does something.
type trigger func(live.Event)

func (f trigger) Show(e live.Event) { f(e) }
func (f trigger) Close() error      { return nil }

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
