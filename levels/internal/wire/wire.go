// Package wire writes tasks and results as bytes, for workers that do not
// share memory with the caller.
//
// A batch is a count followed by that many tasks or results. A task is two
// fields, a function's name and its input; a result is a kind followed by one
// field, its output or the text of its error. A field is a length in four bytes
// followed by as many; counts are varints. Shorter lengths would save bytes, and cost
// time; and an entry of two bytes would claim twenty times its size in memory.
//
// Nothing here runs what it reads: names are looked up in a table by the
// worker, and every length is checked against what has really arrived.
package wire

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/fourlevels/fourlevels/levels"
)

const (
	// Version is the protocol's. Both ends must speak the same one; there is
	// no negotiation, because both are built from the same source.
	Version = 4

	// Limit is the most bytes a batch may take. It keeps a corrupt length
	// from claiming all memory.
	Limit = 64 << 20
)

// The kinds of a result.
const (
	output  = iota // the field is the output
	failure        // the field is the text of an error
	lost           // the same, of an error that is [levels.ErrLost]
	late           // the same, of an error that is [context.DeadlineExceeded]
)

// AppendTasks appends tasks to b.
func AppendTasks(b []byte, tasks []levels.Task) []byte {
	b = binary.AppendUvarint(b, uint64(len(tasks)))
	for _, t := range tasks {
		b = appendField(b, t.Func)
		b = appendField(b, t.Input)
	}
	return b
}

// Tasks reads what [AppendTasks] wrote. The inputs are slices of b.
func Tasks(b []byte) ([]levels.Task, error) {
	return readTasks(nil, b)
}

// readTasks is Tasks into the memory of tasks, if that is large enough.
func readTasks(tasks []levels.Task, b []byte) ([]levels.Task, error) {
	n, b, err := count(b, leastTask)
	if err != nil {
		return nil, err
	}
	if tasks = tasks[:0]; cap(tasks) < n {
		tasks = make([]levels.Task, 0, n)
	}
	name := "" // most batches call one function: its name is allocated once
	for range n {
		var field, input []byte
		if field, b, err = cutField(b); err != nil {
			return nil, err
		}
		if string(field) != name {
			name = string(field)
		}
		if input, b, err = cutField(b); err != nil {
			return nil, err
		}
		tasks = append(tasks, levels.Task{Func: name, Input: input})
	}
	return tasks, end(b)
}

// AppendResults appends results to b. Of an error only the text is kept, and
// whether it is [levels.ErrLost] or [context.DeadlineExceeded]. An output that would take b over [Limit]
// becomes an error.
func AppendResults(b []byte, results []levels.Result) []byte {
	b = binary.AppendUvarint(b, uint64(len(results)))
	for _, r := range results {
		switch {
		case r.Err == nil && len(b)+len(r.Output) < Limit-slack:
			b = append(b, output)
			b = appendField(b, r.Output)
		case r.Err == nil:
			b = append(b, failure)
			b = appendField(b, fmt.Sprintf("output of %d bytes does not fit: the results of a batch may take %d bytes", len(r.Output), Limit))
		case errors.Is(r.Err, levels.ErrLost):
			b = append(b, lost)
			b = appendField(b, cut(r.Err.Error()))
		case errors.Is(r.Err, context.DeadlineExceeded):
			b = append(b, late)
			b = appendField(b, cut(r.Err.Error()))
		default:
			b = append(b, failure)
			b = appendField(b, cut(r.Err.Error()))
		}
	}
	return b
}

// slack is left free below Limit for the errors of the outputs that do not fit.
const slack = 4 << 20

// cut keeps the text of an error short enough for a thousand of them to fit
// into the slack.
func cut(text string) string {
	const most = 2 << 10
	if len(text) > most {
		return text[:most] + "..."
	}
	return text
}

// Results reads what [AppendResults] wrote into dst, and fails unless there
// are exactly as many. The outputs are slices of b. After an error dst is
// unchanged.
func Results(b []byte, dst []levels.Result) error {
	results := make([]levels.Result, len(dst))
	if err := fill(b, results); err != nil {
		return err
	}
	copy(dst, results)
	return nil
}

// fill is Results that leaves what it can read in dst, whose results are zero before.
func fill(b []byte, dst []levels.Result) error {
	n, b, err := count(b, leastResult)
	if err != nil {
		return err
	}
	if n != len(dst) {
		return fmt.Errorf("want %d results, have %d", len(dst), n)
	}
	for i := range dst {
		if len(b) == 0 {
			return errShort
		}
		kind := b[0]
		var field []byte
		if field, b, err = cutField(b[1:]); err != nil {
			return err
		}
		switch kind {
		case output:
			dst[i].Output = field
		case failure:
			dst[i].Err = errors.New(string(field))
		case lost:
			dst[i].Err = sentError{string(field), levels.ErrLost}
		case late:
			dst[i].Err = sentError{string(field), context.DeadlineExceeded}
		default:
			return fmt.Errorf("result %d is of unknown kind %d", i, kind)
		}
	}
	return end(b)
}

// A sentError came over the wire with the text that it had there.
type sentError struct {
	text string
	kind error
}

func (e sentError) Error() string { return e.text }
func (e sentError) Unwrap() error { return e.kind }

// Fit returns how many of the tasks, counted from the first, to send as one
// batch: as many as stay below a mebibyte, and at least one. It fails if the
// first is over [Limit] by itself. There must be a first.
func Fit(tasks []levels.Task) (int, error) {
	const enough = 1 << 20
	if size := len(tasks[0].Func) + len(tasks[0].Input); size > Limit-slack {
		return 0, fmt.Errorf("input of %d bytes is over the limit of %d", size, Limit-slack)
	}
	size := 0
	for i, t := range tasks {
		if size += len(t.Func) + len(t.Input); size > enough {
			return max(i, 1), nil
		}
	}
	return len(tasks), nil
}

// Size is about how many bytes tasks take.
func Size(tasks []levels.Task) int {
	size := 0
	for _, t := range tasks {
		size += len(t.Func) + len(t.Input)
	}
	return size
}

var errShort = errors.New("message ends too early")

// The least bytes that a task and a result take.
const (
	leastTask   = 8
	leastResult = 5
)

// count reads the number of entries, each of which takes so many bytes or more.
func count(b []byte, least int) (int, []byte, error) {
	n, size := binary.Uvarint(b)
	if size <= 0 || n > uint64((len(b)-size)/least) {
		return 0, nil, errShort
	}
	return int(n), b[size:], nil
}

func appendField[T string | []byte](b []byte, field T) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(field)))
	return append(b, field...)
}

// cutField reads one field, and returns what comes after it too. The field's
// capacity ends with it, so that appending to it leaves the next one alone.
func cutField(b []byte) (field, rest []byte, err error) {
	if len(b) < 4 {
		return nil, nil, errShort
	}
	n := uint64(binary.BigEndian.Uint32(b))
	if n > uint64(len(b)-4) {
		return nil, nil, errShort
	}
	hi := 4 + int(n)
	return b[4:hi:hi], b[hi:], nil
}

func end(b []byte) error {
	if len(b) > 0 {
		return fmt.Errorf("%d bytes after the end of the message", len(b))
	}
	return nil
}
