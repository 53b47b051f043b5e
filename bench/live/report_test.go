package live_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/bench/live"
	"github.com/fourlevels/fourlevels/levels"
)

// spans is a sink that keeps what it gets.
type spans struct {
	begin time.Time
	mu    sync.Mutex
	all   []live.Span
	more  chan struct{}
}

func newSpans() *spans { return &spans{begin: time.Now(), more: make(chan struct{}, 1)} }

func (s *spans) Now() time.Duration { return time.Since(s.begin) }

func (s *spans) Span(v live.Span) {
	s.mu.Lock()
	s.all = append(s.all, v)
	s.mu.Unlock()
	select {
	case s.more <- struct{}{}:
	default:
	}
}

// wait returns the spans as soon as there are n.
func (s *spans) wait(t *testing.T, n int) []live.Span {
	t.Helper()
	for late := time.After(10 * time.Second); ; {
		s.mu.Lock()
		all := append([]live.Span(nil), s.all...)
		s.mu.Unlock()
		if len(all) >= n {
			return all
		}
		select {
		case <-s.more:
		case <-late:
			t.Fatalf("%d spans came, want %d: %+v", len(all), n, all)
		}
	}
}

func collect(t *testing.T, s live.Sink, c live.CollectorConfig) (k *live.Collector, environment string) {
	t.Helper()
	k, err := live.Collect(s, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { k.Close() })
	return k, strings.TrimPrefix(k.Env(), live.Environment+"=")
}

// Tasks of a worker come on the stage, with their numbers, on the clock of the show.
func TestWorkersReport(t *testing.T) {
	sink := newSpans()
	sink.begin = sink.begin.Add(-time.Hour) // the show is an hour old
	k, environment := collect(t, sink, live.CollectorConfig{Name: "machine"})
	r, err := live.Dial(t.Context(), environment)
	if err != nil {
		t.Fatal(err)
	}
	echo := func(_ context.Context, input []byte) ([]byte, error) { return input, nil }
	level := levels.Serial{Funcs: live.Trace(levels.Funcs{"echo": echo, "wait": echo}, r, "", "wait")}
	before := sink.Now()
	results := level.Run(t.Context(), live.NumberFrom(7, []levels.Task{{Func: "echo", Input: []byte("a")}, {Func: "wait"}}))
	after := sink.Now()
	if string(results[0].Output) != "a" || results[0].Err != nil || results[1].Err != nil {
		t.Errorf("results are %+v", results)
	}
	all := sink.wait(t, 4)
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	within := k.Skews()[0].Within
	for i, want := range []struct {
		task  int
		state live.State
		ended bool
	}{{7, live.Running, false}, {7, live.Running, true}, {8, live.Waiting, false}, {8, live.Waiting, true}} {
		s := all[i]
		if s.Lane != "machine 1" || s.Task != want.task || s.State != want.state || s.T1 != 0 != want.ended || s.Host == "" || s.PID == 0 {
			t.Errorf("span %d is %+v, want %+v on machine 1 of a process", i, s, want)
		}
		if at := time.Duration(s.T0); at < before-within || at > after+within {
			t.Errorf("span %d began at %v, want from %v to %v, within %v", i, at, before, after, within)
		}
	}
	if skews := k.Skews(); len(skews) != 1 || skews[0].Ahead.Abs() > skews[0].Within+time.Millisecond {
		t.Errorf("skews are %+v, want one of about 0: it is the same clock", skews)
	}
}

// Functions that are traced want tasks with numbers, and lanes are taken by one at a time.
func TestTraceHere(t *testing.T) {
	sink := newSpans()
	release := make(chan struct{})
	funcs := live.Trace(levels.Funcs{
		"hold":  func(context.Context, []byte) ([]byte, error) { <-release; return nil, nil },
		"panic": func(context.Context, []byte) ([]byte, error) { panic("no") },
	}, sink, "async")
	var running sync.WaitGroup
	for i, task := range live.Number([]levels.Task{{Func: "hold"}, {Func: "hold"}}) {
		running.Go(func() { funcs.Do(t.Context(), task) })
		sink.wait(t, i+1)
	}
	close(release)
	running.Wait()
	for i, s := range sink.wait(t, 4)[:2] {
		if want := fmt.Sprint("async ", i+1); s.Lane != want || s.Task != i {
			t.Errorf("task %d is on %q, want on %q", s.Task, s.Lane, want)
		}
	}
	for _, input := range []string{"", "1234567", "12345678"} {
		if r := funcs.Do(t.Context(), levels.Task{Func: "hold", Input: []byte(input)}); r.Err == nil || !strings.Contains(r.Err.Error(), "Number") {
			t.Errorf("input %q: error is %v, want that it has no number", input, r.Err)
		}
	}
	func() {
		defer func() { recover() }()
		funcs.Do(t.Context(), live.Number([]levels.Task{{Func: "panic"}})[0])
	}()
	if all := sink.wait(t, 6); all[5].T1 == 0 || all[5].Lane != "async 1" {
		t.Errorf("after a panic the last span is %+v, want the end of it", all[5])
	}
}

// What a worker had begun when it died is lost.
func TestDeadWorkersLoseTasks(t *testing.T) {
	sink := newSpans()
	left := make(chan live.Peer, 1)
	_, environment := collect(t, sink, live.CollectorConfig{Left: func(p live.Peer) { left <- p }})
	conn := join(t, environment)
	fmt.Fprintln(conn, `{"lane":"1","task":1,"state":"run","t0":1000000000000000000}`)
	sink.wait(t, 1)
	conn.Close()
	if all := sink.wait(t, 2); all[1].State != live.Lost || all[1].T1 <= all[1].T0 || all[1].Lane != "worker 1" || all[1].T0 != all[0].T0 {
		t.Errorf("the span ended as %+v, want lost", all[1])
	}
	if p := <-left; p.N != 1 || p.PID != 5 || p.Host != "there" {
		t.Errorf("%+v left", p)
	}
}

// join connects by hand, with a clock that stands at the year 2001.
func join(t *testing.T, environment string) net.Conn {
	t.Helper()
	address, token, _ := strings.Cut(environment, " ")
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	fmt.Fprintf(conn, `{"token":%q,"host":"th\u001b[2Jere","pid":5}`+"\n", token)
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		var p struct{ Ping int }
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		if p.Ping == 0 {
			return conn
		}
		fmt.Fprintf(conn, `{"pong":%d,"now":1000000000000000000}`+"\n", p.Ping)
	}
	t.Fatalf("the collector hung up: %v", lines.Err())
	return nil
}

// A clock that is far off is measured, and spans are shown without it.
func TestSkewIsTakenOut(t *testing.T) {
	sink := newSpans()
	k, environment := collect(t, sink, live.CollectorConfig{})
	before := sink.Now()
	conn := join(t, environment)
	fmt.Fprintln(conn, `{"lane":"2","task":1,"state":"wait","t0":1000000000000000000,"t1":1000000000000000005}`)
	s := sink.wait(t, 1)[0]
	if at := time.Duration(s.T0); at < before || at > sink.Now() || s.T1-s.T0 != 5 || s.Lane != "worker 1.2" || s.Host != "there" {
		t.Errorf("span is %+v, want one of 5 ns from %v to now", s, before)
	}
	years := time.Since(time.Unix(1_000_000_000, 0))
	if skew := k.Skews()[0]; (skew.Ahead + years).Abs() > time.Minute {
		t.Errorf("the clock is ahead by %v, want %v", skew.Ahead, -years)
	}
}
