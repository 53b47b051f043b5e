//go:build linux || darwin

package loop

import (
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// connect begins to connect a new socket. It does not wait for the answer: writing
// shows what became of it.
func connect(to netip.AddrPort) (fd int, err error) {
	family, addr := address(to)
	if fd, err = newSocket(family); err != nil {
		return -1, err
	}
	switch err := unix.Connect(fd, addr); err {
	case nil, unix.EINPROGRESS, unix.EINTR: // after EINTR it goes on too
		return fd, nil
	default:
		unix.Close(fd)
		return -1, os.NewSyscallError("connect", err)
	}
}

func address(a netip.AddrPort) (family int, addr unix.Sockaddr) {
	if ip := a.Addr(); ip.Is4() {
		return unix.AF_INET, &unix.SockaddrInet4{Port: int(a.Port()), Addr: ip.As4()}
	}
	return unix.AF_INET6, &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
}

// connectError returns what became of a connect, if that is bad. Asking clears it.
func connectError(fd int) error {
	code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && code != 0 {
		err = unix.Errno(code)
	}
	return os.NewSyscallError("connect", err)
}

func closeSocket(fd int) { unix.Close(fd) } // there is nothing to be done about an error
