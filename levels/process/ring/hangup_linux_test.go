package ring_test

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/fourlevels/fourlevels/levels/process/ring"
)

// wantErr returns a function that fails unless f does with that error.
func wantErr(want error, f func([]byte) (int, error), length int) func() error {
	return func() error {
		if _, err := f(make([]byte, length)); err != want {
			return fmt.Errorf("err = %v, want %v", err, want)
		}
		return nil
	}
}

// after returns a function that does something when words of the ring are 1.
func after(file *os.File, do func(), words ...int64) func() error {
	return func() error {
		defer do()
		for _, at := range words {
			if err := waitFor(file, at); err != nil {
				return err
			}
		}
		return nil
	}
}

func TestHangUpWakesAll(t *testing.T) {
	for _, who := range []string{"parent", "child"} {
		for range 20 {
			a, b, file := pair(t, 64)
			hangUp := map[string]func(){"parent": a.HangUp, "child": b.HangUp}[who]
			together(t, after(file, hangUp, down+readerSleeps, up+readerSleeps),
				wantErr(io.EOF, a.Read, 1), wantErr(io.EOF, b.Read, 1))

			a, b, file = pair(t, 64)
			hangUp = map[string]func(){"parent": a.HangUp, "child": b.HangUp}[who]
			together(t, after(file, hangUp, down+writerSleeps, up+writerSleeps),
				wantErr(io.ErrClosedPipe, a.Write, 100), wantErr(io.ErrClosedPipe, b.Write, 100))
		}
	}
}

func TestCloseWaitsForReadAndWrite(t *testing.T) {
	for range 20 {
		a, _, file := pair(t, 64)
		closeAll := func() {
			if err := a.Close(); err != nil {
				t.Error(err)
			}
		}
		together(t, after(file, closeAll, down+writerSleeps, up+readerSleeps),
			wantErr(io.EOF, a.Read, 1), wantErr(io.ErrClosedPipe, a.Write, 100))
		a.HangUp() // may come late
		together(t, a.Close, wantErr(io.ErrClosedPipe, a.Read, 1), wantErr(io.ErrClosedPipe, a.Write, 1))
	}
}

// What was written before a hang-up is read; what comes later is not, even if
// the peer takes the hang-up back.
func TestHangUpThenWhatIsLeft(t *testing.T) {
	a, b, file := pair(t, 64)
	if _, err := b.Write([]byte("the last words")); err != nil {
		t.Fatal(err)
	}
	b.HangUp()
	b.HangUp()
	p := make([]byte, 8)
	if n, err := a.Read(p); string(p[:n]) != "the last" || err != nil {
		t.Errorf("Read %q, %v", p[:n], err)
	}
	poke(t, file, overAt, 0)
	poke(t, file, up+head, peek(t, file, up+head)+20)
	if n, err := a.Read(p); string(p[:n]) != " words" || err != nil {
		t.Errorf("Read %q, %v", p[:n], err)
	}
	together(t, wantErr(io.EOF, a.Read, 1))
	together(t, wantErr(io.EOF, a.Read, 1), wantErr(io.ErrClosedPipe, b.Write, 1))
}

// The ring does not know that a peer was killed. Who owns the peer does.
func TestPeerKilled(t *testing.T) {
	r, p := spawn(t, "deaf", 64)
	if _, err := r.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	together(t, wantErr(io.EOF, r.Read, 1), wantErr(io.ErrClosedPipe, r.Write, 100), func() error {
		p.Kill()
		<-p.Done()
		r.HangUp()
		return nil
	})
}

func TestNothingStaysBehind(t *testing.T) {
	defer goleak.VerifyNone(t)
	before := open(t)
	for range 1000 {
		a, file, err := ring.New(1)
		if err != nil {
			t.Fatal(err)
		}
		b, err := ring.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if after := open(t); after != before {
		t.Errorf("%d files and mappings of rings, before %d", after, before)
	}
}

// open counts files and mappings of rings in this process.
func open(t *testing.T) int {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	n := strings.Count(string(maps), "memfd:ring")
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if to, _ := os.Readlink("/proc/self/fd/" + f.Name()); strings.Contains(to, "memfd:ring") {
			n++
		}
	}
	return n
}
