package chaos

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// An Order is what a worker is told, on the first line of its standard input: no process
// list shows the password there.
type Order struct {
	URL, Way    string
	Worker      int // its number
	Concurrency int
	Lease       time.Duration
	Grace       time.Duration // for its jobs when it leaves; 0 means the queue's own
}

// An entry of a worker's diary, a line of its standard output: a try began, ended, or
// returned a result. It is written before anything else happens, so that whoever is killed
// has said it.
type entry struct {
	Job, Run, Try int // Run is the worker's own count, Try what the queue says
	What          string
	At            time.Time
	Took          time.Duration `json:",omitempty"` // of what had begun before
}

// What an entry says.
const (
	here      = "here" // the first entry, of no job
	beginning = "began"
	returning = "result"
	failing   = "failed"  // by itself, as poison does
	stopping  = "stopped" // because its ctx ended: the queue would have it so
	starved   = "starved" // this process stood still
)

// leave is the line that has a worker leave.
const leave = "leave\n"

// Work is the life of a worker. It does jobs until ctx ends, or it is told to leave by a
// line of its standard input. When that ends without, so does the process.
func Work(ctx context.Context, in io.Reader, out io.Writer) error {
	lines := bufio.NewReader(in)
	line, err := lines.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("read the order: %w", err)
	}
	var o Order
	if err := json.Unmarshal(line, &o); err != nil {
		return fmt.Errorf("read the order: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { // ends with standard input, at the latest with the process
		if _, err := lines.ReadBytes('\n'); err != nil {
			os.Exit(1) // whoever would say leave is dead, and so is Redis: there is nobody to take leave of
		}
		cancel()
	}()
	d := diary{out: json.NewEncoder(out)}
	d.write(entry{What: here})
	w := insist(ctx, o)
	if w == nil {
		return nil
	}
	defer w.Close()
	awake, sleep := context.WithCancel(context.Background())
	var watching sync.WaitGroup
	defer watching.Wait()
	defer sleep()
	watching.Go(func() {
		vigil(awake, starving(o.Lease), func() {}, func(s Span) { d.write(entry{What: starved, Took: s.To.Sub(s.From)}) })
	})
	return w.work(ctx, o, func(ctx context.Context, c Chore, try int) (Token, error) { return d.do(ctx, c, o.Worker, try) })
}

// insist opens the way, as often as it takes: a worker may be born while Redis is away. It
// returns nil if ctx ends before.
func insist(ctx context.Context, o Order) way {
	for {
		w, err := open(ctx, o.Way, o.URL)
		if err == nil {
			return w
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// A diary is what a worker writes down. It counts executions by itself: the number that the
// queue gives a try is the word of a suspect, and a try that runs twice has one of them.
type diary struct {
	mu   sync.Mutex
	out  *json.Encoder // a line is written at once
	runs int
}

func (d *diary) write(e entry) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.put(e)
}

func (d *diary) put(e entry) {
	e.At = time.Now()
	d.out.Encode(e)
}

// begin writes that a job is begun, and numbers that.
func (d *diary) begin(job, try int) (run int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.runs++
	d.put(entry{Job: job, Run: d.runs, Try: try, What: beginning})
	return d.runs
}

// do does a chore, which is to wait.
func (d *diary) do(ctx context.Context, c Chore, worker, try int) (Token, error) {
	by := Token{worker, d.begin(c.N, try)}
	ends := func(what string) { d.write(entry{Job: c.N, Run: by.Run, What: what}) }
	timer := time.NewTimer(c.Takes)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		ends(stopping)
		return by, context.Cause(ctx)
	}
	if c.Poison {
		ends(failing)
		return by, errPoison
	}
	ends(returning)
	return by, nil
}

// errPoison is what poison comes to.
var errPoison = errors.New("poison")
