package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/fourlevels/fourlevels/bench/live"
)

// measure takes the sums, in rounds: in each, every way once.
func (m *moveShow) measure(ctx context.Context) error {
	m.stage.Scene(live.Scene{
		Title: "move: five ways to the same sum (measured now)",
		Text:  "In each round every way once; the bars are the medians so far.",
	})
	m.stage.Say("from 128 Ki numbers in this process to their sum, which another process takes")
	rounds := max(3, int(m.scaled(25)))
	for round := range rounds {
		for i := range moveWays {
			way := (round + i) % len(moveWays) // so that none always follows the same
			r, err := m.once(ctx, moveWays[way])
			if err != nil {
				return err
			}
			if r.total > 0 {
				m.runs[way] = append(m.runs[way], r)
			}
		}
		m.stage.Bars(m.bars(false))
		m.stage.Count(live.Count{Name: "rounds", Value: float64(round + 1)})
		if _, err := m.hold(ctx, m.stage, 500*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// slowMotion shows the median of each way again, slow enough to be seen.
func (m *moveShow) slowMotion(ctx context.Context) error {
	slowest := m.median(0).total
	for way := range moveWays {
		slowest = max(slowest, m.median(way).total)
	}
	slow := float64(12*time.Second) / float64(slowest)
	var lanes []string
	for _, w := range moveWays {
		lanes = append(lanes, w.name)
	}
	m.stage.Scene(live.Scene{
		Title: fmt.Sprintf("move: the same, %.0f times slower (measured before)", slow),
		Text:  "Each way's median, drawn as if all began together. First the packing here, then the travel both ways in one piece, then unpacking and adding there.",
		Lanes: lanes,
	})
	m.stage.Say("running: somebody packs, unpacks or adds; waiting: it travels")
	p := m.slowScript(m.stage, 0, slow)
	for way, w := range moveWays {
		r := m.median(way)
		p.span(w.name, way, live.Running, 0, r.packing)
		p.span(w.name, way, live.Waiting, r.packing, r.packing+r.traveling)
		p.span(w.name, way, live.Running, r.packing+r.traveling, r.total)
	}
	if err := p.play(ctx); err != nil {
		return err
	}
	_, err := m.hold(ctx, m.stage, 4*time.Second)
	return err
}

// scales shows the medians as they are, and then so that the small ones are seen too.
func (m *moveShow) scales(ctx context.Context) error {
	m.stage.Scene(live.Scene{Title: "move: bars to scale, then logarithmic"})
	for _, scale := range []struct {
		log bool
		say string
	}{
		{false, "to scale: a bar twice as long is twice the time"},
		{true, "logarithmic: the same distance is the same ratio; now the question is seen too"},
	} {
		m.stage.Bars(m.bars(scale.log))
		m.stage.Say(scale.say)
		if _, err := m.hold(ctx, m.stage, 12*time.Second); err != nil {
			return err
		}
	}
	return nil
}

func (m *moveShow) bars(log bool) live.Bars {
	b := live.Bars{Title: "to the sum", Unit: "ms", Log: log}
	for way, w := range moveWays {
		bar := live.Bar{Label: w.name, Value: -1, Note: "not on this system"}
		if r := m.median(way); r.total > 0 {
			bar.Value, bar.Note = r.total.Seconds()*1000, byteCount(r.bytes)+" sent"
		}
		b.Bars = append(b.Bars, bar)
	}
	return b
}

func (m *moveShow) table() live.Table {
	question := m.median(len(moveWays) - 1)
	t := live.Table{
		Title: "One sum over 1 MiB of numbers in another process",
		Head:  []string{"way", "sent", "pack ms", "travel ms", "there ms", "total ms", "ratio"},
		Note: fmt.Sprintf("Medians of %d; travel is both ways; the ratio is to the question; shared memory is a ring, so it still copies in and out.\n"+
			"Who owns the numbers had to load them once, before: %.2f ms.", len(m.runs[0]), m.loading.Seconds()*1000),
	}
	for way, w := range moveWays {
		row := []string{w.name}
		if r := m.median(way); r.total == 0 {
			row = append(row, "-", "-", "-", "-", "-", "-")
		} else {
			row = append(row, byteCount(r.bytes))
			for _, d := range []time.Duration{r.packing, r.traveling, r.inTheChild, r.total} {
				row = append(row, fmt.Sprintf("%.3f", d.Seconds()*1000))
			}
			row = append(row, fmt.Sprintf("%.1f", float64(r.total)/float64(question.total)))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func byteCount(n int) string {
	if n < 1<<10 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.2f MiB", float64(n)/(1<<20))
}
