//go:build unix

package process

import (
	"fmt"
	"net"
	"os"
	"syscall"
)

// socketPair makes two connected sockets: ours, and one to hand over.
func socketPair() (ours net.Conn, theirs *os.File, err error) {
	syscall.ForkLock.RLock() // a child that is started meanwhile must not inherit them
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fds[0])
		syscall.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	theirs = os.NewFile(uintptr(fds[1]), "socket")
	f := os.NewFile(uintptr(fds[0]), "socket")
	defer f.Close() // the connection has a copy
	if ours, err = net.FileConn(f); err != nil {
		theirs.Close()
		return nil, nil, err
	}
	return ours, theirs, nil
}

// openSocket is the child's end.
func openSocket(f *os.File) (inheritance, error) {
	c, err := net.FileConn(f)
	f.Close()
	if err != nil {
		return inheritance{}, fmt.Errorf("transport socket: %w", err)
	}
	u, ok := c.(*net.UnixConn)
	if !ok {
		c.Close()
		return inheritance{}, fmt.Errorf("transport socket: file %d is a %T", extraFile, c)
	}
	return inheritance{u, func() { u.CloseRead() }, u.Close}, nil
}
