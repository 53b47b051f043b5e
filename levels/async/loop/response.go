package loop

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

const (
	maxBody    = 16 << 20 // of an answer; more is an error
	maxReason  = 64 << 10 // of what comes with another status than 200; more is not read
	maxTrust   = 1 << 20  // memory does not follow larger claims
	maxHead    = 64 << 10 // all lines before the body
	maxLine    = 4 << 10  // the line before a chunk, or all lines after the last
	maxInterim = 5        // 1xx answers before the one that counts
	maxWaste   = 64 << 10 // bytes around the chunks, beside 16 for each byte in them
)

// A response takes an answer apart as it comes, in pieces of any size. What it keeps
// between two pieces is at most one line.
type response struct {
	state   state
	status  int
	text    string // "404 Not Found"; empty if it is "200 OK"
	body    []byte
	memory  *memory // that it comes from; nil means that it is new
	close   bool    // the connection cannot be used again
	old     bool    // HTTP/1.0
	keep    bool    // HTTP/1.0 with keep-alive
	chunked bool
	interim int
	length  int64  // as announced; -1 if not
	left    int64  // of the body, or of the chunk
	held    []byte // a line of which the end is missing
	lines   int    // bytes of the lines since the last body, chunk or start
	waste   int64  // bytes around the chunks
}

type state uint8

const (
	inStatus state = iota
	inHead
	inBody
	inEndless // body: it ends with the connection
	inSize    // of a chunk
	inChunk
	inChunkEnd
	inTrailer
	complete
)

// feed takes the next piece. It returns how much of it belongs to the answer: less
// than all if the answer ends before.
func (r *response) feed(p []byte) (used int, err error) {
	for used < len(p) && r.state != complete && err == nil {
		n := 0
		switch r.state {
		case inBody, inEndless, inChunk:
			n, err = r.data(p[used:])
		default:
			n, err = r.line(p[used:])
		}
		used += n
	}
	return used, err
}

// end says that there will be no more pieces.
func (r *response) end() error {
	switch r.state {
	case inEndless:
		r.state = complete
	case complete:
	default:
		return io.ErrUnexpectedEOF
	}
	return nil
}

// line takes the rest of a line, or what there is of it.
func (r *response) line(p []byte) (n int, err error) {
	n = bytes.IndexByte(p, '\n') + 1
	whole := n > 0
	if !whole {
		n = len(p)
	}
	if r.lines += n; r.lines > r.limit() {
		return n, fmt.Errorf("answer has lines of over %d bytes around its body", r.limit())
	}
	line := p[:n]
	if len(r.held) > 0 || !whole {
		r.held = append(r.held, line...)
		line = r.held
	}
	if !whole {
		return n, nil
	}
	r.held = r.held[:0]
	return n, r.take(line)
}

func (r *response) limit() int {
	if r.state == inStatus || r.state == inHead {
		return maxHead
	}
	return maxLine
}

// take takes a line with its end.
func (r *response) take(line []byte) error {
	switch r.state {
	case inSize:
		return r.size(line)
	case inChunkEnd:
		if r.lines = 0; string(line) != "\r\n" {
			return errors.New("answer has a chunk without an end")
		}
		r.state = inSize
		return nil
	}
	line = bytes.TrimSuffix(line[:len(line)-1], []byte("\r"))
	switch {
	case r.state == inStatus:
		return r.statusLine(line)
	case len(line) == 0 && r.state == inHead:
		return r.headEnd()
	case len(line) == 0:
		r.state = complete
		return nil
	}
	key, value, err := field(line)
	if err == nil && r.state == inHead { // trailers are only checked
		err = r.field(key, value)
	}
	return err
}

// size takes the line before a chunk.
func (r *response) size(line []byte) error {
	r.waste += int64(len(line))
	digits, ok := bytes.CutSuffix(line, []byte("\r\n"))
	digits, _, _ = bytes.Cut(bytes.TrimRight(digits, " \t"), []byte(";"))
	n, hex := hexadecimal(digits)
	switch {
	case !ok || bytes.IndexByte(line[:len(line)-2], '\r') >= 0 || !hex:
		return fmt.Errorf("answer has a chunk of size %.80q", line)
	case r.waste > maxWaste+16*int64(len(r.body)):
		return errors.New("answer has too little in its chunks")
	}
	r.left, r.lines = n, 0
	r.state = inChunk
	if n == 0 {
		r.state = inTrailer
	}
	return r.announced(int64(len(r.body)), n)
}

// announced checks the size of a body before it comes.
func (r *response) announced(had, more int64) error {
	if r.status == 200 && more > maxBody-had {
		return fmt.Errorf("answer is over the limit of %d bytes", maxBody)
	}
	return nil
}

// data takes a part of the body.
func (r *response) data(p []byte) (int, error) {
	n := len(p)
	if r.state != inEndless {
		n = int(min(int64(n), r.left))
	}
	if r.status != 200 && len(r.body)+n >= maxReason {
		r.body = append(r.body, p[:maxReason-len(r.body)]...)
		r.state, r.close = complete, true
		return n, nil
	}
	if err := r.announced(int64(len(r.body)), int64(n)); err != nil {
		return n, err
	}
	if r.body == nil && r.length > 0 {
		r.body = r.memory.take(int(min(r.length, maxTrust)))
	}
	r.body = append(r.body, p[:n]...)
	if r.left -= int64(n); r.left > 0 || r.state == inEndless {
		return n, nil
	}
	if r.state == inBody {
		r.state = complete
	} else {
		r.state = inChunkEnd
	}
	return n, nil
}
