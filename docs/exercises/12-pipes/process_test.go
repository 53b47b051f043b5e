package pipes

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"sync/atomic"
	"testing"
	"time"
)

// A process stands for another one, at the other ends of two pipes.
type process struct {
	to   io.WriteCloser
	from io.Reader
	gone chan struct{}
}

// start starts one that ends after so many answers.
func start(t *testing.T, life int, readsOn bool) process {
	in, to := io.Pipe()
	from, out := io.Pipe()
	p := process{to, from, make(chan struct{})}
	go func() { // the test waits until it is gone
		defer close(p.gone)
		defer in.Close()
		live(in, out, life)
		out.Close()
		if readsOn {
			io.Copy(io.Discard, in)
		}
	}()
	t.Cleanup(func() {
		in.Close()
		out.Close()
		<-p.gone
	})
	return p
}

func live(in io.Reader, out io.Writer, life int) {
	for range life {
		question, err := unframe(in)
		if err != nil {
			return
		}
		var answer bytes.Buffer
		frame(&answer, answerTo(question))
		if _, err := answer.WriteTo(out); err != nil {
			return
		}
	}
}

func answerTo(question []byte) []byte { return append([]byte("re: "), question...) }

func frame(w *bytes.Buffer, message []byte) {
	w.Write(binary.BigEndian.AppendUint32(nil, uint32(len(message))))
	w.Write(message)
}

func unframe(r io.Reader) ([]byte, error) {
	var length uint32
	if err := binary.Read(r, binary.BigEndian, &length); err != nil {
		return nil, err
	}
	message := make([]byte, min(length, 1<<20))
	_, err := io.ReadFull(r, message)
	return message, err
}

// slow takes a second to be closed: who does not wait for that is seen.
type slow struct {
	io.WriteCloser
	closing, closed atomic.Int64
}

func (s *slow) Close() error {
	s.closing.Add(1)
	time.Sleep(time.Second)
	defer s.closed.Add(1)
	return s.WriteCloser.Close()
}

type closer struct{ io.Writer }

func (closer) Close() error { return nil }

// frames makes frames into the lines of the pitfall's filter, and its lines into frames.
type frames struct {
	to   io.WriteCloser
	from *bufio.Reader
	rest bytes.Buffer
}

func (f *frames) Close() error { return f.to.Close() }

func (f *frames) Write(b []byte) (int, error) {
	f.rest.Write(b)
	for {
		message, err := unframe(bytes.NewReader(f.rest.Bytes()))
		if err != nil {
			return len(b), nil // the rest of it is still to come
		}
		f.rest.Next(4 + len(message))
		if _, err := f.to.Write(append(message, '\n')); err != nil {
			return 0, err
		}
	}
}

func (f *frames) Read(b []byte) (int, error) {
	if f.rest.Len() == 0 {
		line, err := f.from.ReadBytes('\n')
		if err != nil {
			return 0, err
		}
		frame(&f.rest, bytes.TrimSuffix(line, []byte("\n")))
	}
	return f.rest.Read(b)
}
