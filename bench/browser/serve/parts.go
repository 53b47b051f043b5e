package main

import (
	"bufio"
	"context"
	"fmt"
	"math"
	"time"

	"github.com/fourlevels/fourlevels/bench/live"
)

// parts shows all that a page can have. A line of input takes it on from bars to a vote, a
// key on the page from there to lanes, and another line to the end, after which the page is
// on its own.
func parts(s *live.Stage, input *bufio.Reader) error {
	s.Scene(live.Scene{Title: "A scene before", Lanes: []string{"one"}})
	s.Span(live.Span{Lane: "one", Task: 1, State: live.Running, T0: 1, T1: 2e9})
	moves := []live.Bar{
		{Label: "JSON", Value: 51}, {Label: "gob", Value: 3, Note: "the second"}, {Label: "raw", Value: 1.7}, {Label: "ask the owner", Value: 0.1, Note: "the question is 32 bytes"},
		{Label: "by post", Value: -1},
	}
	s.Bars(live.Bars{Title: "time to move 1 MiB", Unit: "ms", Bars: moves})
	s.Bars(live.Bars{Title: "the same", Unit: "ms", Log: true, Bars: moves})
	if _, err := input.ReadString('\n'); err != nil {
		return err
	}
	s.Scene(live.Scene{Title: "Four workers, one of which is killed", Text: "Watch what becomes of the job in its hands. The store is emulated.", Lanes: []string{"worker 1", "worker 2", "worker 3", "worker 4"}})
	s.Say("hands up")
	tell, err := s.Ask(context.Background(), "A worker dies with a job in its hands. How often is the job done?", "never", "once", "twice")
	if err != nil {
		return err
	}
	begin := int64(s.Now())
	span := func(lane string, task int, state live.State, t0, t1 float64) {
		v := live.Span{Lane: lane, Task: task, State: state, T0: begin + int64(t0*1e9) + 1}
		if t1 > 0 {
			v.T1 = begin + int64(t1*1e9)
		}
		s.Span(v)
	}
	for i := range 4 {
		lane := fmt.Sprintf("worker %d", i+1)
		for k := range 12 {
			t := 0.25*float64(k) + 0.04*float64(i)
			span(lane, 4*k+i, live.Running, t, t+0.18)
			span(lane, -1, live.Waiting, t+0.18, t+0.25)
		}
	}
	span("worker 2", 49, live.Lost, 3.05, 3.4)
	span("worker 2", -1, live.Dark, 3.4, 4.2)
	span("worker 3", 49, live.Again, 3.5, 4.1)
	span("worker 4", 50, live.Queued, 3.2, 4.2)
	span("worker 1", 51, live.Running, 3.4, 0)
	s.Count(live.Count{Name: "done", Value: 50})
	s.Count(live.Count{Name: "lost", Value: 1, Bad: true})
	s.Count(live.Count{Name: "twice", Value: 0, Bad: true})
	s.Count(live.Count{Name: "p99", Value: 184.3, Unit: "ms"})
	for i := range 400 {
		s.Point(live.Point{Series: "gap between beats", Unit: "ms", Value: 1 + 0.3*math.Sin(float64(i)) + 39*float64(i/200*(i%200/199))})
		time.Sleep(time.Millisecond / 4)
	}
	s.Say("zero times, many times or once: pick two, and pay for the third")
	if _, err := input.ReadString('\n'); err != nil {
		return err
	}
	tell(1)
	s.Table(live.Table{Title: "What became of 200 jobs", Head: []string{"queue", "done", "lost", "twice"},
		Rows: [][]string{{"no lease", "197", "3", "0"}, {"with a lease", "200", "0", "4"}, {"and with idempotency", "200", "0", "0"}}, Note: "Four workers, seven of which were killed."})
	return nil
}
