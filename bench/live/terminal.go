package live

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// TerminalConfig is how a terminal is drawn on. Its zero value suits any.
type TerminalConfig struct {
	Width     int  // in columns; 0 means 80
	Height    int  // in lines: what moves must fit; 0 means 24
	ASCII     bool // it has no blocks
	Color     bool // it has 256 colours, and may use them
	Projector bool // lanes twice as high
	FPS       int  // frames a second; 0 means 10
}

// A Terminal draws the stage in place, some times a second. The last frame of each scene
// stays where it can be scrolled back to.
type Terminal struct {
	w      io.Writer
	look   look
	height int

	mu    sync.Mutex
	past  []*board // scenes that ended since the last frame
	board *board
	heard time.Time // when the latest event came

	drawn int // lines of the frame that moves
	err   error
	close sync.Once
	quit  chan struct{}
	loop  sync.WaitGroup // the goroutine that draws; Close waits for it
}

// NewTerminal begins to draw on w.
func NewTerminal(w io.Writer, c TerminalConfig) *Terminal {
	t := &Terminal{
		w:      w,
		look:   look{width: max(40, cmp.Or(c.Width, 80)), ascii: c.ASCII, color: c.Color, projector: c.Projector},
		height: cmp.Or(c.Height, 24),
		board:  newBoard(),
		quit:   make(chan struct{}),
	}
	tick := time.NewTicker(time.Second / time.Duration(cmp.Or(c.FPS, 10)))
	t.loop.Go(func() {
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				t.draw(false)
			case <-t.quit:
				t.draw(true)
				return
			}
		}
	})
	return t
}

// Show implements [Viewer]. It draws nothing itself.
func (t *Terminal) Show(e Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.heard = time.Now()
	if e.Scene == nil {
		t.board.take(e)
		return
	}
	if !t.board.empty() {
		t.board.now = e.At
		t.past = append(t.past, t.board)
	}
	t.board = t.board.begin(*e.Scene, e.At)
}

// draw replaces the frame that moves. Scenes that have ended, and at the end the last
// one, are left above it.
func (t *Terminal) draw(end bool) {
	t.mu.Lock()
	var lines []string
	for _, b := range t.past {
		lines = append(append(lines, t.look.frame(b, b.now, true)...), "")
	}
	t.past = nil
	still := len(lines)
	switch {
	case t.board.empty():
	case end:
		lines = append(lines, t.look.frame(t.board, t.board.now, true)...)
		still = len(lines)
	default:
		lines = append(lines, t.moving(t.board.now+time.Since(t.heard))...)
	}
	t.mu.Unlock()
	if t.err != nil || len(lines) == 0 && t.drawn == 0 {
		return
	}
	_, t.err = io.WriteString(t.w, over(t.drawn, lines))
	t.drawn = len(lines) - still
}

// moving is the frame that moves, in the lines that there are: what has scrolled away
// cannot be drawn over. If they are too few, lanes are not high, nothing stands apart, and
// the last of the lanes go first.
func (t *Terminal) moving(now time.Duration) []string {
	frame := t.look.frame(t.board, now, false)
	if len(frame) < t.height {
		return frame
	}
	low := t.look
	low.projector = false
	if frame = low.frame(t.board, now, false); len(frame) < t.height {
		return frame
	}
	return squeeze(low.parts(t.board, now, false), t.height-1)
}

// over writes lines over as many that were there. It says carriage return too: a terminal
// that hands over single keys does not add it.
func over(drawn int, lines []string) string {
	var b strings.Builder
	if drawn > 0 {
		fmt.Fprintf(&b, "\x1b[%dA\r", drawn)
	}
	for _, line := range lines {
		b.WriteString(line + "\x1b[K\r\n")
	}
	b.WriteString("\x1b[J")
	return b.String()
}

// Close leaves the last frame, and returns what writing failed with first.
func (t *Terminal) Close() error {
	t.close.Do(func() { close(t.quit) })
	t.loop.Wait()
	return t.err
}
