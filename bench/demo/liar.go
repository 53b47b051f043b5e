package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/fourlevels/fourlevels/bench/live"
	omission "github.com/fourlevels/fourlevels/bench/load"
)

const liarPunchline = "The benchmark stopped asking exactly when it hurt."

var liar = Demo{
	Name: "liar", Title: "Two load tests of one server, one of which lies", Seconds: 60,
	Sees:      "a stall in slow motion, met by a closed and by an open loop; then the p99 of each",
	Punchline: liarPunchline,
	Emulated:  "all of it: a simulated server in virtual time, the same in every run",
	Run:       runLiar,
}

// The server answers one call at a time, and stalls in the middle of each period. Per
// period less than 1 % of a closed loop's calls meet the stall, and 5 % of an open one's:
// so one p99 shows it, and the other does not.
const (
	liarStall   = 60 * time.Millisecond
	liarEvery   = 2 * time.Second
	liarService = 4 * time.Millisecond
	liarPace    = 10 * time.Millisecond
	liarRate    = float64(time.Second / liarPace)
	liarLasts   = 10 * liarEvery
)

// The slow motion shows the first stall, from a little before to when all is well again.
const (
	liarFrom   = liarEvery/2 - 6*liarPace
	liarTo     = liarEvery/2 + 16*liarPace
	liarSlower = 120
)

func runLiar(ctx context.Context, s *live.Stage, c Config) error {
	closed, open := omission.Trips(liarStall, liarEvery, liarService, liarRate, liarLasts)
	l := &liarShow{Config: c, stage: s, closed: slices.Collect(closed), open: slices.Collect(open)}
	rows := omission.Omission(liarStall, liarEvery, liarService, liarRate, liarLasts)
	if err := l.zoom(ctx); err != nil {
		return err
	}
	tell, err := s.Ask(ctx, "What will the two load tests say of this server's p99?",
		"the same: it is the same server", "the closed loop says much less", "the closed loop says much more")
	if err != nil {
		return err
	}
	if err := l.dials(ctx); err != nil {
		return err
	}
	tell(liarAnswer(rows[0].P99, rows[2].P99))
	s.Table(liarTable(rows))
	s.Say(liarPunchline)
	return nil
}

func liarAnswer(closed, open time.Duration) int {
	switch {
	case closed*2 < open:
		return 2
	case open*2 < closed:
		return 3
	}
	return 1
}

func liarTable(rows []omission.Row) live.Table {
	t := live.Table{
		Title: "One server, the same stalls, three ways to time its answers",
		Head:  []string{"load, and where a call's time begins", "calls", "p50 ms", "p99 ms", "max ms"},
		Note: fmt.Sprintf("simulated in virtual time, the same in every run: a server that takes %v for a call,\n"+
			"meant to get %.0f calls a second, and stalls for %v every %v", liarService, liarRate, liarStall, liarEvery),
	}
	for _, r := range rows {
		row := []string{r.Name, fmt.Sprint(r.Calls)}
		for _, d := range []time.Duration{r.P50, r.P99, r.Max} {
			row = append(row, liarMS(d))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func liarMS(d time.Duration) string { return fmt.Sprintf("%.1f", d.Seconds()*1000) }

// A liarShow is the demo under way.
type liarShow struct {
	Config
	stage        *live.Stage
	closed, open []omission.Trip
}
