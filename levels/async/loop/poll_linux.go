package loop

import (
	"errors"
	"math"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A poller is an epoll instance. A connection is registered once, edge-triggered, for
// all that can happen to it; closing it is enough to end that. So there is one
// epoll_ctl for a connection, however many requests it carries.
type poller struct {
	fd, wakeFD int
	raw        []unix.EpollEvent
	events     []event
}

func newPoller() (poller, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return poller{}, os.NewSyscallError("epoll_create1", err)
	}
	wake, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		return poller{}, errors.Join(os.NewSyscallError("eventfd", err), unix.Close(fd))
	}
	p := poller{fd, wake, make([]unix.EpollEvent, maxEvents), make([]event, 0, maxEvents)}
	if err := p.add(wake, 0); err != nil {
		return poller{}, errors.Join(err, p.close())
	}
	return p, nil
}

// add has the poller watch fd until it is closed.
func (p *poller) add(fd int, gen uint32) error {
	const all = unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLET&math.MaxUint32
	e := unix.EpollEvent{Events: all, Fd: int32(fd), Pad: int32(gen)} // all 64 bits come back as they are
	return os.NewSyscallError("epoll_ctl", unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, fd, &e))
}

// wait returns what has happened, after at most the timeout, or ever if that is
// negative. The events are good until the next wait. It looks first and sleeps only if
// nothing is there: a call that cannot block need not be told to Go's scheduler.
func (p *poller) wait(timeout time.Duration) []event {
	first := unsafe.Pointer(&p.raw[0])
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.fd), uintptr(first), maxEvents, 0, 0, 0)
	if n == 0 && timeout != 0 {
		n, _, errno = unix.Syscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.fd), uintptr(first), maxEvents, uintptr(milliseconds(timeout)), 0, 0)
	}
	if errno != 0 { // EINTR; nothing else can happen to arguments that never change
		return nil
	}
	p.events = p.events[:0]
	for _, e := range p.raw[:n] {
		if int(e.Fd) != p.wakeFD { // edge-triggered, so it need not be read
			end := e.Events&(unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0
			p.events = append(p.events, event{int(e.Fd), uint32(e.Pad), end})
		}
	}
	return p.events
}

// milliseconds rounds up, for a loop that wakes too early would go round for nothing.
func milliseconds(d time.Duration) int {
	if d < 0 {
		return -1
	}
	return int(min((d-1)/time.Millisecond+1, math.MaxInt32))
}

// wake ends a wait, of now or the next. It may be called by any thread.
func (p *poller) wake() {
	one := uint64(1)
	unix.Write(p.wakeFD, (*[8]byte)(unsafe.Pointer(&one))[:])
}

func (p *poller) close() error { return errors.Join(unix.Close(p.wakeFD), unix.Close(p.fd)) }

// newSocket returns a socket that does not block.
func newSocket(family int) (int, error) {
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	return fd, os.NewSyscallError("socket", err)
}

// read and write never block, so the scheduler need not know.
func read(fd int, p []byte) (int, error) { return transfer(unix.SYS_READ, fd, p) }

func write(fd int, p []byte) (int, error) { return transfer(unix.SYS_WRITE, fd, p) }

func transfer(call uintptr, fd int, p []byte) (int, error) {
	for {
		n, _, errno := unix.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)))
		switch errno {
		case 0:
			return int(n), nil
		case unix.EINTR:
		default:
			return 0, errno
		}
	}
}
