package live_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/bench/live"
)

// kept is a viewer that keeps what it is shown.
type kept struct{ events []live.Event }

func (k *kept) Show(e live.Event) { k.events = append(k.events, e) }
func (k *kept) Close() error      { return nil }

// record is the recording of a show, and its events.
func record(t *testing.T, show func(*live.Stage)) (text string, events []live.Event) {
	t.Helper()
	var file bytes.Buffer
	all := &kept{}
	s := live.NewStage(live.Config{Viewers: []live.Viewer{live.NewRecorder(&file, live.Header{Demo: "play", Title: "a play"}), all}})
	show(s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return file.String(), all.events
}

// What is read is what was written.
func TestRecording(t *testing.T) {
	text, events := record(t, play)
	show, err := live.ReadShow(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(show.Events, events) {
		t.Errorf("read %+v, want %+v", show.Events, events)
	}
	if want := (live.Header{Format: live.ShowFormat, Demo: "play", Title: "a play"}); show.Header != want {
		t.Errorf("header is %+v, want %+v", show.Header, want)
	}
	if show.End.Events != len(events) || show.End.FirstBar != events[1].At {
		t.Errorf("end is %+v, want %d events and a bar after %v", show.End, len(events), events[1].At)
	}
}

// A damaged recording is refused, with the line.
func TestDamagedRecordings(t *testing.T) {
	text, _ := record(t, play)
	lines := strings.SplitAfter(strings.TrimSuffix(text, "\n"), "\n")
	with := func(line string) string { return lines[0] + line + "\n" }
	for name, c := range map[string]struct{ file, want string }{
		"empty":         {"", "it is empty"},
		"no recording":  {"hello\n", "line 1: this is no recording"},
		"another JSON":  {"{}\n", "line 1: this is no recording"},
		"another":       {`{"fourlevels":"show 2","demo":"a"}` + "\n", `line 1: format "show 2" is not known`},
		"header only":   {lines[0], "line 1 is not the end"},
		"cut":           {strings.Join(lines[:5], ""), "line 5 is not the end"},
		"cut in a line": {text[:len(text)-5], "line"},
		"line missing":  {strings.Join(append(append([]string{}, lines[:3]...), lines[4:]...), ""), "some are missing"},
		"more":          {text + "{}\n", "there is more after the end"},
		"unknown field": {with(`{"at":1,"say":"a","volume":11}`), "line 2: no event: unknown key"},
		"two values":    {with(`{"at":1,"say":"a"} {}`), "line 2: no event: something follows the value"},
		"nothing":       {with(`{"at":1}`), "line 2: an event has 0 parts"},
		"two parts":     {with(`{"at":1,"say":"a","scene":{"title":"b"}}`), "line 2: an event has 2 parts"},
		"state":         {with(`{"at":1,"span":{"lane":"a","task":0,"state":"fly","t0":1}}`), `line 2: state "fly" is not known`},
		"no lane":       {with(`{"at":1,"span":{"lane":"","task":0,"state":"run","t0":1}}`), "line 2: a span has no lane"},
		"span ends":     {with(`{"at":1,"span":{"lane":"a","task":0,"state":"run","t0":5,"t1":4}}`), "line 2: a span is from 5 to 4"},
		"far away":      {with(`{"at":9000000000000000000,"say":"a"}`), "line 2: time"},
		"time":          {lines[0] + `{"at":5,"say":"a"}` + "\n" + `{"at":4,"say":"b"}` + "\n", "line 3: time goes back"},
		"long line":     {with(`{"at":1,"say":"` + strings.Repeat("x", 2<<20) + `"}`), "line 2: longer than"},
	} {
		if _, err := live.ReadShow(strings.NewReader(c.file)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got error %v, want %q", name, err, c.want)
		}
	}
}

// A recording says that it is one, also one of a replay, and ends in the same tables.
func TestReplay(t *testing.T) {
	text, events := record(t, play)
	show, err := live.ReadShow(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	once, again := &kept{}, &kept{}
	if err := live.Replay(t.Context(), show, 0, once); err != nil {
		t.Fatal(err)
	}
	if err := live.Replay(t.Context(), &live.Show{Events: once.events}, 0, again); err != nil {
		t.Fatal(err)
	}
	titles := 0
	for i := range again.events {
		if s := again.events[i].Scene; s != nil && s.Title == events[i].Scene.Title+" (recorded)" {
			titles++
			again.events[i].Scene = events[i].Scene
		}
	}
	if titles != 2 || !reflect.DeepEqual(again.events, events) {
		t.Errorf("%d titles say that it is recorded, want 2; events are %+v, want %+v", titles, again.events, events)
	}
}

// A replay takes as long as the show did, and ends when it is told to.
func TestReplayEnds(t *testing.T) {
	show := &live.Show{Events: []live.Event{{At: 1, Say: "a"}, {At: time.Hour, Say: "b"}}}
	enough := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	seen := make(chan live.Event, 2)
	done := make(chan error)
	go func() { done <- live.Replay(ctx, show, 1, shower(func(e live.Event) { seen <- e })) }()
	<-seen
	cancel(enough)
	if err := <-done; err != enough || len(seen) != 0 {
		t.Errorf("ended with %v and %d more events, want the cause and none", err, len(seen))
	}
}

type shower func(live.Event)

func (f shower) Show(e live.Event) { f(e) }
func (f shower) Close() error      { return nil }

// A trace is what Perfetto wants: names for processes and lanes, complete events in
// microseconds, and the same bytes each time.
func TestTrace(t *testing.T) {
	events := []live.Event{
		{At: 1, Scene: &live.Scene{Title: "one"}},
		{At: 2000, Span: &live.Span{Lane: "a", Host: "h", PID: 7, Task: 3, State: live.Running, T0: 2000}},
		{At: 3000, Span: &live.Span{Lane: "a", Host: "h", PID: 7, Task: 3, State: live.Lost, T0: 2000, T1: 4500}},
		{At: 5000, Span: &live.Span{Lane: "b", Task: -1, State: live.Dark, T0: 5000}},
		{At: 6000, Count: &live.Count{Name: "lost", Value: 1}},
		{At: 7000, Point: &live.Point{Series: "gap", Value: 2.5, Unit: "ms"}},
		{At: 9000, Say: "end"},
	}
	var first, second bytes.Buffer
	if err := errors.Join(live.WriteTrace(&first, events), live.WriteTrace(&second, events)); err != nil {
		t.Fatal(err)
	}
	if first.String() != second.String() {
		t.Error("the same events gave other bytes")
	}
	var trace struct {
		TraceEvents []struct {
			Ph, Name string
			PID, TID int
			TS, Dur  float64
			Args     map[string]any
		}
	}
	if err := json.Unmarshal(first.Bytes(), &trace); err != nil {
		t.Fatalf("%v: %s", err, first.String())
	}
	var got []string
	for _, e := range trace.TraceEvents {
		line, _ := json.Marshal([]any{e.Ph, e.Name, e.PID, e.TID, e.TS, e.Dur, e.Args})
		got = append(got, string(line))
	}
	want := []string{
		`["M","process_name",1,0,0,0,{"name":"show"}]`, `["i","one",1,0,0.001,0,null]`,
		`["C","lost",1,0,6,0,{"value":1}]`, `["C","gap",1,0,7,0,{"ms":2.5}]`, `["i","end",1,0,9,0,null]`,
		`["M","process_name",2,0,0,0,{"name":"h process 7"}]`,
		`["M","thread_name",2,1,0,0,{"name":"a"}]`, `["M","thread_sort_index",2,1,0,0,{"sort_index":1}]`,
		`["X","task 3",2,1,2,2.5,{"task":3}]`, `["i","lost",2,1,4.5,0,null]`,
		`["M","thread_name",1,2,0,0,{"name":"b"}]`, `["M","thread_sort_index",1,2,0,0,{"sort_index":2}]`,
		`["X","dark",1,2,5,4,null]`,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Complete events of a thread must not overlap, also where a lane's spans do: it gets more
// rows, and each span is in one of them.
func TestTraceOfOverlappingSpans(t *testing.T) {
	var events []live.Event
	for i, s := range [][2]int64{{1000, 5000}, {2000, 7000}, {5000, 6000}, {3000, 4000}, {1500, 9000}} {
		events = append(events, live.Event{At: time.Duration(s[1]), Span: &live.Span{Lane: "async", Task: i, State: live.Running, T0: s[0], T1: s[1]}})
	}
	var out bytes.Buffer
	if err := live.WriteTrace(&out, events); err != nil {
		t.Fatal(err)
	}
	var trace struct {
		TraceEvents []struct {
			Ph, Name string
			TID      int
			TS, Dur  float64
			Args     struct{ Name string }
		}
	}
	if err := json.Unmarshal(out.Bytes(), &trace); err != nil {
		t.Fatal(err)
	}
	ends, names, spans := map[int]float64{}, []string{}, 0
	for _, e := range trace.TraceEvents {
		switch {
		case e.Name == "thread_name":
			names = append(names, e.Args.Name)
		case e.Ph == "X" && e.TS < ends[e.TID]:
			t.Errorf("%s begins at %v on thread %d, which is busy until %v", e.Name, e.TS, e.TID, ends[e.TID])
		case e.Ph == "X":
			ends[e.TID], spans = e.TS+e.Dur, spans+1
		}
	}
	if want := []string{"async", "async (2)", "async (3)", "async (4)"}; spans != 5 || !reflect.DeepEqual(names, want) {
		t.Errorf("%d spans on %q, want 5 on %q", spans, names, want)
	}
}
