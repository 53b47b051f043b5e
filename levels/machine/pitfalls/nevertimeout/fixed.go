package nevertimeout

import (
	"bufio"
	"net"
	"time"
)

// fixed has one deadline for the whole call: to connect, to ask and to be answered.
func fixed(peer string) (string, error) {
	const patience = 50 * time.Millisecond // far more than a healthy peer takes
	deadline := time.Now().Add(patience)
	conn, err := net.DialTimeout("tcp", peer, patience)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	conn.SetDeadline(deadline)
	if _, err := conn.Write([]byte("how are you?\n")); err != nil {
		return "", err
	}
	return bufio.NewReader(conn).ReadString('\n')
}
