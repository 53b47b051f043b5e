package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/fourlevels/fourlevels/levels/process/child"
)

// Server is the path of the server that Open would start; "" means that there
// is none.
func Server() string {
	for _, name := range []string{"redis-server", "valkey-server"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// private starts a server that listens on loopback only, wants a password that
// nobody else knows, and writes nothing to disk, unless it is set to.
func private(ctx context.Context, program string, c Config) (*Store, error) {
	var failed error
	for range 3 { // between the choice of a port and its use, somebody may take it
		s, err := launch(ctx, program, c)
		if err == nil || ctx.Err() != nil {
			return s, err
		}
		failed = err
	}
	return nil, fmt.Errorf("start %s: %w", program, failed)
}

func launch(ctx context.Context, program string, c Config) (*Store, error) {
	dir := cmp.Or(c.Dir, os.TempDir())
	if _, err := os.Stat(dir); err != nil { // else it is the server that seems to be missing
		return nil, fmt.Errorf("folder for it: %w", err)
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	password := rand.Text()
	s := &Store{URL: "redis://:" + password + "@127.0.0.1:" + port}
	s.start = func() *exec.Cmd {
		cmd := exec.Command(program, "-") // configured by standard input, where no process list shows it
		cmd.Env, cmd.Dir = c.Env, dir
		return cmd
	}
	s.settings = fmt.Sprintf("bind 127.0.0.1\nport %s\nrequirepass %s\nsave \"\"\nappendonly no\n%s%s\n", port, password, logged(), strings.Join(c.Settings, "\n"))
	if err := s.boot(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// logged has the server log to its standard error, whose end is in its obituary. Its standard
// output nobody reads, and whoever fills that pipe stands still.
func logged() string {
	const file = "/dev/stderr"
	if _, err := os.Stat(file); err != nil {
		return "" // not on this system
	}
	return "logfile " + file + "\n"
}

// boot starts the server and waits until it answers.
func (s *Store) boot(ctx context.Context) (err error) {
	if s.process, err = child.StartTethered(s.start()); err != nil {
		return err
	}
	io.WriteString(s.process.Stdin, s.settings)
	s.process.Stdin.Close()
	if s.Name, err = s.await(ctx); err != nil {
		s.Close() // how it ended is in err
	}
	return err
}

// await waits until the server answers, and returns its name.
func (s *Store) await(ctx context.Context) (name string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		if name, err = identify(ctx, s.URL); err == nil {
			return name, nil
		}
		select {
		case <-s.process.Done():
			return "", s.process.Obituary()
		case <-ctx.Done():
			return "", err
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// Crash ends a private store at once, as kill -9 does. It must be closed all the same.
func (s *Store) Crash() {
	if s.process != nil {
		s.process.Kill()
		<-s.process.Done()
	}
}

// Restart starts a private server again, at the address it had, with what it has kept. It
// may still be loading that.
func (s *Store) Restart(ctx context.Context) error {
	if s.start == nil {
		return fmt.Errorf("%s is not a server that can be started again", s.Name)
	}
	s.Close() // if it crashed that is no news
	if err := s.boot(ctx); err != nil {
		return fmt.Errorf("start Redis again: %w", err)
	}
	return nil
}

// freePort is one that is free, and so low, if there is one, that the second port of a
// cluster's node, which is 10000 higher, is one too.
func freePort() (string, error) {
	port := 0
	for range 100 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return "", err
		}
		l.Close()
		if port = l.Addr().(*net.TCPAddr).Port; port < 55000 {
			break
		}
	}
	return strconv.Itoa(port), nil
}
