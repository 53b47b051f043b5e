package live

import (
	"slices"
	"time"
)

// A board is the scene as it stands: what the events so far have made of it.
type board struct {
	scene  Scene
	begun  time.Duration
	lanes  []*lane
	named  map[string]*lane
	counts []Count
	curves []*curve
	bars   []Bars
	vote   *Vote
	tables []Table
	say    string
	gone   map[place]bool // spans that the scene before left open: their ends are of no use here
	spans  int
	now    time.Duration // of the latest event
}

// A place is what tells a span from all others.
type place struct {
	lane string
	t0   int64
}

func (s Span) place() place { return place{s.Lane, s.T0} }

// A lane holds the spans of a name.
type lane struct {
	name  string
	spans []seen
	open  map[int64]int // by T0, where in spans
	tasks map[int]bool  // that were done here
	lost  int
}

// A seen is a span with the time at which it was first told of.
type seen struct {
	Span
	at time.Duration
}

// A curve is a series: the latest of its points.
type curve struct {
	name, unit  string
	values      []float64
	n           int // of all its points, also those that are forgotten
	least, most float64
}

// The limits keep a recording that somebody made up from taking the memory.
const (
	maxLanes  = 256
	maxSpans  = 200_000 // in a scene; later ones are not drawn
	maxValues = 4096    // of a series: the latest
	maxNames  = 64      // of counts, series, bars and tables each
)

func newBoard() *board { return &board{named: map[string]*lane{}, gone: map[place]bool{}} }

// empty reports whether there is nothing to show.
func (b *board) empty() bool {
	return b.scene.Title == "" && b.say == "" && b.vote == nil &&
		len(b.lanes)+len(b.counts)+len(b.curves)+len(b.bars)+len(b.tables) == 0
}

// take does what the event says. A scene is a new board, see begin.
func (b *board) take(e Event) {
	b.now = max(b.now, e.At)
	switch {
	case e.Span != nil:
		b.span(*e.Span, e.At)
	case e.Count != nil:
		b.counts = replace(b.counts, *e.Count, func(c Count) bool { return c.Name == e.Count.Name })
	case e.Point != nil:
		b.point(*e.Point)
	case e.Bars != nil:
		b.bars = replace(b.bars, *e.Bars, func(v Bars) bool { return v.Title == e.Bars.Title })
	case e.Vote != nil:
		b.vote = e.Vote
	case e.Table != nil:
		b.tables = replace(b.tables, *e.Table, func(t Table) bool { return t.Title == e.Table.Title })
	case e.Say != "":
		b.say = e.Say
	}
}

// begin is the board of the next scene.
func (b *board) begin(s Scene, at time.Duration) *board {
	before := b
	b = newBoard()
	b.scene, b.begun, b.now = s, at, at
	for _, l := range before.lanes {
		for t0 := range l.open {
			b.gone[place{l.name, t0}] = true
		}
	}
	for _, name := range s.Lanes {
		b.lane(name)
	}
	return b
}

// replace puts v where its like is, or at the end if there is room.
func replace[T any](all []T, v T, same func(T) bool) []T {
	if i := slices.IndexFunc(all, same); i >= 0 {
		all[i] = v
		return all
	}
	if len(all) == maxNames {
		return all
	}
	return append(all, v)
}

// lane is the lane of a name; nil if there are too many.
func (b *board) lane(name string) *lane {
	l := b.named[name]
	if l == nil && len(b.lanes) < maxLanes {
		l = &lane{name: name, open: map[int64]int{}, tasks: map[int]bool{}}
		b.named[name] = l
		b.lanes = append(b.lanes, l)
	}
	return l
}

func (b *board) span(s Span, at time.Duration) {
	if b.gone[s.place()] {
		return
	}
	l := b.lane(s.Lane)
	if l == nil {
		return
	}
	i, going := l.open[s.T0]
	switch {
	case going:
		l.spans[i].Span = s
	case b.spans == maxSpans:
		return
	default:
		i = len(l.spans)
		l.spans = append(l.spans, seen{s, at})
		b.spans++
	}
	if s.T1 == 0 {
		l.open[s.T0] = i
		return
	}
	delete(l.open, s.T0)
	switch {
	case s.State == Lost:
		l.lost++
	case s.Task >= 0 && (s.State == Running || s.State == Waiting || s.State == Again):
		l.tasks[s.Task] = true
	}
}

func (b *board) point(p Point) {
	var s *curve
	for _, one := range b.curves {
		if one.name == p.Series {
			s = one
		}
	}
	switch {
	case s != nil:
	case len(b.curves) == maxNames:
		return
	default:
		s = &curve{name: p.Series, least: p.Value, most: p.Value}
		b.curves = append(b.curves, s)
	}
	s.unit, s.n = p.Unit, s.n+1
	s.least, s.most = min(s.least, p.Value), max(s.most, p.Value)
	if len(s.values) == maxValues {
		s.values = append(s.values[:0], s.values[maxValues/2:]...)
	}
	s.values = append(s.values, p.Value)
}

// end is when a span ended, or how far it has come.
func (s *seen) end(now time.Duration) time.Duration {
	if s.T1 > 0 {
		return time.Duration(s.T1)
	}
	return time.Duration(s.T0) + max(0, now-s.at)
}

// elapsed is how long the time axis is that holds all there is.
func (b *board) elapsed(now time.Duration) time.Duration {
	last := b.begun
	if !b.scene.Together {
		last = max(now, b.begun)
	}
	for _, l := range b.lanes {
		if n := len(l.spans); n > 0 && !b.scene.Together {
			last = max(last, l.spans[n-1].end(now))
			continue
		}
		for i := range l.spans {
			last = max(last, l.spans[i].end(now))
		}
	}
	return last - b.begun
}
