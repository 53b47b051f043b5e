package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// impostor VARIABLE WORD... sets the variable to the address of a Redis that is not as one
// should be. A word is COMMAND=REPLY, as Redis sends it; of several the first that fits is
// taken, and * fits all commands. What no word fits, an empty and healthy Redis answers.
// A word key:value is a line of INFO, and the reply hushed is none at all.
func impostor(ts *testscript.TestScript, neg bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- pretend(ctx, l, args[1:]) }()
	ts.Defer(func() {
		stop()
		l.Close()
		ts.Check(<-done)
	})
	ts.Setenv(args[0], l.Addr().String())
}

// pretend answers whoever calls, until ctx ends and the listener is closed.
func pretend(ctx context.Context, l net.Listener, words []string) error {
	var calls sync.WaitGroup
	defer calls.Wait()
	for {
		conn, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		} else if err != nil {
			return err
		}
		calls.Go(func() {
			defer conn.Close()
			defer context.AfterFunc(ctx, func() { conn.Close() })()
			converse(conn, words)
		})
	}
}

// converse answers commands until the other side has none.
func converse(conn net.Conn, words []string) {
	in := bufio.NewReader(conn)
	for {
		if first, err := in.Peek(1); err != nil || first[0] != '*' {
			fmt.Fprint(conn, "-ERR Protocol error\r\n")
			return
		}
		command, err := commandFrom(in)
		if err != nil {
			return
		}
		if reply := replyTo(command, words); reply != "hushed" {
			fmt.Fprint(conn, reply, "\r\n")
		}
	}
}

// commandFrom reads an array of strings, and returns the first.
func commandFrom(in *bufio.Reader) (string, error) {
	number := func() (int, error) {
		line, err := in.ReadString('\n')
		if err != nil {
			return 0, err
		}
		return strconv.Atoi(strings.TrimSpace(line[1:]))
	}
	n, err := number()
	command := ""
	for i := 0; i < n && err == nil; i++ {
		var size int
		if size, err = number(); err != nil {
			break
		}
		text := make([]byte, size+2)
		if _, err = io.ReadFull(in, text); i == 0 {
			command = strings.ToUpper(strings.TrimSpace(string(text)))
		}
	}
	return command, err
}

func replyTo(command string, words []string) string {
	info := "redis_version:7.0.15\r\nrole:master\r\n"
	for _, word := range words {
		if name, reply, ok := strings.Cut(word, "="); ok && (name == command || name == "*") {
			return reply
		} else if !ok {
			info += word + "\r\n"
		}
	}
	switch command {
	case "INFO":
		return fmt.Sprintf("$%d\r\n%s", len(info), info)
	case "HELLO": // as before Redis 6: what follows is AUTH, if there is a password
		return "-ERR unknown command 'HELLO'"
	case "EVALSHA": // scripts of the queue begin with what asks for the time
		return ":1700000000000"
	}
	return "+OK"
}
