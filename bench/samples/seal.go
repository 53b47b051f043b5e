package samples

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
)

// The lines of a sealed file that benchmark tools take for comments. A seal holds
// for all results between it and the seal above; its checksum is that of all bytes
// before its own line.
const (
	format    = "# fourlevels samples " // and its version
	head      = format + "1"
	sealLine  = "# sample %d round %d twin %t results %d crc32c %08x"
	endLine   = "# end samples %d results %d notes %d crc32c %08x"
	oldEnd    = "# end samples %d results %d crc32c %08x" // of runs that do not count their notes
	longest   = 64 << 10                                  // bytes in a line; no result comes near
	benchmark = "Benchmark"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A seal says where a sample belongs.
type seal struct {
	line  int // of the file
	round int
	twin  bool
}

// A ledger is what the seals of a file say so far.
type ledger struct {
	seals   []seal
	results int    // that are sealed
	open    int    // that are not yet
	sum     uint32 // of all bytes
	whole   int    // bytes, up to and with the last seal
	wholeAt uint32 // the sum there
	ended   bool
	notes   int // of the journal, without the last; less than 0 if the end does not say
}

// of returns the seal that a line is under; none if the file is not sealed.
func (l *ledger) of(line int) seal {
	for _, s := range l.seals {
		if line < s.line {
			return s
		}
	}
	return seal{}
}

// errUnsealed is about results that were not sealed: the harness was killed.
var errUnsealed = errors.New("the file ends within a sample, its writer was killed: levels bench --resume RUN completes it")

// verify goes through the lines of a file: each must have its end, and in a
// sealed file all must be as they were when they were sealed. On failure it
// returns the number of the line, and the ledger up to there.
func verify(data []byte) (l ledger, line int, err error) {
	isSealed := bytes.HasPrefix(data, []byte(head+"\n"))
	for rest := data; len(rest) > 0; {
		line++
		text, after, whole := bytes.Cut(rest, []byte("\n"))
		switch {
		case len(text) > longest:
			return l, line, errors.New("the line is longer than 64 KiB: no result is")
		case bytes.IndexByte(text, 0) >= 0:
			return l, line, errors.New("this is no text in UTF-8: is it another file, or in UTF-16?")
		case line == 1 && bytes.HasPrefix(text, []byte("\ufeff")):
			return l, line, errors.New("a byte order mark hides what the line says: save the file in UTF-8 without one")
		case !whole:
			return l, line, errors.New("the last line is cut: it has no newline")
		case line == 1 && bytes.HasPrefix(text, []byte(format)) && !isSealed:
			return l, line, fmt.Errorf("the file is in version %.20q of the format, and this program reads 1: take the levels that wrote it", bytes.TrimPrefix(text, []byte(format)))
		case l.ended:
			return l, line, errors.New("something follows the end of the run")
		case bytes.HasPrefix(text, []byte("# ")) && line > 1:
			if !isSealed {
				return l, line, fmt.Errorf("a seal, in a file that does not begin with %q", head)
			}
			if err := l.check(string(text), line); err != nil {
				return l, line, err
			}
			l.sum = crc32.Update(l.sum, castagnoli, rest[:len(text)+1])
			l.whole, l.wholeAt = len(data)-len(after), l.sum
			rest = after
			continue
		case bytes.HasPrefix(text, []byte(benchmark)):
			l.open++
		}
		l.sum = crc32.Update(l.sum, castagnoli, rest[:len(text)+1])
		rest = after
	}
	if isSealed && l.whole < len(data) && (len(l.seals) > 0 || l.open > 0) {
		return l, line, errUnsealed
	}
	return l, line, nil
}

// check enters a seal, or the end, if it is what it must be. What was read is only
// compared: nothing is taken from a line that does not fit.
func (l *ledger) check(text string, line int) error {
	s := seal{line: line}
	var n int
	var twin bool
	if _, err := fmt.Sscanf(text, "# sample %d round %d twin %t ", &n, &s.round, &twin); err == nil && s.round > 0 {
		s.twin = twin
		if l.open > 0 && text == fmt.Sprintf(sealLine, len(l.seals)+1, s.round, s.twin, l.open, l.sum) {
			l.seals, l.results, l.open = append(l.seals, s), l.results+l.open, 0
			return nil
		}
	}
	if l.open == 0 && l.end(text) {
		return nil
	}
	return errors.New("the seal does not fit what is above it: the file was changed or damaged")
}

// end enters the end.
func (l *ledger) end(text string) bool {
	var samples, results int
	if _, err := fmt.Sscanf(text, "# end samples %d results %d notes %d ", &samples, &results, &l.notes); err != nil {
		l.notes = -1
		l.ended = text == fmt.Sprintf(oldEnd, len(l.seals), l.results, l.sum)
		return l.ended
	}
	l.ended = l.notes >= 0 && text == fmt.Sprintf(endLine, len(l.seals), l.results, l.notes, l.sum)
	return l.ended
}
