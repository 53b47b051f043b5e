package wire

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/fourlevels/fourlevels/levels"
)

// On a pipe each message is a frame: its length in four bytes, big end first,
// and then as many bytes.

// A Writer writes frames, each with one call of its writer's Write.
type Writer struct {
	w   io.Writer
	buf []byte // used again for each frame
}

// NewWriter returns a Writer of frames to w.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Tasks writes a frame of tasks.
func (w *Writer) Tasks(tasks []levels.Task) error {
	w.buf = AppendTasks(append(w.buf[:0], 0, 0, 0, 0), tasks)
	return w.frame()
}

// Results writes results, in as many frames as they need.
func (w *Writer) Results(results []levels.Result) error {
	for len(results) > 0 {
		n, size := 0, 0
		for n < len(results) && (n == 0 || size+len(results[n].Output) < 1<<20) {
			size += len(results[n].Output)
			n++
		}
		w.buf = AppendResults(append(w.buf[:0], 0, 0, 0, 0), results[:n])
		if err := w.frame(); err != nil {
			return err
		}
		results = results[n:]
	}
	return nil
}

// Will writes the last will of a batch: what has no result by now has not begun and
// will not, for the worker dies or gives up the batch.
func (w *Writer) Will() error {
	w.buf = AppendResults(append(w.buf[:0], 0, 0, 0, 0), nil)
	return w.frame()
}

func (w *Writer) frame() error {
	if len(w.buf)-4 > Limit {
		return fmt.Errorf("frame of %d bytes is over the limit of %d", len(w.buf)-4, Limit)
	}
	binary.BigEndian.PutUint32(w.buf, uint32(len(w.buf)-4))
	_, err := w.w.Write(w.buf)
	if cap(w.buf) > 1<<20 {
		w.buf = nil // one large frame should not hold its memory for ever
	}
	return err
}

// A Reader reads frames.
type Reader struct{ r *bufio.Reader }

// NewReader returns a Reader of frames from r.
func NewReader(r io.Reader) *Reader { return &Reader{bufio.NewReaderSize(r, 64<<10)} }

// Line reads a line of text, of at most 64 KiB, without its end. It is for the
// greeting that comes before the frames.
func (r *Reader) Line() (string, error) {
	line, err := r.r.ReadSlice('\n')
	return string(bytes.TrimSuffix(line, []byte("\n"))), err
}

// Ended waits until something comes, and returns nil if it is more to read, [io.EOF] at the end,
// and otherwise why nothing more comes. An error is told only once: what follows may see an end.
func (r *Reader) Ended() error {
	_, err := r.r.Peek(1)
	return err
}

// A Load is a frame of tasks. Its memory may be used for the next one.
type Load struct {
	Tasks []levels.Task
	bytes []byte // what the inputs are slices of
}

// Tasks is Load into memory of its own.
func (r *Reader) Tasks() ([]levels.Task, error) {
	var l Load
	err := r.Load(&l)
	return l.Tasks, err
}

// Load reads a frame of tasks into l, whose former tasks it overwrites. Where r ends
// between two frames it returns [io.EOF].
func (r *Reader) Load(l *Load) (err error) {
	if l.bytes, err = r.frame(l.bytes); err != nil {
		return err
	}
	l.Tasks, err = readTasks(l.Tasks, l.bytes)
	return err
}

// Results reads a frame of results into dst, which are zero before, and returns how many they are, at
// most as many as it holds. None means a last will, see [Writer.Will]. After an error
// dst may be filled in part.
func (r *Reader) Results(dst []levels.Result) (n int, err error) {
	b, err := r.frame(nil)
	if err != nil {
		return 0, noEOF(err)
	}
	n, _, err = count(b, leastResult)
	if err != nil {
		return 0, err
	}
	if n > len(dst) {
		return 0, fmt.Errorf("want %d results at most, have %d", len(dst), n)
	}
	return n, fill(b, dst[:n])
}

// frame reads a frame, into b if that is large enough.
func (r *Reader) frame(b []byte) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r.r, head[:]); err != nil {
		return nil, err
	}
	n := int64(binary.BigEndian.Uint32(head[:]))
	if n > Limit {
		return nil, fmt.Errorf("frame of %d bytes is over the limit of %d", n, Limit)
	}
	if n <= 1<<20 {
		if int64(cap(b)) < n {
			b = make([]byte, n)
		}
		_, err := io.ReadFull(r.r, b[:n])
		return b[:n], noEOF(err)
	}
	// Memory follows the bytes that arrive, not the length that was claimed.
	var large bytes.Buffer
	_, err := io.CopyN(&large, r.r, n)
	return large.Bytes(), noEOF(err)
}

// noEOF turns an end in the middle of a frame into an error.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
