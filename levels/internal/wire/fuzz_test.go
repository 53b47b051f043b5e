package wire_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"runtime"
	"testing"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/internal/wire"
)

const (
	// fixed is what a Reader takes however little it reads: its buffer, a frame of up to a
	// mebibyte, which is made at once, and what the test itself does meanwhile, the race
	// detector included.
	fixed = 4 << 20

	// perByte is what a byte takes at most: a task without name and input comes as eight
	// bytes and becomes forty, a lost result without text as five and as many.
	perByte = 10
)

// cost returns how many bytes f allocates.
func cost(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// isFair fails the test if to read frames took too much memory.
func isFair(t *testing.T, took uint64, frames []byte) {
	t.Helper()
	if most := uint64(perByte*len(frames) + fixed); took > most {
		t.Errorf("%d bytes took %d, want %d at most", len(frames), took, most)
	}
}

// frame is one of n bytes: some to begin with, then zeros.
func frame(n uint32, start ...byte) []byte {
	b := append(binary.BigEndian.AppendUint32(nil, n), start...)
	return append(b, make([]byte, int(n)-len(start))...)
}

func FuzzTaskFrames(f *testing.F) {
	var good bytes.Buffer
	w := wire.NewWriter(&good)
	if err := errors.Join(w.Tasks(tasks[:3]), w.Tasks(nil), w.Tasks(tasks[:1])); err != nil {
		f.Fatal(err)
	}
	f.Add(good.Bytes())
	f.Add(good.Bytes()[:good.Len()-1])
	f.Add([]byte{0, 0x10, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Add([]byte{0x04, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, frames []byte) {
		isFair(t, cost(func() {
			r := wire.NewReader(bytes.NewReader(frames))
			for {
				if _, err := r.Tasks(); err != nil {
					return
				}
			}
		}), frames)
	})
}

func FuzzResultFrames(f *testing.F) {
	var good bytes.Buffer
	w := wire.NewWriter(&good)
	some := []levels.Result{{Output: []byte("fine")}, {Err: errors.New("broken")}, {Err: levels.ErrLost}}
	if err := errors.Join(w.Results(some), w.Will(), w.Results(some[1:])); err != nil {
		f.Fatal(err)
	}
	f.Add(good.Bytes(), uint16(3))
	f.Add(good.Bytes(), uint16(100))
	f.Add([]byte{0, 0x10, 0, 0, 0xff, 0xff, 0x03}, uint16(1000))
	f.Add([]byte{0x04, 0, 0, 0, 1}, uint16(1))
	f.Fuzz(func(t *testing.T, frames []byte, size uint16) {
		dst := make([]levels.Result, size)
		isFair(t, cost(func() {
			r := wire.NewReader(bytes.NewReader(frames))
			for {
				n, err := r.Results(dst)
				if err == io.EOF {
					t.Error("EOF, which would be an end where a result is due")
				}
				if err != nil {
					return
				}
				if n > len(dst) {
					t.Fatalf("%d results in %d places", n, len(dst))
				}
			}
		}), frames)
	})
}

// The dearest frames are those of entries without content.
func TestEmptyEntries(t *testing.T) {
	tasks := frame(8<<17+3, 0x80, 0x80, 0x08) // 1<<17 of eight bytes
	isFair(t, cost(func() {
		if _, err := wire.NewReader(bytes.NewReader(tasks)).Tasks(); err != nil {
			t.Error(err)
		}
	}), tasks)
	dst := make([]levels.Result, 1<<17)
	results := frame(5<<17+3, 0x80, 0x80, 0x08)
	for i := 7; i < len(results); i += 5 {
		results[i] = 2 // lost
	}
	isFair(t, cost(func() {
		if n, err := wire.NewReader(bytes.NewReader(results)).Results(dst); n != len(dst) || err != nil {
			t.Error(n, err)
		}
	}), results)
}
