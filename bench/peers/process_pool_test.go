package peers

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/process"
	"github.com/fourlevels/fourlevels/levels/process/child"
)

// resident are the transports whose workers live for longer than a task, and
// transports are all.
var (
	resident   = []string{"pipe", "socket", "shm"}
	transports = append([]string{"spawn"}, resident...)
)

func openPool(transport string, processes int, command ...string) levels.Level {
	return process.New(process.Config{Processes: processes, Transport: transport, Command: command})
}

// withPool runs f with a pool, and closes it.
func withPool(transport string, processes int, f func(l levels.Level) ([]float64, error)) (values []float64, err error) {
	l := openPool(transport, processes)
	defer func() { err = errors.Join(err, l.Close()) }()
	return f(l)
}

// workers is what this program does when a pool starts it.
func workers() levels.Level {
	return &levels.Serial{Funcs: levels.Funcs{
		"empty": func(context.Context, []byte) ([]byte, error) { return nil, nil },
		"links": func(_ context.Context, input []byte) ([]byte, error) { return runLinks(input) },
		"who":   func(_ context.Context, input []byte) ([]byte, error) { return sign(input) },
	}}
}

// links is a chain of rounds, each of which needs the one before: it takes as
// long as it has rounds, and touches no memory.
func links(rounds, x uint64) uint64 {
	for range rounds {
		x ^= x >> 32
		x = x*0x9e3779b97f4a7c15 + 0x2545f4914f6cdd1d
	}
	return x
}

func linksInput(rounds, seed uint64) []byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, 16), rounds)
	return binary.BigEndian.AppendUint64(b, seed)
}

func runLinks(input []byte) ([]byte, error) {
	if len(input) != 16 {
		return nil, fmt.Errorf("an input of links has 16 bytes, not %d", len(input))
	}
	x := links(binary.BigEndian.Uint64(input), binary.BigEndian.Uint64(input[8:]))
	return binary.BigEndian.AppendUint64(nil, x), nil
}

// sign does a microsecond of work. It returns the number that it was given, the
// outcome of the work, and the process that it ran in.
func sign(input []byte) ([]byte, error) {
	if len(input) != 8 {
		return nil, fmt.Errorf("a number has 8 bytes, not %d", len(input))
	}
	n := binary.BigEndian.Uint64(input)
	out := binary.BigEndian.AppendUint64(make([]byte, 0, 24), n)
	out = binary.BigEndian.AppendUint64(out, links(signRounds, n))
	return binary.BigEndian.AppendUint64(out, uint64(os.Getpid())), nil
}

const signRounds = 500

// processRole tells this program to be something else than a test, or a worker
// of a pool.
const processRole = "PEERS_PROCESS_ROLE"

// playRole plays the role that this process was started for, if any.
func playRole() {
	var err error
	switch role := os.Getenv(processRole); role {
	case "":
		os.Setenv("GORACE", "atexit_sleep_ms=0") // or whatever is built with -race takes a second to leave
		return
	case "echo":
		err = echo()
	case "futex":
		err = answerFutex()
	case "rpc":
		err = serveRPC()
	case "origin":
		err = serveOrigin()
	case "fetch":
		err = fetch()
	default:
		err = adopt(role)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// as returns this program in a role.
func as(role string) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), processRole+"="+role)
	return cmd, nil
}

// startAs starts this program in a role that ends with its standard input.
func startAs(role string) (*child.Process, error) {
	cmd, err := as(role)
	if err != nil {
		return nil, err
	}
	return child.Start(cmd)
}

// grace is how long a child may take to leave.
const grace = 5 * time.Second

// messageSize is that of a bare round trip.
const messageSize = 64

// echo sends back what comes, in whole messages, with reads that block.
func echo() error {
	os.Stdin.Fd() // from here on they block in the kernel, not in the runtime's poller
	os.Stdout.Fd()
	message := make([]byte, messageSize)
	for {
		if _, err := io.ReadFull(os.Stdin, message); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if _, err := os.Stdout.Write(message); err != nil {
			return err
		}
	}
}

// processors are how many of a pool's processes can run at the same time.
func processors(processes int) int { return min(processes, runtime.GOMAXPROCS(0)) }
