package ring_test

import (
	"io"
	"os"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/process/ring"
)

// exercise reads and writes until something ends it, at the latest a hang-up.
func exercise(t *testing.T, rings ...*ring.Ring) {
	var all []func() error
	for _, r := range rings {
		timer := time.AfterFunc(200*time.Microsecond, r.HangUp)
		defer timer.Stop() // a HangUp that comes after Close does nothing
		for _, f := range []func([]byte) (int, error){r.Read, r.Write} {
			all = append(all, func() error {
				for p := make([]byte, 50); ; {
					n, err := f(p)
					if n < 0 || n > len(p) || err == nil && n == 0 {
						t.Errorf("%d of %d bytes, error %v", n, len(p), err)
					}
					switch err {
					case nil:
					case io.EOF, io.ErrClosedPipe, ring.ErrCorrupt:
						return nil
					default:
						return err
					}
				}
			})
		}
	}
	together(t, all...)
}

// header is that of an honest ring.
func header(t testing.TB) []byte {
	t.Helper()
	r, file, err := ring.New(64)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer file.Close()
	b := make([]byte, up+256)
	if _, err := file.ReadAt(b, 0); err != nil {
		t.Fatal(err)
	}
	return b
}

// Whatever the header says: no panic, and an end. How far the reads and writes
// get is up to the scheduler, so fuzz with -fuzzminimizetime 10x: go test would
// spend its time on inputs that cover the same code only sometimes.
func FuzzHeader(f *testing.F) {
	honest := header(f)
	f.Add([]byte{})
	f.Add(honest)
	f.Add(honest[:down])
	for _, at := range []int{magicAt, versionAt, sizeAt, takenAt, overAt, down + head, up + tail, up + readerSleeps} {
		odd := append([]byte(nil), honest...)
		odd[at] ^= 0xff
		f.Add(odd)
	}
	f.Fuzz(func(t *testing.T, header []byte) {
		parent, file, err := ring.New(64)
		if err != nil {
			t.Fatal(err)
		}
		defer parent.Close()
		if _, err := file.WriteAt(header[:min(len(header), 4096)], 0); err != nil {
			t.Fatal(err)
		}
		other, err := ring.Open(file)
		if err != nil {
			exercise(t, parent)
			return
		}
		defer other.Close()
		exercise(t, parent, other)
	})
}

// What a Read and a Write say of positions is told by arithmetic: the error,
// or how many bytes there are.
func FuzzPositions(f *testing.F) {
	f.Add(uint32(first), uint32(first), uint32(0), uint32(0), false)
	f.Add(uint32(first+10), uint32(first), uint32(1), uint32(1), false)
	f.Add(uint32(0), uint32(0), uint32(1), uint32(0), true)
	f.Add(uint32(1), uint32(first-1), uint32(7), uint32(7), true)
	f.Fuzz(func(t *testing.T, written, read, sleepsR, sleepsW uint32, over bool) {
		parent, file, err := ring.New(64)
		if err != nil {
			t.Fatal(err)
		}
		defer parent.Close()
		defer file.Close()
		scribble(t, file, written, read, sleepsR, sleepsW)
		if over {
			parent.HangUp()
		}
		want, wantErr := written-first, error(nil)
		switch {
		case want > 64:
			want, wantErr = 0, ring.ErrCorrupt
		case want == 0:
			parent.HangUp()
			wantErr = io.EOF
		}
		if n, err := parent.Read(make([]byte, 100)); uint32(n) != want || err != wantErr {
			t.Errorf("head %d: read %d bytes, error %v; want %d, %v", written, n, err, want, wantErr)
		}
		exercise(t, parent)
	})
}

// scribble is what a bad child does to both directions.
func scribble(t testing.TB, file *os.File, written, read, sleepsR, sleepsW uint32) {
	t.Helper()
	for at, value := range map[int64]uint32{
		up + head: written, down + tail: read,
		up + tail: read, down + head: written, // those of the parent, which it keeps for itself
		down + readerSleeps: sleepsR, up + writerSleeps: sleepsW, up + readerSleeps: sleepsW, down + writerSleeps: sleepsR,
	} {
		poke(t, file, at, value)
	}
}
