//go:build linux

package process_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/internal/wire"
	"github.com/fourlevels/fourlevels/levels/process"
)

const limit = 300 * time.Millisecond

// A task that hangs costs itself, however many others there are and however it does.
func TestTimeout(t *testing.T) {
	each(t, process.Transports, func(t *testing.T, transport string) {
		d := newDen(t, process.Config{Processes: 2, Transport: transport, Timeout: limit})
		n := 60
		if transport == "spawn" {
			n = 6
		}
		hows := map[int]string{1: "spin", n / 2: "block", n - 1: "block"}
		results, runs := d.do(t, n, hows)
		for i, r := range results {
			if hows[i] == "" {
				isFine(t, i, r, runs[i])
			} else if !errors.Is(r.Err, context.DeadlineExceeded) || errors.Is(r.Err, levels.ErrLost) || runs[i] != 1 {
				t.Errorf("task %d: %v, after %d runs; want %v", i, r.Err, runs[i], context.DeadlineExceeded)
			}
		}
		d.fine(t, 4)
	})
}

// The limit is kept to: no task is killed before, and none is forgotten.
func TestTimeoutIsKept(t *testing.T) {
	each(t, channels, func(t *testing.T, transport string) {
		d := newDen(t, process.Config{Processes: 1, Transport: transport, Timeout: limit})
		d.fine(t, 1) // so that there is a worker
		for _, how := range []string{"spin", "block"} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // a busy machine is late
			start := time.Now()
			results := d.Run(ctx, []levels.Task{{Func: "deed", Input: fmt.Appendf(nil, "%s|0|0|%s", how, d.log)}})
			took := time.Since(start)
			if err := results[0].Err; !errors.Is(err, context.DeadlineExceeded) || took < limit || ctx.Err() != nil {
				t.Errorf("%s: %v after %v, want %v after %v", how, err, took, context.DeadlineExceeded, limit)
			}
			cancel()
			d.fine(t, 1)
		}
	})
}

// The limit is a task's, not its slice's or its batch's.
func TestTimeoutIsOfTheTask(t *testing.T) {
	each(t, channels, func(t *testing.T, transport string) {
		d := newDen(t, process.Config{Processes: 2, Transport: transport, Timeout: limit})
		hows := map[int]string{}
		for i := range 16 { // the first slice is of four, which take longer than the limit
			hows[i] = "work"
		}
		results, runs := d.do(t, len(hows), hows)
		for i, r := range results {
			isFine(t, i, r, runs[i])
		}
	})
}

// A result that comes about when the limit ends is there, or it is late. It never
// costs more.
func TestTimeoutAtTheLastMoment(t *testing.T) {
	const short = 32 * time.Millisecond
	each(t, channels, func(t *testing.T, transport string) {
		env := append(os.Environ(), "GORACE=atexit_sleep_ms=0 halt_on_error=1")
		d := newDen(t, process.Config{Processes: 2, Transport: transport, Timeout: short, Env: env})
		d.fine(t, 2)
		tasks := make([]levels.Task, 24)
		for i := range tasks { // it is found out at one of the looks, from the limit to an eighth more
			how := []string{"nap", "nap goexit", "nap panic"}[i%3]
			tasks[i] = levels.Task{Func: "deed", Input: fmt.Appendf(nil, "%s %v|0|%d|%s", how, short+time.Duration(i)*short/8/24, i, d.log)}
		}
		for i, r := range d.Run(t.Context(), tasks) {
			late := errors.Is(r.Err, context.DeadlineExceeded)
			switch lost := errors.Is(r.Err, levels.ErrLost); {
			case late, i%3 > 0 && lost:
			case i%3 > 0, r.Err != nil, string(r.Output) != strconv.Itoa(i):
				t.Errorf("task %d: %q, %v", i, r.Output, r.Err)
			}
		}
	})
}

// wrapped is a level that a worker does not look into.
type wrapped struct{ levels.Level }

func init() {
	moreRoles["wrapped"] = func() {
		process.ServeStdio(context.Background(), wrapped{&levels.Serial{Funcs: funcs()}})
	}
}

// There a slice may take as long as its tasks together, then it is lost, and no other.
func TestTimeoutOfAnotherLevel(t *testing.T) {
	each(t, channels, func(t *testing.T, transport string) {
		d := newDen(t, process.Config{
			Processes: 1, Transport: transport, Timeout: limit,
			Command: []string{os.Args[0]}, Env: append(os.Environ(), role+"=wrapped"),
		})
		results, runs := d.do(t, 3, map[int]string{0: "work", 1: "block", 2: "work"})
		isFine(t, 0, results[0], runs[0])
		if err := results[1].Err; !errors.Is(err, levels.ErrLost) || runs[1] != 1 {
			t.Errorf("%v, after %d runs; want %v", err, runs[1], levels.ErrLost)
		}
		isFine(t, 2, results[2], runs[2])
	})
}

func init() {
	moreRoles["dies slowly"] = func() {
		mark, err := os.OpenFile(os.Getenv("DIES_ONCE"), os.O_CREATE|os.O_EXCL, 0o666)
		if err != nil { // it did, and this is the next
			process.ServeStdio(context.Background(), &levels.Serial{Funcs: funcs()})
			return
		}
		mark.Close()
		fmt.Printf("fourlevels worker, protocol %d\n", wire.Version)
		if _, err := wire.NewReader(os.Stdin).Tasks(); err != nil {
			os.Exit(3)
		}
		out := wire.NewWriter(os.Stdout)
		out.Will()
		out.Results([]levels.Result{{Err: context.DeadlineExceeded}})
		os.Stdout.Close()
		time.Sleep(300 * time.Millisecond) // longer than a worker waits for the end of a child
		os.Exit(1)
	}
}

// A child that has told its will runs nothing more, however long it takes to die: only
// the task that it tells of is lost, and none of those that were sent behind it.
func TestWillOfTheSlow(t *testing.T) {
	d := newDen(t, process.Config{
		Processes: 1, Timeout: time.Minute, Command: []string{os.Args[0]},
		Env: append(os.Environ(), role+"=dies slowly", "DIES_ONCE="+filepath.Join(t.TempDir(), "mark")),
	})
	results, runs := d.do(t, 16, nil)
	if !errors.Is(results[0].Err, context.DeadlineExceeded) {
		t.Errorf("task 0: %v, want %v", results[0].Err, context.DeadlineExceeded)
	}
	for i := 1; i < len(results); i++ {
		isFine(t, i, results[i], runs[i])
	}
}
