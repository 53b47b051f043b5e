//go:build unix

package fleet

import "net"

// handDown keeps a duplicate of the listening socket, which the worker's
// processes inherit as file descriptor 3.
func (w *worker) handDown(l *net.TCPListener, args []string) ([]string, error) {
	var err error
	w.listener, err = l.File()
	return append(args, "--listen", "fd:3"), err
}
