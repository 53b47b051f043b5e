package ring_test

import (
	"encoding/binary"
	"io"
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/fourlevels/fourlevels/levels/process/child"
)

// BenchmarkRoundTrip sends 64 bytes to another process and back: over a ring,
// over the pipes that a child has anyway, and over nothing but a word of memory
// and a futex each way, which is what a ring that always sleeps cannot beat.
func BenchmarkRoundTrip(b *testing.B) {
	b.Run("futex", benchmarkBare)
	b.Run("ring", func(b *testing.B) {
		r, p := spawn(b, "echo", 0)
		measure(b, r, r)
		r.HangUp()
		<-p.Done()
	})
	b.Run("pipe", func(b *testing.B) {
		p := spawnPipe(b, "pipe")
		measure(b, p.Stdin, p.Stdout)
	})
}

func spawnPipe(b *testing.B, play string) *child.Process {
	cmd := command(play, nil)
	cmd.ExtraFiles = nil
	p, err := child.Start(cmd)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { p.Stop(10 * time.Second) })
	return p
}

// measure times round trips of 64 bytes, each by itself.
func measure(b *testing.B, w io.Writer, r io.Reader) {
	message := make([]byte, 64)
	trips(b, func() {
		if _, err := w.Write(message); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(r, message); err != nil {
			b.Fatal(err)
		}
	})
}

func trips(b *testing.B, trip func()) {
	for range 100 { // the child starts, the pages come
		trip()
	}
	var took []time.Duration
	for b.Loop() {
		start := time.Now()
		trip()
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2]), "p50-ns")
	b.ReportMetric(float64(took[len(took)*99/100]), "p99-ns")
}

// bare is two words, each a futex, and a message each way.
type bare struct {
	ping        atomic.Uint32
	_           [60]byte
	pong        atomic.Uint32
	_           [60]byte
	there, back [64]byte
}

func mapBare(file *os.File) *bare {
	mem, err := unix.Mmap(int(file.Fd()), 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		panic(err)
	}
	return (*bare)(unsafe.Pointer(&mem[0])) // stays until the process ends
}

func futex(word *atomic.Uint32, operation, value uint32) {
	unix.RawSyscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), uintptr(operation), uintptr(value), 0, 0, 0)
}

// await sleeps until word has that value.
func await(word *atomic.Uint32, value uint32) {
	for got := word.Load(); got != value; got = word.Load() {
		futex(word, 0, got)
	}
}

func benchmarkBare(b *testing.B) {
	fd, err := unix.MemfdCreate("bare", unix.MFD_CLOEXEC)
	if err != nil {
		b.Fatal(err)
	}
	file := os.NewFile(uintptr(fd), "bare")
	defer file.Close()
	if err := file.Truncate(4096); err != nil {
		b.Fatal(err)
	}
	p, err := child.StartTethered(command("bare", file))
	if err != nil {
		b.Fatal(err)
	}
	defer p.Stop(0)
	shared, i, message := mapBare(file), uint32(0), make([]byte, 64)
	trips(b, func() {
		i++
		copy(shared.there[:], message)
		shared.ping.Store(i)
		futex(&shared.ping, 1, 1)
		await(&shared.pong, i)
		copy(message, shared.back[:])
	})
}

func answerBare() {
	shared := mapBare(os.NewFile(3, "bare"))
	for i := uint32(1); ; i++ {
		await(&shared.ping, i)
		copy(shared.back[:], shared.there[:])
		shared.pong.Store(i)
		futex(&shared.pong, 1, 1)
	}
}

// BenchmarkStream writes chunks of 64 KiB, until the other process has read all
// of them.
func BenchmarkStream(b *testing.B) {
	chunk := make([]byte, 64<<10)
	b.Run("ring", func(b *testing.B) {
		r, p := spawn(b, "sink", 0)
		stream(b, r, r, chunk)
		r.HangUp()
		<-p.Done()
	})
	b.Run("pipe", func(b *testing.B) {
		p := spawnPipe(b, "pipe sink")
		stream(b, p.Stdin, p.Stdout, chunk)
	})
}

func stream(b *testing.B, w io.Writer, r io.Reader, chunk []byte) {
	var total [8]byte
	binary.NativeEndian.PutUint64(total[:], uint64(b.N*len(chunk)))
	b.SetBytes(int64(len(chunk)))
	if _, err := w.Write(total[:]); err != nil {
		b.Fatal(err)
	}
	for range b.N {
		if _, err := w.Write(chunk); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := io.ReadFull(r, total[:1]); err != nil {
		b.Fatal(err)
	}
}
