package fleet

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/fourlevels/fourlevels/bench/fleet/desk"
	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/machine"
	"github.com/fourlevels/fourlevels/levels/machine/link"
	"github.com/fourlevels/fourlevels/levels/machine/store"
	"github.com/fourlevels/fourlevels/levels/process"
	"github.com/fourlevels/fourlevels/levels/workload"
	"github.com/fourlevels/fourlevels/levels/workload/origin"
)

// Role is the environment variable that makes a program that calls [Main] a
// worker: any value will do.
const Role = "FOURLEVELS_WORKER"

// ready is what a worker prints on its first line, followed by its address if
// it has one, once it can be used.
const ready = "ready "

// A Worker is what a process of the fleet is told to be. It can also be started
// by hand, on this machine or another: that is what `levels worker` does.
type Worker struct {
	Role  string // "process", "rpc", "queue", "store", "origin" or "desk"
	Level string // the level that runs its tasks, as a Spec; "" means async for rpc and queue, serial for process

	Listen string // rpc and origin: the address to serve at; "" means a free port on loopback
	Token  string // rpc: file with the secret that callers must know; needed off loopback

	Redis string        // queue, desk: URL; "" means REDIS_URL from the environment, or else the default
	Queue string        // queue, desk: its name; "" means "levels"
	Lease time.Duration // queue, desk: 0 means the default of either
	Way   string        // desk: how it takes jobs, one of desk.Ways
	RTT   time.Duration // how far away its store is, and machines of levels inside it

	Corpus string // origin: the folder to serve; "" means the source of the Go standard library

	Leash bool          // stay only as long as standard input is open
	Grace time.Duration // for running tasks when told to stop; 0 means 8 s
}

// Roles are the values of [Worker.Role] with what each is.
var Roles = []struct{ Name, About string }{
	{"process", "worker of the process level: frames on standard input and output, or what its pool says"},
	{"rpc", "machine that is asked over HTTP"},
	{"queue", "machine that takes tasks from a queue in Redis"},
	{"store", "embedded stand-in for Redis"},
	{"origin", "HTTP server with the pages that tasks fetch"},
	{"desk", "worker that levels demo kill kills"},
}

// Flags defines the flags of w's role. Cobra and the plain flag package parse
// the same set.
func (w *Worker) Flags(fs *flag.FlagSet) {
	if w.Role == "process" || w.Role == "rpc" || w.Role == "queue" {
		fs.StringVar(&w.Level, "level", "", "level that runs the tasks, such as async:64 or process:2>async")
		fs.DurationVar(&w.RTT, "rtt", 0, "round trip to add to each connection to Redis or to machines")
	}
	if w.Role == "rpc" || w.Role == "origin" {
		fs.StringVar(&w.Listen, "listen", "127.0.0.1:0", "address to serve at")
	}
	switch w.Role {
	case "rpc":
		fs.StringVar(&w.Token, "token-file", "", "file with the secret that callers must send; needed off loopback")
	case "queue":
		fs.StringVar(&w.Redis, "redis", "", "URL of the Redis (default: REDIS_URL, or redis://127.0.0.1:6379)")
		fs.StringVar(&w.Queue, "queue", "levels", "name of the queue")
		fs.DurationVar(&w.Lease, "lease", 0, "how long after a worker's death its tasks go to another (0 means 10s)")
	case "desk":
		fs.StringVar(&w.Way, "way", string(desk.Pop), "how it takes jobs: "+strings.Join(desk.Ways, ", "))
		fs.StringVar(&w.Queue, "queue", "levels", "name of the jobs")
		fs.DurationVar(&w.Lease, "lease", 0, "how long after a worker's death its job goes to another (0 means 1s)")
	case "origin":
		fs.StringVar(&w.Corpus, "corpus", "", "folder of text to serve (default: the source of the Go standard library)")
	}
	if w.Role != "process" {
		fs.BoolVar(&w.Leash, "leash", false, "stay only as long as standard input is open")
	}
	fs.DurationVar(&w.Grace, "grace", 0, "how long running tasks may take to finish when told to stop (0 means 8s)")
}

