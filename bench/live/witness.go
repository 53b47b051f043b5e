package live

import (
	"fmt"
	"strings"
	"time"
)

// A witness hands on what one worker tells.
type witness struct {
	c     *Collector
	peer  Peer
	shift int64 // from its clock to that of the show
	open  map[place]Span

	second time.Duration
	begun  int // spans in that second
}

// tell hands on a span, on the clock of the show. It returns false if the worker talks
// nonsense.
func (w *witness) tell(s Span) bool {
	key := s.place()
	_, going := w.open[key]
	ends := s.T1 != 0
	s.T0 = max(1, s.T0-w.shift)
	if ends {
		s.T1 = max(s.T0+1, s.T1-w.shift)
	}
	s.Lane, s.Host, s.PID = w.name(s.Lane), w.peer.Host, w.peer.PID
	switch {
	case s.check() != nil:
		return false
	case !going && (w.many() || len(w.open) >= backlog):
		w.c.mu.Lock()
		w.c.dropped++
		w.c.mu.Unlock()
		return true
	case ends:
		delete(w.open, key)
	default:
		w.open[key] = s
	}
	w.c.sink.Span(s)
	return true
}

// many counts a span that begins, and says if there are too many of them.
func (w *witness) many() bool {
	if now := w.c.sink.Now().Truncate(time.Second); now != w.second {
		w.second, w.begun = now, 0
	}
	w.begun++
	return w.begun > w.c.config.Rate
}

// name is what a lane of the worker is called on the stage.
func (w *witness) name(lane string) string {
	lane = plain(lane, 40)
	switch {
	case w.c.config.Lane != nil:
		return w.c.config.Lane(w.peer, lane)
	case lane == "1" || lane == "":
		return fmt.Sprint(w.c.config.Name, " ", w.peer.N)
	}
	return strings.TrimSpace(fmt.Sprint(w.c.config.Name, " ", w.peer.N, ".", lane))
}

// gone makes what the worker had begun lost, unless it is us who hung up.
func (w *witness) gone() {
	w.c.mu.Lock()
	closed := w.c.closed
	w.c.mu.Unlock()
	if closed {
		return
	}
	now := int64(w.c.sink.Now())
	for _, s := range w.open {
		s.State, s.T1 = Lost, max(s.T0+1, now)
		w.c.sink.Span(s)
	}
}
