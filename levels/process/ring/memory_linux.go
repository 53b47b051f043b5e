package ring

import (
	"errors"
	"fmt"
	"math/bits"
	"os"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The memory is a header page, then the bytes to the child, then those to the
// parent. Each word of the header that one side writes often has a cache line
// of its own, or the other side would lose that line with every write.
const (
	atMagic   = 0
	atVersion = 4
	atSize    = 8
	atTaken   = 12  // 1 when a child has opened the ring
	atOver    = 64  // 1 when somebody has hung up
	atDown    = 256 // words of the direction to the child
	atUp      = 512 // and of that to the parent
	dataStart = 4096

	// In the words of a direction:
	atHead         = 0   // how much was written
	atTail         = 64  // how much was read
	atReaderSleeps = 128 // 1 while the reader sleeps: a futex
	atWriterSleeps = 192
)

const (
	magic   = 0x676e6952 // "Ring" where the least byte comes first
	version = 1

	defaultSize = 1 << 20
	maxSize     = 1 << 29 // so that an int of 32 bits can count both directions

	// Positions count bytes and wrap at 32 bits. They start shortly before,
	// so that every ring, and every test, sees the wrap.
	firstPosition = 1<<32 - 64

	seals = unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_SEAL
)

// create makes the shared memory of a new ring. It is sealed at its size: a
// peer that could shrink it could kill this process with SIGBUS.
func create(size uint32) (mem []byte, file *os.File, err error) {
	fd, err := unix.MemfdCreate("ring", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, nil, os.NewSyscallError("memfd_create", err)
	}
	file = os.NewFile(uintptr(fd), "ring")
	length := dataStart + 2*int(size)
	if err = unix.Ftruncate(fd, int64(length)); err == nil {
		_, err = unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals)
	}
	if err == nil {
		mem, err = unix.Mmap(fd, 0, length, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	}
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	for _, at := range []int{atDown + atHead, atDown + atTail, atUp + atHead, atUp + atTail} {
		word(mem, at).Store(firstPosition)
	}
	word(mem, atSize).Store(size)
	word(mem, atVersion).Store(version)
	word(mem, atMagic).Store(magic)
	return mem, file, nil
}

// inherit maps the memory of a ring that another process made.
func inherit(file *os.File) (mem []byte, size uint32, err error) {
	fd := int(file.Fd())
	if got, err := unix.FcntlInt(uintptr(fd), unix.F_GET_SEALS, 0); err != nil || got&seals != seals {
		return nil, 0, errors.New("ring: this file is no ring: it is not sealed at its size")
	}
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return nil, 0, os.NewSyscallError("fstat", err)
	}
	if stat.Size <= dataStart || stat.Size > dataStart+2*maxSize {
		return nil, 0, fmt.Errorf("ring: this file is no ring: it has %d bytes", stat.Size)
	}
	mem, err = unix.Mmap(fd, 0, int(stat.Size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, 0, os.NewSyscallError("mmap", err)
	}
	if size, err = checkHeader(mem); err != nil {
		return nil, 0, errors.Join(err, unix.Munmap(mem))
	}
	return mem, size, nil
}

// checkHeader returns the size of a direction. It reads each word once, for the
// other side may change it any time.
func checkHeader(mem []byte) (size uint32, err error) {
	if word(mem, atMagic).Load() != magic {
		return 0, errors.New("ring: this file is no ring: its first word is another")
	}
	if v := word(mem, atVersion).Load(); v != version {
		return 0, fmt.Errorf("ring: it has version %d, this program %d: build both from the same version", v, version)
	}
	size = word(mem, atSize).Load()
	if bits.OnesCount32(size) != 1 || int64(len(mem)) != dataStart+2*int64(size) {
		return 0, fmt.Errorf("ring: the header says %d bytes each way, the file has %d in all", size, len(mem))
	}
	if !word(mem, atTaken).CompareAndSwap(0, 1) {
		return 0, errors.New("ring: its other end is taken")
	}
	return size, nil
}

func word(mem []byte, at int) *atomic.Uint32 { return (*atomic.Uint32)(unsafe.Pointer(&mem[at])) }
