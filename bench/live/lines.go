package live

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// Lines tells what happens as plain lines of text: for pipes, logs, and whoever has them
// read aloud. It is the alternative text of the other viewers.
type Lines struct {
	look  look
	board *board
	told  map[string]toldCount
	ends  bool     // the scene has shown a table: what is said since then is for its end
	last  []string // that

	pen pen
}

// A toldCount is what was last told of a count, and when.
type toldCount struct {
	value float64
	at    time.Duration
}

// NewLines writes to w.
func NewLines(w io.Writer) *Lines {
	l := &Lines{look: look{width: 80}, board: newBoard(), told: map[string]toldCount{}}
	l.pen.start(w)
	return l
}

// Show implements [Viewer].
func (l *Lines) Show(e Event) {
	switch {
	case e.Scene != nil:
		l.sum(e.At)
		l.board, l.told = l.board.begin(*e.Scene, e.At), map[string]toldCount{}
		l.say("== "+plain(e.Scene.Title, 70)+" ==", l.look.text("", e.Scene.Text))
		return
	case e.Vote != nil:
		l.say("", l.look.vote(*e.Vote))
	case e.Say != "" && l.ends:
		l.last = append(l.last, l.look.text("» ", e.Say)...)
	case e.Say != "":
		l.say("", l.look.text("» ", e.Say))
	case e.Table != nil:
		l.ends, l.last = true, append(l.last, l.look.table(*e.Table)...)
	}
	l.board.take(e)
	if e.Count != nil {
		l.count(*e.Count, e.At)
	}
}

// count tells of a number that has changed, once a second at most.
func (l *Lines) count(c Count, at time.Duration) {
	last, known := l.told[c.Name]
	if known && (c.Value == last.value || at-last.at < time.Second) || len(l.told) > maxNames {
		return
	}
	l.told[c.Name] = toldCount{c.Value, at}
	l.say(plain(c.Name, 40)+": "+plain(amount(c.Value, c.Unit), 30), nil)
}

// sum says how a scene ended: lanes, counts, points and bars; and then its tables and what
// was said below them, so that a demo ends with its numbers here, too.
func (l *Lines) sum(at time.Duration) {
	b := l.board
	for _, one := range b.lanes {
		if len(one.spans) > 0 {
			l.say(one.words(b.elapsed(at)), nil)
		}
	}
	for _, c := range b.counts {
		l.say(fmt.Sprintf("%s: %s at the end", plain(c.Name, 40), plain(amount(c.Value, c.Unit), 30)), nil)
	}
	for _, s := range b.curves {
		l.say(fmt.Sprintf("%s: %d points, from %s to %s", plain(s.name, 30), s.n, figure(s.least), plain(amount(s.most, s.unit), 30)), nil)
	}
	for _, v := range b.bars {
		unit := plain(v.Unit, 12)
		l.say(plain(v.Title, 70)+":", nil)
		for _, bar := range v.Bars {
			l.say(strings.TrimRight(fmt.Sprintf("  %s %s %s", left(l.look.label(bar.Label), 12), l.look.known(bar.Value, unit), plain(bar.Note, 30)), " "), nil)
		}
	}
	l.say("", l.last)
	l.ends, l.last = false, nil
}

// words say what became of a lane.
func (l *lane) words(axis time.Duration) string {
	var in [len(order)]time.Duration
	for i := range l.spans {
		s := &l.spans[i]
		in[rank(s.State)] += s.end(s.at) - time.Duration(s.T0)
	}
	parts := []string{fmt.Sprintf("%s: %d done", plain(l.name, 30), len(l.tasks))}
	if l.lost > 0 {
		parts = append(parts, fmt.Sprintf("%d lost", l.lost))
	}
	for _, g := range Glyphs {
		if much := in[rank(g.State)]; much > 0 && g.State != Lost {
			parts = append(parts, g.Means+" for "+clock(much))
		}
	}
	return strings.Join(parts, ", ") + ", within " + clock(axis)
}

// say writes a line and more lines below it.
func (l *Lines) say(line string, more []string) {
	if line != "" {
		more = append([]string{line}, more...)
	}
	if len(more) > 0 {
		l.pen.write(strings.Join(more, "\n") + "\n")
	}
}

// Close says how the last scene ended, waits until all is written, and returns what
// writing failed with first.
func (l *Lines) Close() error {
	l.sum(l.board.now)
	l.board = newBoard() // so that closing again says nothing
	return l.pen.close()
}

// A pen writes on its own time, in order: whoever reads a pipe slowly, or not at all,
// keeps only the pen waiting.
type pen struct {
	mu   sync.Mutex
	text []string
	end  bool
	more chan struct{} // holds one token while there is something to do
	loop sync.WaitGroup
	err  error // of the loop; read after it
}

func (p *pen) start(w io.Writer) {
	p.more = make(chan struct{}, 1)
	p.loop.Go(func() {
		for range p.more {
			p.mu.Lock()
			text, end := p.text, p.end
			p.text = nil
			p.mu.Unlock()
			for _, s := range text {
				if p.err == nil {
					_, p.err = io.WriteString(w, s)
				}
			}
			if end {
				return
			}
		}
	})
}

func (p *pen) write(s string) {
	p.mu.Lock()
	p.text = append(p.text, s)
	p.mu.Unlock()
	p.wake()
}

func (p *pen) wake() {
	select {
	case p.more <- struct{}{}:
	default:
	}
}

func (p *pen) close() error {
	p.mu.Lock()
	p.end = true
	p.mu.Unlock()
	p.wake()
	p.loop.Wait()
	return p.err
}
