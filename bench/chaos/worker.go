package chaos

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
}

// An entry of a worker's diary, a line of its standard output: a try began, ended, or
// returned a result. It is written before anything else happens, so that whoever is killed
// has said it.
type entry struct {
	Job, Try int
	What     string // "began", "result" or "failed". The first entry is "here", of no job
	At       time.Time
}

// Work is the life of a worker. It does jobs until ctx or its standard input ends.
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
		io.Copy(io.Discard, lines)
		cancel()
	}()
	d := diary{out: json.NewEncoder(out)}
	d.write(entry{What: "here"})
	w := insist(ctx, o)
	if w == nil {
		return nil
	}
	defer w.Close()
	return w.work(ctx, o, func(ctx context.Context, c Chore, try int) (Token, error) { return d.do(ctx, c, Token{o.Worker, try}) })
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

// A diary is what a worker writes down.
type diary struct {
	mu  sync.Mutex
	out *json.Encoder // a line is written at once
}

func (d *diary) write(e entry) {
	d.mu.Lock()
	defer d.mu.Unlock()
	e.At = time.Now()
	d.out.Encode(e)
}

// do does a chore, which is to wait.
func (d *diary) do(ctx context.Context, c Chore, by Token) (Token, error) {
	d.write(entry{Job: c.N, Try: by.Try, What: "began"})
	timer := time.NewTimer(c.Takes)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		d.write(entry{Job: c.N, Try: by.Try, What: "failed"})
		return by, context.Cause(ctx)
	}
	if c.Poison {
		d.write(entry{Job: c.N, Try: by.Try, What: "failed"})
		return by, errors.New("poison")
	}
	d.write(entry{Job: c.N, Try: by.Try, What: "result"})
	return by, nil
}
