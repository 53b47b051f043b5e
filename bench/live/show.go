package live

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/fourlevels/fourlevels/bench/strict"
)

// A Show is a recording: what a demo put on its stage, to be shown again.
type Show struct {
	Header Header
	Events []Event
	End    End
}

// Header is the first line of a recording.
type Header struct {
	Format string `json:"fourlevels"` // always [ShowFormat]
	Demo   string `json:"demo"`
	Title  string `json:"title,omitempty"`
}

// End is its last line. A file without it was cut.
type End struct {
	Events   int           `json:"events"`
	FirstBar time.Duration `json:"first_bar"` // when the first span came, in nanoseconds since the show began
}

// ShowFormat names the format. Another number is another format.
const ShowFormat = "show 1"

// longest is how long a show can be, and so the largest time in it.
const longest = 24 * time.Hour

// The sizes of a recording that somebody made up.
const (
	maxLine   = 1 << 20
	maxEvents = 2_000_000
)

// A line of a recording, after the header, is an event or the end.
type line struct {
	Event
	End *End `json:"end,omitempty"`
}

// ReadShow reads a recording and is strict about it: what is shown to an audience should
// be what was recorded. Errors name the line.
func ReadShow(r io.Reader) (*Show, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	s := &Show{}
	n, ended := 0, false
	for lines.Scan() {
		n++
		var err error
		switch {
		case n == 1:
			err = s.header(lines.Bytes())
		case ended:
			err = errors.New("there is more after the end")
		default:
			ended, err = s.line(lines.Bytes())
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return nil, fmt.Errorf("line %d: longer than %d bytes", n+1, maxLine)
	case err != nil:
		return nil, err
	case n == 0:
		return nil, errors.New("it is empty: want a file that --record wrote")
	case !ended:
		return nil, fmt.Errorf("line %d is not the end: the file was cut", n)
	}
	return s, nil
}

func (s *Show) header(text []byte) error {
	if _, err := strict.JSON(text, &s.Header); err != nil || s.Header.Format == "" {
		return errors.New("this is no recording of a demo: want a file that --record wrote")
	}
	if s.Header.Format != ShowFormat {
		return fmt.Errorf("format %.40q is not known: want %q", s.Header.Format, ShowFormat)
	}
	return nil
}

func (s *Show) line(text []byte) (ended bool, err error) {
	var l line
	if _, err := strict.JSON(text, &l); err != nil {
		return false, fmt.Errorf("no event: %w", err)
	}
	if l.End != nil {
		s.End = *l.End
		if l.End.Events != len(s.Events) {
			return true, fmt.Errorf("%d events were written, and here are %d: some are missing", l.End.Events, len(s.Events))
		}
		return true, nil
	}
	last := time.Duration(0)
	if n := len(s.Events); n > 0 {
		last = s.Events[n-1].At
	}
	switch err := l.check(); {
	case err != nil:
		return false, err
	case l.At < last:
		return false, fmt.Errorf("time goes back from %v to %v", last, l.At)
	case len(s.Events) == maxEvents:
		return false, fmt.Errorf("there are more than %d events", maxEvents)
	}
	s.Events = append(s.Events, l.Event)
	return false, nil
}

// check says what is wrong with an event that came from a file.
func (e Event) check() error {
	parts := 0
	for _, there := range []bool{e.Scene != nil, e.Span != nil, e.Count != nil, e.Point != nil,
		e.Bars != nil, e.Vote != nil, e.Table != nil, e.Say != ""} {
		if there {
			parts++
		}
	}
	switch {
	case e.At < 0 || e.At > longest:
		return fmt.Errorf("time %d is not within a day", e.At)
	case parts != 1:
		return fmt.Errorf("an event has %d parts, want one", parts)
	case e.Span != nil:
		return e.Span.check()
	}
	return nil
}

// check says what is wrong with a span that came from elsewhere.
func (s Span) check() error {
	switch {
	case !slices.Contains(order[:], s.State):
		return fmt.Errorf("state %.20q is not known", s.State)
	case s.Lane == "":
		return errors.New("a span has no lane")
	case s.T0 < 0 || s.T0 > int64(longest) || s.T1 > int64(longest) || s.T1 != 0 && s.T1 < s.T0:
		return fmt.Errorf("a span is from %d to %d", s.T0, s.T1)
	}
	return nil
}
