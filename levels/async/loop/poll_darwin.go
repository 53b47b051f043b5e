package loop

import (
	"errors"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A poller is a kqueue. A connection is registered once, edge-triggered, for reading
// and writing; closing it is enough to end that. A pipe wakes the loop.
type poller struct {
	fd     int
	pipe   [2]int
	raw    []unix.Kevent_t
	events []event
	gens   []uint32 // by descriptor
}

func newPoller() (poller, error) {
	p := poller{raw: make([]unix.Kevent_t, maxEvents), events: make([]event, 0, maxEvents)}
	syscall.ForkLock.RLock() // a child that is started meanwhile must not inherit them
	fd, err := unix.Kqueue()
	if err == nil {
		unix.CloseOnExec(fd)
		if err = unix.Pipe(p.pipe[:]); err != nil {
			unix.Close(fd)
		}
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return poller{}, os.NewSyscallError("kqueue", err)
	}
	p.fd = fd
	for _, end := range p.pipe {
		unix.CloseOnExec(end)
		err = errors.Join(err, unix.SetNonblock(end, true))
	}
	if err = errors.Join(err, p.add(p.pipe[0], 0)); err != nil {
		return poller{}, errors.Join(err, p.close())
	}
	return p, nil
}

// add has the poller watch fd until it is closed.
func (p *poller) add(fd int, gen uint32) error {
	for len(p.gens) <= fd {
		p.gens = append(p.gens, 0)
	}
	p.gens[fd] = gen
	changes := make([]unix.Kevent_t, 1, 2)
	unix.SetKevent(&changes[0], fd, unix.EVFILT_READ, unix.EV_ADD|unix.EV_CLEAR)
	if fd != p.pipe[0] {
		changes = changes[:2]
		unix.SetKevent(&changes[1], fd, unix.EVFILT_WRITE, unix.EV_ADD|unix.EV_CLEAR)
	}
	_, err := unix.Kevent(p.fd, changes, nil, nil)
	return os.NewSyscallError("kevent", err)
}

// wait returns what has happened, after at most the timeout, or ever if that is
// negative. The events are good until the next wait.
func (p *poller) wait(timeout time.Duration) []event {
	var limit *unix.Timespec
	if timeout >= 0 {
		t := unix.NsecToTimespec(int64(timeout))
		limit = &t
	}
	n, err := unix.Kevent(p.fd, nil, p.raw, limit)
	if err != nil { // EINTR; nothing else can happen to arguments that never change
		return nil
	}
	p.events = p.events[:0]
	for _, e := range p.raw[:n] {
		if fd := int(e.Ident); fd == p.pipe[0] {
			unix.Read(fd, make([]byte, 64))
		} else { // now its generation is still the one that the event is about
			p.events = append(p.events, event{fd, p.gens[fd], e.Flags&(unix.EV_EOF|unix.EV_ERROR) != 0})
		}
	}
	return p.events
}

// wake ends a wait, of now or the next. It may be called by any thread.
func (p *poller) wake() { unix.Write(p.pipe[1], []byte{0}) }

func (p *poller) close() error {
	return errors.Join(unix.Close(p.pipe[0]), unix.Close(p.pipe[1]), unix.Close(p.fd))
}

// newSocket returns a socket that does not block.
func newSocket(family int) (int, error) {
	syscall.ForkLock.RLock()
	fd, err := unix.Socket(family, unix.SOCK_STREAM, 0)
	if err == nil {
		unix.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		unix.Close(fd)
		return -1, os.NewSyscallError("fcntl", err)
	}
	return fd, nil
}

func read(fd int, p []byte) (int, error) { return transfer(unix.Read, fd, p) }

func write(fd int, p []byte) (int, error) { return transfer(unix.Write, fd, p) }

func transfer(call func(int, []byte) (int, error), fd int, p []byte) (int, error) {
	for {
		n, err := call(fd, p)
		switch err {
		case nil:
			return n, nil
		case unix.EINTR:
		default:
			return 0, err
		}
	}
}
