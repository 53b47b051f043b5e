// Serve shows a made-up show on a page, for the tests in the browser: its first line says
// where. It ends when its input does:
//
//	go run ./bench/browser/serve busy     3,000 spans, and more as it goes on
//	go run ./bench/browser/serve parts    all that a page can have, then the end of the show
//	go run ./bench/browser/serve hostile  names that want to be more than names
//
// A line of input takes a show on, and an address after its name is where it is served.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/fourlevels/fourlevels/bench/live"
)

var shows = map[string]func(*live.Stage, *bufio.Reader) error{
	"busy": busy, "parts": parts, "hostile": hostile,
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "serve:", err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) < 2 || len(os.Args) > 3 || shows[os.Args[1]] == nil {
		return errors.New("say which show (busy, parts or hostile), and an address if it matters")
	}
	addr := strings.Join(os.Args[2:], "")
	page, err := live.NewPage(live.PageConfig{Addr: addr, Title: "levels demo " + os.Args[1], Alt: "A show that is made up for a test."})
	if err != nil {
		return err
	}
	fmt.Println(page.URL())
	stage := live.NewStage(live.Config{Viewers: []live.Viewer{page}, Keys: page.Keys(), Predict: true})
	input := bufio.NewReader(os.Stdin)
	return errors.Join(shows[os.Args[1]](stage, input), stage.Close())
}

// wait waits for the end of the input; the test has seen enough by then.
func wait(input io.Reader) error {
	_, err := io.Copy(io.Discard, input)
	return err
}

// busy shows 3,000 spans at once on 16 lanes, and a hundred more a second until its input
// ends.
func busy(s *live.Stage, input *bufio.Reader) error {
	ended := make(chan error, 1)
	go func() { ended <- wait(input) }()
	states := []live.State{live.Running, live.Waiting, live.Running, live.Queued, live.Running, live.Again, live.Lost, live.Dark}
	s.Scene(live.Scene{Title: "Sixteen lanes at work", Text: "Each has done a few hundred tasks already."})
	const lanes = 16
	var at [lanes]int64
	put := func(i int) {
		lane := i % lanes
		long := int64(1+i*7919%23) * int64(time.Millisecond)
		s.Span(live.Span{Lane: fmt.Sprintf("lane %d", lane+1), Task: i, State: states[i*31%len(states)], T0: at[lane] + 1, T1: at[lane] + long})
		at[lane] += long
	}
	for i := range 3000 {
		put(i)
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for i := 3000; ; i++ {
		select {
		case <-tick.C:
			put(i)
			s.Count(live.Count{Name: "tasks", Value: float64(i)})
			s.Point(live.Point{Series: "in flight", Value: float64(i * 37 % 50)})
		case err := <-ended:
			return err
		}
	}
}

// hostile is a show whose every text wants to be something else.
func hostile(s *live.Stage, input *bufio.Reader) error {
	for _, name := range []string{
		`<script>document.title = "taken"</script>`, `<img src=x onerror="document.title='taken'">`, `"' onmouseover='x`,
		"\x1b[31mred\x1b]0;title\x07", "turned \u202e round", strings.Repeat("long ", 2000), "__proto__", "\xff\xfe", "",
	} {
		s.Scene(live.Scene{Title: name, Text: name, Lanes: []string{name}})
		s.Span(live.Span{Lane: name, Task: 1, State: live.State(name), T0: 1, T1: 1e9})
		s.Span(live.Span{Lane: name, Task: -1, State: live.Lost, T0: 2e9, T1: 1})
		s.Count(live.Count{Name: name, Value: 1e300, Unit: name, Bad: true})
		s.Point(live.Point{Series: name, Value: -1e300, Unit: name})
		s.Point(live.Point{Series: name, Value: 1e300, Unit: name})
		s.Bars(live.Bars{Title: name, Unit: name, Log: true, Bars: []live.Bar{{Label: name, Value: 1e-300, Note: name}, {Label: name, Value: -1}}})
		s.Table(live.Table{Title: name, Head: []string{name, name}, Rows: [][]string{{name, name, name}, {}}, Note: name})
		s.Say(name)
		if _, err := input.ReadString('\n'); err != nil {
			return nil
		}
	}
	return wait(input)
}
