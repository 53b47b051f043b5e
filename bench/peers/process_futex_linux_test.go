package peers

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"github.com/fourlevels/fourlevels/levels/process/child"
)

// futexes tells whether there is such a thing.
const futexes = true

// A bareMemory is two words, each a futex, and a message each way. It is what a
// transport in shared memory cannot beat, if both sides sleep.
type bareMemory struct {
	ping        atomic.Uint32
	_           [60]byte
	pong        atomic.Uint32
	_           [60]byte
	there, back [messageSize]byte
}

// bareSize is a page.
const bareSize = 4096

func mapBare(file *os.File) (*bareMemory, []byte, error) {
	mem, err := syscall.Mmap(int(file.Fd()), 0, bareSize, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return nil, nil, os.NewSyscallError("mmap", err)
	}
	return (*bareMemory)(unsafe.Pointer(&mem[0])), mem, nil
}

func futexWake(word *atomic.Uint32) {
	const wake = 1
	syscall.RawSyscall6(syscall.SYS_FUTEX, uintptr(unsafe.Pointer(word)), wake, 1, 0, 0, 0)
}

// futexAwait sleeps until word has that value. The runtime is told that this
// thread sleeps, as every program must that does other things as well.
func futexAwait(word *atomic.Uint32, value uint32, until func() bool) {
	const wait = 0
	nap := syscall.NsecToTimespec(int64(100 * time.Millisecond)) // to look whether the other is still there
	for got := word.Load(); got != value && !until(); got = word.Load() {
		syscall.Syscall6(syscall.SYS_FUTEX, uintptr(unsafe.Pointer(word)), wait, uintptr(got), uintptr(unsafe.Pointer(&nap)), 0, 0)
	}
}

// bareFutex sends messages to another process, over a file that both have mapped.
func bareFutex(n int, pause time.Duration) (values []float64, err error) {
	file, err := os.CreateTemp("", "futex")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := errors.Join(os.Remove(file.Name()), file.Truncate(bareSize)); err != nil {
		return nil, err
	}
	shared, mem, err := mapBare(file)
	if err != nil {
		return nil, err
	}
	defer syscall.Munmap(mem)
	cmd, err := as("futex")
	if err != nil {
		return nil, err
	}
	cmd.ExtraFiles = []*os.File{file}
	p, err := child.StartTethered(cmd)
	if err != nil {
		return nil, err
	}
	defer p.Stop(0) // its end is that of a signal, always
	message, trips := [messageSize]byte{}, uint32(0)
	return paused(n, pause, func() error {
		trips++
		message[trips%messageSize]++
		shared.there = message
		shared.ping.Store(trips)
		futexWake(&shared.ping)
		futexAwait(&shared.pong, trips, p.Ended)
		if shared.pong.Load() != trips || shared.back != message {
			return fmt.Errorf("round trip %d brings back something else", trips)
		}
		return nil
	})
}

// answerFutex answers until it is killed.
func answerFutex() error {
	shared, _, err := mapBare(os.NewFile(3, "futex"))
	if err != nil {
		return err
	}
	for trips := uint32(1); ; trips++ {
		futexAwait(&shared.ping, trips, func() bool { return false })
		shared.back = shared.there
		shared.pong.Store(trips)
		futexWake(&shared.pong)
	}
}
