package live

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
)

// A mark is an event of the Trace Event Format, which Perfetto and chrome://tracing open:
// https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
// Its times are microseconds.
type mark struct {
	Phase    string         `json:"ph"`
	Name     string         `json:"name"`
	Category string         `json:"cat,omitempty"`
	PID      int            `json:"pid"`
	TID      int            `json:"tid"`
	At       float64        `json:"ts"`
	Took     *float64       `json:"dur,omitempty"`
	Scope    string         `json:"s,omitempty"`
	Args     map[string]any `json:"args,omitempty"`
}

// A tracer numbers processes and lanes in the order in which they came.
type tracer struct {
	marks   []mark
	hosts   map[string]int
	threads map[thread]*rows
	open    map[place]*Span
	keys    []place // of open, in their order
	ended   []Span
	numbers int // of threads so far
}

// A thread is a lane of a process.
type thread struct {
	pid  int
	lane string
}

// The rows of a thread are the threads that it needs in the trace: complete events of one
// must not overlap, and a lane that stands for several at once has spans that do.
type rows struct {
	tids []int
	ends []int64 // of the last span of each
}

// WriteTrace writes events for Perfetto: a process for each host and process that
// reported, a thread for each lane (more if its spans overlap), counters for counts and points. The same events give
// the same bytes. Lanes that are drawn together are where they are drawn.
func WriteTrace(w io.Writer, events []Event) error {
	t := &tracer{hosts: map[string]int{}, threads: map[thread]*rows{}, open: map[place]*Span{}}
	var now int64
	for _, e := range events {
		now = max(now, int64(e.At))
		t.take(e)
	}
	for _, key := range t.keys {
		if s := t.open[key]; s != nil { // it went on when the show ended
			s.T1 = max(now, s.T0)
			t.ended = append(t.ended, *s)
		}
	}
	slices.SortStableFunc(t.ended, func(a, b Span) int { return cmp.Compare(a.T0, b.T0) })
	for _, s := range t.ended {
		t.span(s)
	}
	return t.write(w)
}

func (t *tracer) take(e Event) {
	switch at := micro(int64(e.At)); {
	case e.Scene != nil:
		t.marks = append(t.marks, mark{Phase: "i", Name: e.Scene.Title, PID: t.process(Span{}), At: at, Scope: "g"})
	case e.Say != "":
		t.marks = append(t.marks, mark{Phase: "i", Name: e.Say, PID: t.process(Span{}), At: at, Scope: "g"})
	case e.Count != nil:
		t.marks = append(t.marks, mark{Phase: "C", Name: e.Count.Name, PID: t.process(Span{}), At: at,
			Args: map[string]any{cmp.Or(e.Count.Unit, "value"): e.Count.Value}})
	case e.Point != nil:
		t.marks = append(t.marks, mark{Phase: "C", Name: e.Point.Series, PID: t.process(Span{}), At: at,
			Args: map[string]any{cmp.Or(e.Point.Unit, "value"): e.Point.Value}})
	case e.Span != nil && e.Span.T1 == 0:
		key := e.Span.place()
		if t.open[key] == nil {
			t.keys = append(t.keys, key)
		}
		span := *e.Span
		t.open[key] = &span
	case e.Span != nil:
		delete(t.open, e.Span.place())
		t.ended = append(t.ended, *e.Span)
	}
}

func (t *tracer) span(s Span) {
	m := mark{Phase: "X", Name: string(s.State), Category: string(s.State), PID: t.process(s), TID: t.thread(s), At: micro(s.T0)}
	if s.Task >= 0 {
		m.Name = fmt.Sprintf("task %d", s.Task)
		m.Args = map[string]any{"task": s.Task}
	}
	took := micro(s.T1 - s.T0)
	m.Took = &took
	t.marks = append(t.marks, m)
	if s.State == Lost {
		t.marks = append(t.marks, mark{Phase: "i", Name: "lost", Category: "lost", PID: m.PID, TID: m.TID, At: micro(s.T1), Scope: "t"})
	}
}

// process is the number of a span's process. Two hosts may have a process of the same id.
func (t *tracer) process(s Span) int {
	name := "show"
	if s.Host != "" || s.PID != 0 {
		name = fmt.Sprintf("%s process %d", cmp.Or(s.Host, "host"), s.PID)
	}
	n, known := t.hosts[name]
	if !known {
		n = len(t.hosts) + 1
		t.hosts[name] = n
		t.marks = append(t.marks, mark{Phase: "M", Name: "process_name", PID: n, Args: map[string]any{"name": name}})
	}
	return n
}

// thread is the number of the first row of a span's lane that is free when it begins.
func (t *tracer) thread(s Span) int {
	key := thread{t.process(s), s.Lane}
	r := t.threads[key]
	if r == nil {
		r = &rows{}
		t.threads[key] = r
	}
	i := slices.IndexFunc(r.ends, func(end int64) bool { return end <= s.T0 })
	if i < 0 {
		i = len(r.tids)
		t.row(key, r)
	}
	r.ends[i] = s.T1
	return r.tids[i]
}

// row adds a row to a thread: "async 1 (2)" is the second one of "async 1", below it.
func (t *tracer) row(key thread, r *rows) {
	t.numbers++
	r.tids, r.ends = append(r.tids, t.numbers), append(r.ends, 0)
	name := key.lane
	if n := len(r.tids); n > 1 {
		name = fmt.Sprintf("%s (%d)", name, n)
	}
	t.marks = append(t.marks,
		mark{Phase: "M", Name: "thread_name", PID: key.pid, TID: t.numbers, Args: map[string]any{"name": name}},
		mark{Phase: "M", Name: "thread_sort_index", PID: key.pid, TID: t.numbers, Args: map[string]any{"sort_index": r.tids[0]}})
}

func (t *tracer) write(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, `{"displayTimeUnit":"ms","traceEvents":[`)
	for i, m := range t.marks {
		text, err := json.Marshal(m)
		if err != nil {
			return err
		}
		out.Write(text)
		if i < len(t.marks)-1 {
			out.WriteByte(',')
		}
		out.WriteByte('\n')
	}
	fmt.Fprintln(out, "]}")
	return out.Flush()
}

func micro(nanoseconds int64) float64 { return float64(nanoseconds) / 1e3 }
