package chunkofone

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/fourlevels/fourlevels/levels/pitfall"
	"github.com/fourlevels/fourlevels/levels/process/child"
)

// longest is how many items a chunk may have. Bytes from another process are not to be
// trusted with how much memory to take.
const longest = 1 << 16

// write sends a chunk: how many numbers, and then the numbers. It is in the pipe at once.
func write(w *bufio.Writer, chunk []uint64) error {
	return errors.Join(binary.Write(w, binary.LittleEndian, uint32(len(chunk))), binary.Write(w, binary.LittleEndian, chunk), w.Flush())
}

func read(r io.Reader) ([]uint64, error) {
	var n uint32
	if err := binary.Read(r, binary.LittleEndian, &n); err != nil {
		return nil, err
	}
	if n > longest {
		return nil, fmt.Errorf("a chunk of %d items: more than %d", n, longest)
	}
	chunk := make([]uint64, n)
	return chunk, binary.Read(r, binary.LittleEndian, chunk)
}

// work is the worker process. It ends with its standard input.
func work([]string) error {
	in, out := bufio.NewReader(os.Stdin), bufio.NewWriter(os.Stdout)
	for {
		chunk, err := read(in)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for i, item := range chunk {
			chunk[i] = mix(item)
		}
		if err := write(out, chunk); err != nil {
			return err
		}
	}
}

// mix is the work on one item: some 150 nanoseconds.
func mix(item uint64) uint64 {
	for range 128 {
		item ^= item >> 29
		item *= 0xbf58476d1ce4e5b9
	}
	return item
}

// hire starts the worker, and returns how to have it hash a chunk, and how to let it go.
func hire() (hash func([]uint64) ([]uint64, error), dismiss func() error, err error) {
	p, err := child.Start(pitfall.Helper(id, "worker"))
	if err != nil {
		return nil, nil, err
	}
	in, out := bufio.NewReader(p.Stdout), bufio.NewWriter(p.Stdin)
	hash = func(chunk []uint64) ([]uint64, error) {
		if len(chunk) > longest {
			return nil, fmt.Errorf("a chunk of %d items: more than %d", len(chunk), longest)
		}
		if err := write(out, chunk); err != nil {
			return nil, err
		}
		return read(in)
	}
	return hash, func() error { return p.Stop(5 * time.Second) }, nil
}
