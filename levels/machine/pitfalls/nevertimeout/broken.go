package nevertimeout

import (
	"bufio"
	"net"
)

// broken asks a peer, and returns its answer.
func broken(peer string) (string, error) {
	conn, err := net.Dial("tcp", peer)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("how are you?\n")); err != nil {
		return "", err
	}
	return bufio.NewReader(conn).ReadString('\n') // WRONG: it waits for as long as the peer likes
}