// Main makes a program its own worker: if the environment says so, it does what
// the arguments say, and exits; otherwise it returns at once. Call it first in
// TestMain, and set [Role] in the environment of the workers.
func Main(funcs levels.Funcs) {
	if os.Getenv(Role) != "" && len(os.Args) > 1 {
		os.Exit(Work(os.Args[1:], funcs))
	}
}

// Work parses the arguments of a worker, its role first, and runs it. It
// returns the exit code: 0, 1 after a failure, 2 for wrong arguments, with one
// line on standard error.
func Work(args []string, funcs levels.Funcs) int {
	w := Worker{Role: args[0]}
	var names []string
	for _, r := range Roles {
		names = append(names, r.Name)
	}
	if err := Choose("role", w.Role, names); err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
		return 2
	}
	fs := flag.NewFlagSet("worker "+w.Role, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	w.Flags(fs)
	if err := fs.Parse(args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "worker %s: %v\n", w.Role, err)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := w.Run(ctx, funcs)
	if err == nil {
		return 0
	}
	fmt.Fprintf(os.Stderr, "worker %s: %v\n", w.Role, err)
	if wrong := (ArgumentError{}); errors.As(err, &wrong) {
		return 2
	}
	return 1
}

// Run is the worker's life: it returns when ctx ends, or standard input if it
// is on a leash, after the tasks that were running. On standard output it says
// when it is ready and where.
func (w Worker) Run(ctx context.Context, funcs levels.Funcs) error {
	w.Grace = cmp.Or(w.Grace, 8*time.Second)
	if w.Leash {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		parent := os.Getppid()
		go func() { // ends with the process
			io.Copy(io.Discard, os.Stdin)
			cancel()
			outlive(parent, w.Grace+time.Second)
			os.Exit(1)
		}()
	}
	switch w.Role {
	case "store":
		return store.ServeEmbedded(ctx, os.Stdout)
	case "origin":
		return w.origin(ctx)
	case "desk":
		return w.desk(ctx)
	}
	inner, err := w.inner()
	if err != nil {
		return err
	}
	funcs, stop, err := watched(ctx, inner, funcs)
	if err != nil {
		return err
	}
	defer stop()
	l, err := w.open(ctx, inner, funcs)
	if err != nil {
		return err
	}
	defer l.Close()
	switch w.Role {
	case "process":
		return process.ServeStdio(ctx, l.Level) // not the fleet: a worker knows the tasks of a Serial
	case "rpc":
		return w.rpc(ctx, l)
	}
	config := machine.QueueConfig{Redis: w.redis(), Name: w.Queue, Lease: w.Lease, Dial: dialOf(&link.Dialer{RTT: w.RTT})}
	return machine.ServeQueue(ctx, config, l, w.Grace, func() { w.announce(config.Name) })
}

// outlive waits for as long as a worker may stay after its leash has ended. If its parent is dead
// that is a moment, for nobody waits for its tasks; where a process is not told of that, as on
// Windows, it is as long as if the parent had let go.
func outlive(parent int, most time.Duration) {
	for end := time.Now().Add(most); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if os.Getppid() != parent { // it is that of who takes orphans
			time.Sleep(orphanhood)
			return
		}
	}
}

// orphanhood is enough to give jobs back to a Redis that is still there.
const orphanhood = 100 * time.Millisecond

func (w Worker) redis() string { return cmp.Or(w.Redis, os.Getenv("REDIS_URL")) }

// announce says that the worker is ready, and where. What tasks print after
// that goes to stderr if there is a parent: nobody reads on, and a full pipe
// would stop them.
func (w Worker) announce(where string) {
	fmt.Println(ready + where)
	if w.Leash {
		os.Stdout = os.Stderr
	}
}

