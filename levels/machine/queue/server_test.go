package queue_test

import (
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/fourlevels/fourlevels/levels/machine/store"
	"github.com/fourlevels/fourlevels/levels/process/child"
)

// A server is a Redis with settings of its own.
type server struct {
	port int
	dir  string // its working directory
	rdb  *redis.Client
}

// serve starts a server with some lines of configuration. It returns nil where
// none is installed.
func serve(t *testing.T, config string) *server {
	t.Helper()
	program := store.Server()
	if program == "" {
		t.Log("no redis-server here: this is not tested")
		return nil
	}
	for range 3 { // between the choice of a port and its use, somebody may take it
		if s := tryServe(t, program, config); s != nil {
			return s
		}
	}
	t.Fatal("no server starts")
	return nil
}

func tryServe(t *testing.T, program, config string) *server {
	s := &server{port: freePort(t), dir: t.TempDir()}
	cmd := exec.Command(program, "-")
	cmd.Dir = s.dir
	p, err := child.StartTethered(cmd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Terminate()
		p.Stop(2 * time.Second)
	})
	fmt.Fprintf(p.Stdin, "bind 127.0.0.1\nport %d\nsave \"\"\nappendonly no\n%s\n", s.port, config)
	p.Stdin.Close()
	s.rdb = redis.NewClient(&redis.Options{Addr: s.addr(), MaxRetries: -1})
	t.Cleanup(func() { s.rdb.Close() })
	for range 1000 {
		if err := s.rdb.Ping(t.Context()).Err(); err == nil || redis.HasErrorPrefix(err, "NOAUTH") {
			return s
		}
		select {
		case <-p.Done():
			t.Logf("server: %v", p.Obituary())
			return nil
		case <-time.After(5 * time.Millisecond):
		}
	}
	return nil
}

func (s *server) addr() string { return "127.0.0.1:" + strconv.Itoa(s.port) }

// freePort is one that is free, and so low that a cluster node's second port, which
// is 10000 higher, is one too.
func freePort(t *testing.T) int {
	t.Helper()
	for range 1000 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		l.Close()
		if port < 55000 {
			return port
		}
	}
	t.Fatal("no free port below 55000")
	return 0
}
