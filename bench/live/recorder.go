package live

import (
	"bufio"
	"encoding/json"
	"io"
)

// A Recorder writes the stage down, an event a line, for [ReadShow].
type Recorder struct {
	w      *bufio.Writer
	json   *json.Encoder
	end    End
	seen   bool // a span
	closed bool
	err    error
}

// NewRecorder writes to w, which stays the caller's to close.
func NewRecorder(w io.Writer, h Header) *Recorder {
	r := &Recorder{w: bufio.NewWriter(w)}
	r.json = json.NewEncoder(r.w)
	h.Format = ShowFormat
	r.err = r.json.Encode(h)
	return r
}

// Show implements [Viewer].
func (r *Recorder) Show(e Event) {
	if r.err != nil {
		return
	}
	if e.Span != nil && !r.seen {
		r.seen, r.end.FirstBar = true, e.At
	}
	r.end.Events++
	r.err = r.json.Encode(e)
}

// Close writes the end, without which the recording counts as cut, and returns what
// writing failed with first.
func (r *Recorder) Close() error {
	if r.closed || r.err != nil {
		return r.err
	}
	r.closed = true
	if r.err = r.json.Encode(line{End: &r.end}); r.err == nil {
		r.err = r.w.Flush()
	}
	return r.err
}
