package chatty

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"
)

// roundTrip is what a message and its answer take on the way. Loopback has next to none:
// the server waits for so long before it answers, whatever it is asked.
const roundTrip = time.Millisecond

// A Server is the client's end of a connection to a server that knows the values of keys.
type Server struct {
	conn    net.Conn
	answers *bufio.Reader
}

// Get asks for the values of keys in one message, and waits for the answer.
func (s *Server) Get(keys ...string) ([]string, error) {
	if _, err := fmt.Fprintln(s.conn, strings.Join(keys, " ")); err != nil {
		return nil, err
	}
	line, err := s.answers.ReadString('\n')
	return strings.Fields(line), err
}

// with runs f with a connection to a server of its own, and ends both.
func with(ctx context.Context, f func(*Server) error) (err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	defer listener.Close()
	wg.Go(func() { serve(listener) })
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	return errors.Join(f(&Server{conn: conn, answers: bufio.NewReader(conn)}), context.Cause(ctx))
}

// serve answers one client until it leaves.
func serve(listener net.Listener) {
	conn, err := listener.Accept()
	if err != nil {
		return
	}
	defer conn.Close()
	for ask := bufio.NewReader(conn); ; {
		line, err := ask.ReadString('\n')
		if err != nil {
			return
		}
		time.Sleep(roundTrip)
		var answer []string
		for key := range strings.FieldsSeq(line) {
			answer = append(answer, "value-of-"+key)
		}
		if _, err := fmt.Fprintln(conn, strings.Join(answer, " ")); err != nil {
			return
		}
	}
}