// inner is the level that runs the worker's tasks.
func (w Worker) inner() (Spec, error) {
	usual := "async"
	if w.Role == "process" {
		usual = "serial"
	}
	spec, err := Parse(cmp.Or(w.Level, usual))
	if err == nil && spec.NeedsPython() {
		err = ArgumentError{fmt.Errorf("--level %q: python cannot be inside another level: it knows no functions of Go", w.Level)}
	}
	return spec, err
}

// open opens that level. A machine recovers from panics, because one bad task should not
// stop a server.
func (w Worker) open(ctx context.Context, spec Spec, funcs levels.Funcs) (*Fleet, error) {
	if w.Role != "process" {
		funcs = levels.Recover(funcs)
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return Open(ctx, spec, Config{Funcs: funcs, Worker: command(self), Lease: w.Lease, Redis: w.redis(), RTT: w.RTT})
}

// command is how this program starts itself as a worker: under [Main], which
// the environment tells, or by the verb of the levels command.
func command(self string) []string {
	if os.Getenv(Role) != "" {
		return []string{self}
	}
	return []string{self, "worker"}
}

func (w Worker) rpc(ctx context.Context, l levels.Level) error {
	token, err := w.secret()
	if err != nil {
		return err
	}
	listener, err := w.listen(token != "")
	if err != nil {
		return err
	}
	return machine.Serve(ctx, listener, &machine.Handler{Level: l, Token: token}, w.Grace)
}

func (w Worker) origin(ctx context.Context) error {
	corpus, err := workload.OpenCorpus(w.Corpus)
	if err != nil {
		return err
	}
	defer corpus.Close()
	listener, err := w.listen(false)
	if err != nil {
		return err
	}
	return origin.Serve(ctx, listener, origin.Handler(corpus))
}

// listen opens the worker's address and says that it is ready.
func (w Worker) listen(guarded bool) (net.Listener, error) {
	l, err := listen(w.Listen, guarded, w.Role == "rpc")
	if err == nil {
		w.announce("http://" + l.Addr().String())
	}
	return l, err
}

// An ArgumentError says that what the worker was told is wrong, as opposed to
// what is around it.
type ArgumentError struct{ error }

// Unwrap returns the reason.
func (e ArgumentError) Unwrap() error { return e.error }

// listen opens the address, or takes over the socket that was handed down.
// Addresses that others can reach need a token, and are not opened for a moment without.
func listen(address string, guarded, guardable bool) (net.Listener, error) {
	if address == "fd:3" {
		f := os.NewFile(3, address)
		defer f.Close()
		l, err := net.FileListener(f)
		if err != nil {
			return nil, err
		}
		if err := reachable(address, l.Addr(), guarded, guardable); err != nil {
			l.Close()
			return nil, err
		}
		return l, nil
	}
	address = cmp.Or(address, "127.0.0.1:0")
	addr, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return nil, ArgumentError{fmt.Errorf("--listen %.80q: %w: want HOST:PORT, as in 127.0.0.1:8080", address, err)}
	}
	if err := reachable(address, addr, guarded, guardable); err != nil {
		return nil, err
	}
	l, err := net.ListenTCP("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("%w: choose another address with --listen", err)
	}
	return l, nil
}

// reachable refuses what other machines can reach, unless it is guarded.
func reachable(address string, addr net.Addr, guarded, guardable bool) error {
	if tcp, ok := addr.(*net.TCPAddr); guarded || ok && tcp.IP.IsLoopback() {
		return nil
	}
	if guardable {
		return ArgumentError{fmt.Errorf("--listen %q can be reached from other machines: give a --token-file, or listen on 127.0.0.1", address)}
	}
	return ArgumentError{fmt.Errorf("--listen %q can be reached from other machines: listen on 127.0.0.1", address)}
}

func (w Worker) secret() (string, error) {
	if w.Token == "" {
		return "", nil
	}
	text, err := os.ReadFile(w.Token)
	if err != nil {
		return "", fmt.Errorf("--token-file: %w", err)
	}
	token := strings.TrimSpace(string(text))
	if len(token) < 16 {
		return "", fmt.Errorf("--token-file %s: the token is shorter than 16 characters, which can be guessed", w.Token)
	}
	return token, nil
}
