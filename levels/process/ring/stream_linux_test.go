package ring_test

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
)

// lengths of messages: all around the size of the ring, many small ones, and
// one that goes round many times.
func lengths(size int) []int {
	var all []int
	for d := -3; d <= 3; d++ {
		all = append(all, max(0, size/2+d), max(0, size+d), max(0, 2*size+d))
	}
	for range 500 {
		all = append(all, rand.IntN(40))
	}
	return append(all, 9*size+1)
}

// send writes messages: a length, a checksum, the bytes.
func send(w io.Writer, lengths []int) error {
	random := rand.NewChaCha8([32]byte{})
	for _, n := range lengths {
		message := make([]byte, 8+n)
		random.Read(message[8:])
		binary.NativeEndian.PutUint32(message, uint32(n))
		binary.NativeEndian.PutUint32(message[4:], crc32.ChecksumIEEE(message[8:]))
		if got, err := w.Write(message); got != len(message) || err != nil {
			return fmt.Errorf("wrote %d of %d bytes: %w", got, len(message), err)
		}
	}
	return nil
}

func receive(r io.Reader, lengths []int) error {
	for i, n := range lengths {
		message := make([]byte, 8+n)
		if _, err := io.ReadFull(r, message); err != nil {
			return fmt.Errorf("message %d: %w", i, err)
		}
		if got := int(binary.NativeEndian.Uint32(message)); got != n {
			return fmt.Errorf("message %d: %d bytes, want %d", i, got, n)
		}
		if binary.NativeEndian.Uint32(message[4:]) != crc32.ChecksumIEEE(message[8:]) {
			return fmt.Errorf("message %d of %d bytes: wrong checksum", i, n)
		}
	}
	return nil
}

// together runs all functions at once, and reports their errors.
func together(t *testing.T, fs ...func() error) {
	t.Helper()
	errs := make([]error, len(fs))
	var wg sync.WaitGroup
	for i, f := range fs {
		wg.Go(func() { errs[i] = f() })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
}

func TestBothWaysAtOnce(t *testing.T) {
	for _, size := range []int{1, 2, 64, 4096, 0} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			a, b, _ := pair(t, size)
			size := cmp.Or(size, 1<<20)
			there, back := lengths(size), lengths(size)
			together(t,
				func() error { return send(a, there) }, func() error { return receive(b, there) },
				func() error { return send(b, back) }, func() error { return receive(a, back) })
		})
	}
}

func TestBetweenProcesses(t *testing.T) {
	for _, size := range []int{64, 4096, 0} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			r, p := spawn(t, "echo", size)
			all := lengths(cmp.Or(size, 1<<20))
			together(t, func() error { return send(r, all) }, func() error { return receive(r, all) })
			r.HangUp()
			<-p.Done() // the child has seen it, or it would stay
			if n, err := r.Read(make([]byte, 1)); n != 0 || err != io.EOF {
				t.Errorf("Read after the child left: %d, %v", n, err)
			}
		})
	}
}

// A wake-up that is lost shows in the end: each costs a nap of 100 ms.
func TestPingPong(t *testing.T) {
	const rounds = 5000
	a, b, _ := pair(t, 64)
	there, back := make([]byte, 1), make([]byte, 1)
	together(t, func() error {
		for range rounds {
			if _, err := a.Write(there); err != nil {
				return err
			}
			if _, err := a.Read(there); err != nil {
				return err
			}
		}
		return nil
	}, func() error {
		for range rounds {
			if _, err := b.Read(back); err != nil {
				return err
			}
			if _, err := b.Write(back); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestPartialReads(t *testing.T) {
	a, b, _ := pair(t, 8)
	var got []byte
	for _, text := range []string{"abcdef", "ghijkl", "mnopqrst"} { // they wrap at different places
		if _, err := a.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		for p := make([]byte, 4); len(got) == 0 || got[len(got)-1] != text[len(text)-1]; {
			n, err := b.Read(p)
			if n == 0 || err != nil {
				t.Fatalf("Read: %d, %v", n, err)
			}
			got = append(got, p[:n]...)
		}
	}
	if !bytes.Equal(got, []byte("abcdefghijklmnopqrst")) {
		t.Errorf("read %q", got)
	}
	if n, err := b.Read(nil); n != 0 || err != nil {
		t.Errorf("Read of nothing: %d, %v", n, err)
	}
}
