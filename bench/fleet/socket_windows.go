package fleet

import "net"

// handDown gives the worker the address: sockets cannot be inherited here. Who
// connects while a dead worker is being replaced is refused.
func (w *worker) handDown(l *net.TCPListener, args []string) ([]string, error) {
	return append(args, "--listen", l.Addr().String()), l.Close()
}
