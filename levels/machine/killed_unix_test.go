//go:build unix

package machine_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/async"
	"github.com/fourlevels/fourlevels/levels/machine"
	"github.com/fourlevels/fourlevels/levels/process/child"
)

// noteFile is the variable that makes the test binary a worker, and says in which file it
// notes what it runs: that outlives it.
const noteFile = "MACHINE_TEST_NOTES"

func init() { roles[noteFile] = takeNotes }

// takeNotes is the life of that worker. Its socket is its parent's, who can start
// another there.
func takeNotes(file string) int {
	os.Setenv("GORACE", "atexit_sleep_ms=0")
	ctx, cancel := context.WithCancel(context.Background())
	go func() { io.Copy(io.Discard, os.Stdin); cancel() }() // ends with the process
	notes, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return 1
	}
	l, err := net.FileListener(os.NewFile(3, "socket"))
	if err != nil {
		return 1
	}
	far := async.New(async.Config{Funcs: levels.Funcs{"note": func(_ context.Context, input []byte) ([]byte, error) {
		fmt.Fprintf(notes, "%s\n", input)
		time.Sleep(time.Millisecond) // there is time to die in
		return append([]byte("did "), input...), nil
	}}})
	defer far.Close()
	if machine.Serve(ctx, l, &machine.Handler{Level: far}, time.Second) != nil {
		return 1
	}
	return 0
}

// A succession of workers, each of which is killed and replaced by the next.
type succession struct {
	*testing.T
	socket *os.File
	notes  string
	kills  int
}

// hire starts a worker. It needs no time to be there: what asks it waits at the socket.
func (s *succession) hire() *child.Process {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), noteFile+"="+s.notes)
	cmd.ExtraFiles = []*os.File{s.socket}
	p, err := child.Start(cmd)
	if err != nil {
		s.Fatal(err)
	}
	return p
}

// reign kills one worker after the other, each when it has noted a hundred tasks more,
// until ctx ends.
func (s *succession) reign(ctx context.Context) {
	p := s.hire()
	for next := 100; ctx.Err() == nil; {
		time.Sleep(time.Millisecond)
		if text, _ := os.ReadFile(s.notes); bytes.Count(text, []byte("\n")) < next {
			continue
		}
		p.Kill()
		p.Stop(0) // waits for it
		s.kills++
		next += 100
		p = s.hire()
	}
	p.Stop(time.Second)
}

// Workers are killed in the middle of calls, and others take their place at once. No call
// runs twice, and of each it is known how it ended, or that it is not known.
func TestKilledWorkers(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	socket, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	s := &succession{T: t, socket: socket, notes: filepath.Join(t.TempDir(), "notes")}
	if err := os.WriteFile(s.notes, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var reigning, calling sync.WaitGroup
	reigning.Go(func() { s.reign(ctx) })

	const calls, callers = 2000, 4
	results := make([]levels.Result, calls)
	near := machine.NewRPC(machine.RPCConfig{URLs: []string{"http://" + l.Addr().String()}, InFlight: callers, MaxBatch: 1})
	for caller := range callers {
		calling.Go(func() {
			for i := caller; i < calls; i += callers {
				results[i] = run1(t.Context(), near, "note", fmt.Sprint(i))
			}
		})
	}
	calling.Wait()
	near.Close()
	stop()
	reigning.Wait()

	text, err := os.ReadFile(s.notes)
	if err != nil {
		t.Fatal(err)
	}
	runs := map[string]int{}
	for _, i := range strings.Fields(string(text)) {
		runs[i]++
	}
	var b balance
	for i, r := range results {
		b.add(fmt.Sprint(i), runs[fmt.Sprint(i)], r)
	}
	t.Logf("%v; %d workers were killed", b, s.kills)
	if !b.holds() || s.kills < 10 || b.unknown == 0 || b.unknown > 2*callers*(s.kills+1) {
		t.Error(b)
	}
}
