package ring

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"os"
	"runtime"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// spins is how often an end looks again before it sleeps: about 5 µs. To sleep
// and be woken takes about as long, at best, so it pays if the answer comes at
// once. The price is that time of a CPU, for each time that an end sleeps after
// all; an end that spins in vain soon spins less (see patience).
const spins = 2000

// A Ring is one side's end of two streams of bytes, one each way.
//
// One goroutine may read and another write at the same time, but not two of
// them read, or two write. HangUp and Close may come from anywhere.
type Ring struct {
	mu   sync.RWMutex // whoever uses mem holds it for reading; Close takes it
	mem  []byte       // nil when closed
	hung atomic.Bool  // what the shared word says too, but the peer cannot take this back

	spins    int
	in, out  end
	overWord *atomic.Uint32
}

// New makes a ring. The file is for the child to inherit and [Open]: put it
// into ExtraFiles of an [os/exec.Cmd], and close it when the child has started.
// Each direction holds size bytes, rounded up to a power of two; 0 means 1 MiB.
func New(size int) (r *Ring, file *os.File, err error) {
	if size < 0 || size > maxSize {
		return nil, nil, fmt.Errorf("ring: size %d is not between 0 and %d", size, maxSize)
	}
	rounded := uint32(1) << bits.Len(uint(cmp.Or(size, defaultSize)-1))
	mem, file, err := create(rounded)
	if err != nil {
		return nil, nil, err
	}
	return newRing(mem, rounded, atDown, atUp), file, nil
}

// Open opens the other end of a ring, in the child that has inherited the file.
// It closes the file, whatever happens. A ring can be opened once.
func Open(file *os.File) (*Ring, error) {
	mem, size, err := inherit(file)
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, err
	}
	return newRing(mem, size, atUp, atDown), nil
}

func newRing(mem []byte, size uint32, out, in int) *Ring {
	area := func(direction int) []byte {
		if direction == atDown {
			return mem[dataStart:][:size:size]
		}
		return mem[dataStart+int(size):][:size:size]
	}
	r := &Ring{mem: mem, overWord: word(mem, atOver)}
	r.in = end{
		mine: word(mem, in+atTail), theirs: word(mem, in+atHead),
		asleep: word(mem, in+atReaderSleeps), sleeper: word(mem, in+atWriterSleeps),
		data: area(in), last: io.EOF, position: firstPosition,
	}
	r.out = end{
		mine: word(mem, out+atHead), theirs: word(mem, out+atTail),
		asleep: word(mem, out+atWriterSleeps), sleeper: word(mem, out+atReaderSleeps),
		data: area(out), lead: size, last: io.ErrClosedPipe, position: firstPosition,
	}
	if runtime.GOMAXPROCS(0) > 1 && runtime.NumCPU() > 1 { // or who is waited for could not run
		r.spins = spins
	}
	return r
}

// Read reads at least a byte, and waits for it if need be. After a hang-up, of
// either side, it reads what is left, then it returns [io.EOF].
func (r *Ring) Read(p []byte) (int, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.mem == nil {
		return 0, io.ErrClosedPipe
	}
	if len(p) == 0 {
		return 0, nil
	}
	if err := r.await(&r.in, len(p)); err != nil {
		return 0, err
	}
	return r.in.get(p), nil
}

// Write writes all of p, and waits for room if need be. After a hang-up, of
// either side, it returns [io.ErrClosedPipe]. That it has returned n does not
// mean that the peer has read them.
func (r *Ring) Write(p []byte) (n int, err error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.mem == nil {
		return 0, io.ErrClosedPipe
	}
	for n < len(p) {
		if err := r.await(&r.out, len(p)-n); err != nil {
			return n, err
		}
		n += r.out.put(p[n:])
	}
	return n, nil
}

// await waits until e has room; it would like to have want.
func (r *Ring) await(e *end, want int) error {
	patience := 0 // known when it is needed
	for spun := 0; e.err == nil; spun++ {
		if !e.over {
			e.over = r.isOver() // before look: what was written before a hang-up is read
			if e.over || uint64(e.room) < uint64(want) {
				e.err = e.look()
			}
		}
		switch {
		case e.err != nil:
			r.hangUp() // nothing good can follow
		case e.over && (e.room == 0 || e.writes()):
			e.err = e.last
		case e.room > 0:
			if spun > 0 && spun <= patience {
				e.learn(true)
			}
			return nil
		case spun == 0:
			patience = e.patience(r.spins)
		case spun >= patience:
			if spun == patience {
				e.learn(false)
			}
			e.err = e.sleep(r)
		}
	}
	return e.err
}

func (r *Ring) isOver() bool { return r.hung.Load() || r.overWord.Load() != 0 }

// HangUp ends both directions, and wakes whoever waits on either side. It may
// be called by either side, at any time, and again.
//
// Who owns a child calls it when the child has died: the ring cannot know that.
func (r *Ring) HangUp() {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.mem != nil {
		r.hangUp()
	}
}

func (r *Ring) hangUp() {
	r.hung.Store(true)
	r.overWord.Store(1)
	for _, e := range []*end{&r.in, &r.out} {
		rouse(e.asleep)
		rouse(e.sleeper)
	}
}

// Close hangs up, waits until no Read or Write of this side runs, and gives the
// memory back. It may be called again.
func (r *Ring) Close() error {
	r.HangUp()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.mem == nil {
		return nil
	}
	err := unix.Munmap(r.mem)
	r.mem = nil
	return err
}
