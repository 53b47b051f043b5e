// Package store finds the Redis that holds the queues: one that is given, or
// else a private one, started for the occasion.
//
// A private one is a redis-server or valkey-server from PATH, and where there
// is none, an embedded stand-in (miniredis). Both run in a process of their
// own: inside the caller's, a round trip would cost a quarter of what it costs
// to any real server, and the level of machines would look better than it is.
// The stand-in is for learning: it keeps nothing, and what is measured on it
// says little about a real Redis. So a store has a name, and whoever shows a
// result shows the name.
package store

import (
	"bufio"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
	"github.com/fourlevels/fourlevels/levels/process/child"
)

// Config tells where to look for a Redis. At its zero value only a server on
// PATH will do.
type Config struct {
	URL string // of the Redis to use; "" means a private one

	// Embedded starts the stand-in: it must call [ServeEmbedded]. It is used
	// where there is no server on PATH, or always if Only is set.
	Embedded []string
	Only     bool

	Env []string // of the processes started; nil means this process' own

	// Settings are lines of a redis.conf on top of those of a private server, which
	// keeps nothing; and Dir is where it keeps what they have it keep: "" means the
	// folder of temporary files. No other store has either.
	Settings []string
	Dir      string
}

// A Store is a Redis that is ready.
type Store struct {
	URL  string // with the password, if any: not for display
	Name string // such as "redis-7.0.15" or "miniredis-2.40.0"

	process  *child.Process   // nil if the store was given
	start    func() *exec.Cmd // nil if it is not a server of our own
	settings string           // what that reads when it starts
}

// Open finds or starts a Redis and waits until it answers.
func Open(ctx context.Context, c Config) (*Store, error) {
	program := Server()
	switch set := len(c.Settings) > 0 || c.Dir != ""; {
	case c.URL == "" && program != "" && !c.Only:
		return private(ctx, program, c)
	case set && c.URL != "":
		return nil, errors.New("a Redis that is given has settings of its own: only a private one takes others")
	case set:
		return nil, errors.New("no Redis that takes settings: install redis-server")
	case c.URL != "":
		return given(ctx, c.URL)
	case len(c.Embedded) > 0:
		return embedded(ctx, c)
	}
	return nil, errors.New("no Redis: give the URL of one, or install redis-server")
}

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

func given(ctx context.Context, rawURL string) (*Store, error) {
	name, err := identify(ctx, rawURL)
	if err != nil {
		return nil, err
	}
	return &Store{URL: rawURL, Name: name}, nil
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
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	password := rand.Text()
	s := &Store{URL: "redis://:" + password + "@127.0.0.1:" + port}
	s.start = func() *exec.Cmd {
		cmd := exec.Command(program, "-") // configured by standard input, where no process list shows it
		cmd.Env, cmd.Dir = c.Env, cmp.Or(c.Dir, os.TempDir())
		return cmd
	}
	s.settings = fmt.Sprintf("bind 127.0.0.1\nport %s\nrequirepass %s\nsave \"\"\nappendonly no\n%s\n", port, password, strings.Join(c.Settings, "\n"))
	if err := s.boot(ctx); err != nil {
		return nil, err
	}
	return s, nil
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

func embedded(ctx context.Context, c Config) (*Store, error) {
	cmd := exec.Command(c.Embedded[0], c.Embedded[1:]...)
	cmd.Env = c.Env
	p, err := child.Start(cmd)
	if err != nil {
		return nil, fmt.Errorf("start embedded Redis: %w", err)
	}
	s := &Store{process: p}
	p.Stdout.SetReadDeadline(time.Now().Add(10 * time.Second))
	line, err := bufio.NewReader(p.Stdout).ReadString('\n')
	if s.URL = strings.TrimSpace(strings.TrimPrefix(line, ready)); err == nil {
		s.Name, err = identify(ctx, s.URL)
	}
	if err != nil {
		s.Close()
		return nil, fmt.Errorf("start embedded Redis: %w: %w", err, p.Obituary())
	}
	return s, nil
}

// identify asks the server what it is.
func identify(ctx context.Context, rawURL string) (string, error) {
	options, err := queue.Options(rawURL)
	if err != nil {
		return "", err
	}
	rdb := redis.NewClient(options)
	defer rdb.Close()
	info, err := rdb.Info(ctx, "server").Result()
	if err != nil && strings.Contains(err.Error(), "section (server) is not supported") {
		return Embedded, nil // so says the stand-in
	}
	if err != nil {
		return "", fmt.Errorf("reach Redis at %s: %w", options.Addr, err)
	}
	fields := map[string]string{}
	for line := range strings.Lines(info) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		fields[key] = value
	}
	if v := fields["valkey_version"]; v != "" {
		return "valkey-" + v, nil
	}
	return "redis-" + cmp.Or(fields["redis_version"], "unknown"), nil
}

// Pid is the process id of a private store, and 0 for one that was given.
func (s *Store) Pid() int {
	if s.process == nil {
		return 0
	}
	return s.process.Pid()
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

// Close ends a private store, which leaves nothing but what it was set to keep. One that
// was given stays as it is.
func (s *Store) Close() error {
	if s.process == nil {
		return nil
	}
	if s.start != nil {
		s.process.Terminate()
	}
	return s.process.Stop(2 * time.Second)
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

// Pinger returns a function that asks the Redis at the URL for a sign of life,
// over one connection, and another that closes it.
func Pinger(rawURL string) (ping func(context.Context) error, closing func() error, err error) {
	options, err := queue.Options(rawURL)
	if err != nil {
		return nil, nil, err
	}
	rdb := redis.NewClient(options)
	return func(ctx context.Context) error { return rdb.Ping(ctx).Err() }, rdb.Close, nil
}
