package live

import (
	"math"
	"strconv"
	"strings"
)

// What a page remembers of a scene. The oldest spans and points are
// forgotten first.
const (
	pageFacts  = 20_000 // spans, and whatever else there is
	pagePoints = 4000   // of a series; even
)

// scenery is a scene as it is now, in the events that make it: spans that have ended
// without their beginning, and of every number the latest.
type scenery struct {
	facts  []*fact // in the order in which a page should hear of them
	known  map[string]*fact
	gone   map[string]bool // spans that the scene before left open: their end is of no use
	series map[string]*series
}

// A fact is the latest event about something.
type fact struct {
	key    string // "" for points, which replace none
	line   []byte // nil for a point that another one stands for
	open   bool   // a span that goes on
	series string
	value  float64
}

// add reports whether the event is of any use in this scene.
func (s *scenery) add(e Event, line []byte) bool {
	defer s.bound()
	switch {
	case e.Scene != nil:
		s.begin()
		s.put(fact{key: "scene", line: line})
	case e.Span != nil:
		key := "span " + e.Span.Lane + " " + strconv.FormatInt(e.Span.T0, 10)
		if s.gone[key] {
			return false
		}
		s.put(fact{key: key, line: line, open: e.Span.T1 == 0})
	case e.Count != nil:
		s.put(fact{key: "count " + e.Count.Name, line: line})
	case e.Bars != nil:
		s.put(fact{key: "bars " + e.Bars.Title, line: line})
	case e.Point != nil:
		s.point(fact{line: line, series: e.Point.Series, value: e.Point.Value})
	case e.Vote != nil:
		s.put(fact{key: "vote", line: line})
	case e.Table != nil:
		s.put(fact{key: "table " + e.Table.Title, line: line})
	case e.Say != "":
		s.put(fact{key: "say", line: line})
	}
	return true
}

// begin forgets a scene for the next.
func (s *scenery) begin() {
	old := s.facts
	*s = scenery{known: map[string]*fact{}, gone: map[string]bool{}, series: map[string]*series{}}
	for _, f := range old {
		if f.open {
			s.gone[f.key] = true
		}
	}
}

// put adds a fact, or replaces the one of the same key in its place.
func (s *scenery) put(f fact) {
	if s.known == nil {
		s.begin()
	}
	if old := s.known[f.key]; old != nil {
		*old = f
		return
	}
	s.known[f.key] = &f
	s.facts = append(s.facts, &f)
}

// point adds a point to its series.
func (s *scenery) point(f fact) {
	if s.known == nil {
		s.begin()
	}
	all := s.series[f.series]
	if all == nil {
		all = &series{stride: 1}
		s.series[f.series] = all
	}
	switch last := len(all.kept) - 1; {
	case last >= 0 && all.held < all.stride:
		all.held++
		before := 0.0
		if last > 0 {
			before = all.kept[last-1].value
		}
		*all.kept[last] = farther(before, *all.kept[last], f)
	default:
		if last+1 == pagePoints {
			all.halve()
			s.sweep(0)
		}
		all.held = 1
		all.kept = append(all.kept, &f)
		s.facts = append(s.facts, &f)
	}
}

// A series keeps of each stride of points the one that is farthest from those before, so
// that a long one gets coarse and its peaks stay.
type series struct {
	kept   []*fact
	stride int
	held   int // points that the last of kept stands for
}

func farther(before float64, a, b fact) fact {
	if math.Abs(b.value-before) > math.Abs(a.value-before) {
		return b
	}
	return a
}

func (s *series) halve() {
	before := 0.0
	for i := 0; i+1 < len(s.kept); i += 2 {
		a, b := s.kept[i], s.kept[i+1]
		*a = farther(before, *a, *b)
		before, b.line = a.value, nil
		s.kept[i/2] = a
	}
	s.kept = s.kept[:len(s.kept)/2]
	s.stride *= 2
}

// bound keeps the newest half of what is too much.
func (s *scenery) bound() {
	if len(s.facts) > pageFacts {
		s.sweep(len(s.facts) - pageFacts/2)
	}
}

// sweep takes out what others stand for, and so many of the oldest: spans and points, which
// come without end, and names only if these are too many by themselves.
func (s *scenery) sweep(most int) {
	most = s.drop(most, func(f *fact) bool { return f.key == "" || strings.HasPrefix(f.key, "span ") })
	if most > 0 {
		s.drop(most, func(f *fact) bool { return f.key != "scene" })
	}
}

// drop takes out the oldest that may go, and returns how many of most are left to take.
func (s *scenery) drop(most int, may func(*fact) bool) (left int) {
	kept := s.facts[:0]
	for _, f := range s.facts {
		switch {
		case f.line == nil:
		case most <= 0 || !may(f):
			kept = append(kept, f)
		case f.key == "":
			most--
			all := s.series[f.series]
			all.kept = all.kept[1:]
		default:
			most--
			delete(s.known, f.key)
		}
	}
	clear(s.facts[len(kept):])
	s.facts = kept
	return most
}

// lines are the events that make the scene.
func (s *scenery) lines() [][]byte {
	var lines [][]byte
	for _, f := range s.facts {
		lines = append(lines, f.line)
	}
	return lines
}
