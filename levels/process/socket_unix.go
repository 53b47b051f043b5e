//go:build unix

package process

import (
	"fmt"
	"os"
	"syscall"
)

// socketPair makes two connected sockets: ours, and one to hand over. They are files,
// not connections of package net, which every worker would have to start with.
func socketPair() (ours, theirs *os.File, err error) {
	syscall.ForkLock.RLock() // a child that is started meanwhile must not inherit them
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fds[0])
		syscall.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	if err == nil {
		err = syscall.SetNonblock(fds[0], true) // so that it has deadlines
	}
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	return os.NewFile(uintptr(fds[0]), "socket"), os.NewFile(uintptr(fds[1]), "socket"), nil
}

// openSocket is the child's end.
func openSocket() (inheritance, error) {
	if err := syscall.SetNonblock(extraFile, true); err != nil {
		return inheritance{}, fmt.Errorf("transport socket: file %d: %w", extraFile, err)
	}
	syscall.CloseOnExec(extraFile) // what a task starts must not hold it
	f := os.NewFile(extraFile, "socket")
	raw, err := f.SyscallConn()
	if err != nil {
		return inheritance{}, fmt.Errorf("transport socket: %w", err)
	}
	finish := func() { raw.Control(func(fd uintptr) { syscall.Shutdown(int(fd), syscall.SHUT_RD) }) }
	return inheritance{f, finish, f.Close}, nil
}
