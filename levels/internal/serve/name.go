package serve

import (
	"net"
	"net/http"
	"strings"
)

// byAddress answers only those who ask for this machine by an address or as localhost, if
// the listener is on loopback. A page of the web can make its own name point to loopback
// (DNS rebinding), and then a browser lets it read the answers; the name in its requests
// still is its own. Where a server can be reached by others it may have any name, and a
// token guards it.
func byAddress(l net.Listener, next http.Handler) http.Handler {
	if tcp, ok := l.Addr().(*net.TCPAddr); !ok || !tcp.IP.IsLoopback() {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isAddress(r.Host) {
			http.Error(w, "this server is on loopback: ask for it by its address, or as localhost", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// isAddress reports whether the host of a request, with a port or without, is an address or
// localhost.
func isAddress(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	return host == "localhost" || net.ParseIP(host) != nil
}
