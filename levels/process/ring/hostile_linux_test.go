package ring_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/fourlevels/fourlevels/levels/process/ring"
)

func TestNewRejectsSizes(t *testing.T) {
	for _, size := range []int{-1, 1<<29 + 1} {
		if _, _, err := ring.New(size); err == nil {
			t.Errorf("New(%d) has no error", size)
		}
	}
}

func TestOpenRejectsHeaders(t *testing.T) {
	for at, values := range map[int64][]uint32{
		magicAt:   {0, 1},
		versionAt: {0, 2},
		sizeAt:    {0, 1, 32, 63, 128, 1 << 31, 1<<32 - 1},
		takenAt:   {1},
	} {
		for _, value := range values {
			r, file, err := ring.New(64)
			if err != nil {
				t.Fatal(err)
			}
			poke(t, file, at, value)
			if _, err := ring.Open(file); err == nil {
				t.Errorf("Open with %d at %d has no error", value, at)
			}
			if file.Close() == nil {
				t.Error("Open left the file open")
			}
			r.Close()
		}
	}
}

// A file whose size is not sealed could be cut short under the reader.
func TestOpenRejectsFiles(t *testing.T) {
	plain, err := os.Create(filepath.Join(t.TempDir(), "plain"))
	if err != nil {
		t.Fatal(err)
	}
	shut, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	shut.Close()
	for name, file := range map[string]*os.File{
		"plain": plain, "shut": shut, "unsealed": memory(t, 8192, false),
		"empty": memory(t, 0, true), "header only": memory(t, 4096, true), "blank": memory(t, 8192, true),
	} {
		if _, err := ring.Open(file); err == nil {
			t.Errorf("Open of a file that is %s has no error", name)
		}
	}
}

func memory(t *testing.T, size int64, sealed bool) *os.File {
	t.Helper()
	fd, err := unix.MemfdCreate("ring test", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		t.Fatal(err)
	}
	file := os.NewFile(uintptr(fd), "ring test")
	if err := file.Truncate(size); err != nil {
		t.Fatal(err)
	}
	if sealed {
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_SEAL); err != nil {
			t.Fatal(err)
		}
	}
	return file
}

func TestRingCannotBeTruncated(t *testing.T) {
	_, _, file := pair(t, 64)
	for _, size := range []int64{0, 1 << 20} {
		if err := file.Truncate(size); !errors.Is(err, unix.EPERM) {
			t.Errorf("truncate to %d: %v", size, err)
		}
	}
}

// Each scribble is one that no honest peer leaves. The error stays, even if the
// peer takes the scribble back, and both directions end.
func TestCorruptPositions(t *testing.T) {
	const size, sent, read = 64, 10, 4
	for name, c := range map[string]struct {
		at    int64
		by    uint32 // off where the peer left it
		write bool   // to see it
	}{
		"head too far":      {at: up + head, by: size - sent + read + 1},
		"head back, unread": {at: up + head, by: 1<<32 - 1},
		"head before tail":  {at: up + head, by: 1<<32 - sent},
		"tail before head":  {at: down + tail, by: size + 1, write: true},
		"tail back":         {at: down + tail, by: 1<<32 - 1, write: true},
	} {
		a, b, file := pair(t, size)
		together(t, wantErr(nil, b.Write, sent), wantErr(nil, a.Write, sent))
		together(t, wantErr(nil, a.Read, read), wantErr(nil, b.Read, read))
		together(t, wantErr(nil, a.Write, size-sent+read)) // full, and a has seen the tail
		was := peek(t, file, c.at)
		poke(t, file, c.at, was+c.by)
		do := a.Read
		if c.write {
			do = a.Write
		}
		together(t, wantErr(ring.ErrCorrupt, do, 100))
		poke(t, file, c.at, was)
		together(t, wantErr(ring.ErrCorrupt, do, 100), wantErr(io.ErrClosedPipe, b.Write, 1))
		if t.Failed() {
			t.Fatal(name)
		}
	}
}
