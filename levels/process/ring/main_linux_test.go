package ring_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"go.uber.org/goleak"

	"golang.org/x/sys/unix"

	"github.com/fourlevels/fourlevels/levels/process/child"
	"github.com/fourlevels/fourlevels/levels/process/ring"
)

const role = "RING_TEST_ROLE"

// TestMain lets the test binary play the children.
func TestMain(m *testing.M) {
	os.Setenv("GORACE", "atexit_sleep_ms=0") // or every child built with -race takes a second to leave
	switch play := os.Getenv(role); play {
	case "":
		goleak.VerifyTestMain(m)
	case "bare":
		answerBare()
	case "pipe":
		io.CopyBuffer(struct{ io.Writer }{os.Stdout}, struct{ io.Reader }{os.Stdin}, make([]byte, 64<<10))
	case "pipe sink":
		sink(struct{ io.Reader }{os.Stdin}, os.Stdout)
	default:
		serve(play)
	}
}

// serve is a child with a ring. It hangs up when its leash is let go, as every
// child should: its parent may have died.
func serve(play string) {
	r, err := ring.Open(os.NewFile(3, "ring"))
	if err != nil {
		panic(err)
	}
	go func() { // ends with the process
		io.Copy(io.Discard, os.Stdin)
		r.HangUp()
	}()
	switch play {
	case "echo":
		io.CopyBuffer(struct{ io.Writer }{r}, struct{ io.Reader }{r}, make([]byte, 64<<10))
	case "sink":
		sink(r, r)
	case "deaf": // neither reads nor leaves
		r.Write([]byte{1})
		time.Sleep(time.Minute)
	}
	r.Close()
}

// sink is told how many bytes will come, and says when it has them.
func sink(r io.Reader, w io.Writer) {
	var total [8]byte
	for buf := make([]byte, 64<<10); ; {
		if _, err := io.ReadFull(r, total[:]); err != nil {
			return
		}
		n := int64(binary.NativeEndian.Uint64(total[:]))
		io.CopyBuffer(struct{ io.Writer }{io.Discard}, io.LimitReader(r, n), buf)
		if _, err := w.Write(total[:1]); err != nil {
			return
		}
	}
}

func command(play string, file *os.File) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), role+"="+play)
	cmd.ExtraFiles = []*os.File{file}
	return cmd
}

// spawn starts a child with a ring.
func spawn(t testing.TB, play string, size int) (*ring.Ring, *child.Process) {
	t.Helper()
	r, file, err := ring.New(size)
	if err != nil {
		t.Fatal(err)
	}
	p, err := child.Start(command(play, file))
	file.Close()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); p.Stop(10 * time.Second) })
	return r, p
}

// pair makes both ends in this process, each with a mapping of its own. The
// file is a third way in, for tests that look or scribble.
func pair(t testing.TB, size int) (parent, other *ring.Ring, file *os.File) {
	t.Helper()
	parent, file, err := ring.New(size)
	if err != nil {
		t.Fatal(err)
	}
	other, err = ring.Open(dup(t, file))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { parent.Close(); other.Close(); file.Close() })
	return parent, other, file
}

func dup(t testing.TB, file *os.File) *os.File {
	t.Helper()
	fd, err := unix.FcntlInt(file.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	return os.NewFile(uintptr(fd), "dup")
}

// Where the words of the header lie.
const (
	magicAt, versionAt, sizeAt, takenAt, overAt = 0, 4, 8, 12, 64

	down, up                               = 256, 512
	head, tail, readerSleeps, writerSleeps = 0, 64, 128, 192
	first                                  = 1<<32 - 64 // where positions start
)

func peek(t testing.TB, file *os.File, at int64) uint32 {
	t.Helper()
	var b [4]byte
	if _, err := file.ReadAt(b[:], at); err != nil {
		t.Fatal(err)
	}
	return binary.NativeEndian.Uint32(b[:])
}

func poke(t testing.TB, file *os.File, at int64, value uint32) {
	t.Helper()
	if _, err := file.WriteAt(binary.NativeEndian.AppendUint32(nil, value), at); err != nil {
		t.Fatal(err)
	}
}

// waitFor waits until the word at a place is 1.
func waitFor(file *os.File, at int64) error {
	var b [4]byte
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Microsecond) {
		if _, err := file.ReadAt(b[:], at); err != nil {
			return err
		}
		if binary.NativeEndian.Uint32(b[:]) == 1 {
			return nil
		}
	}
	return fmt.Errorf("nobody set the word at %d", at)
}
