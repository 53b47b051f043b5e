package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"sync"
	"time"

	"github.com/fourlevels/fourlevels/bench/netns"
	"github.com/fourlevels/fourlevels/levels/machine/store/lab"
	"github.com/fourlevels/fourlevels/levels/process/child"
)

// A crew is the workers of a round. Each has a place, with a cable of its own to Redis;
// whoever dies is replaced in its place.
type crew struct {
	command []string
	env     []string
	order   Order // for all, but for what is each one's own
	url     func(addr string) string
	places  []*place
	born    int
	kills   []Kill
	hits    map[int][]Span // see History
	leavers map[int]time.Time

	mu     sync.Mutex // guards what follows
	tries  map[Token]*Try
	hunger map[int][]Span // see History.Starved
	died   []string
}

type place struct {
	worker   *child.Process
	number   int
	network  *netns.Network // nil if it is on this host
	cable    *lab.Cable
	here     chan struct{}  // closed when the worker has said so, or is dead
	troubled bool           // something is wrong with it that will pass
	reading  sync.WaitGroup // the worker's diary
}

// open makes a place, with a network of its own or without.
func (p *place) open(ctx context.Context, redis string, apart bool) (err error) {
	from := "127.0.0.1"
	if apart {
		if p.network, err = netns.New(ctx); err != nil {
			return err
		}
		from = p.network.Here
	}
	p.cable, err = lab.LayFrom(from, redis)
	return err
}

// close takes away what open made. Its last worker has gone.
func (p *place) close() {
	if p.cable != nil {
		p.cable.Close()
	}
	if p.network != nil {
		p.network.Close()
	}
}

// hire fills a place. Its last worker has gone.
func (c *crew) hire(p *place) (err error) {
	start := exec.Command
	if p.network != nil {
		start = p.network.Command
	}
	cmd := start(c.command[0], c.command[1:]...)
	cmd.Env = c.env
	if p.worker, err = child.Start(cmd); err != nil {
		return fmt.Errorf("start a worker: %w", err)
	}
	c.born++
	p.number = c.born
	o := c.order
	o.URL, o.Worker = c.url(p.cable.Addr()), p.number
	if hurries(p.number) {
		o.Grace = hurried
	}
	line, err := json.Marshal(o)
	if err != nil {
		return err
	}
	if _, err := p.worker.Stdin.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("start a worker: %w: %w", err, p.worker.Obituary())
	}
	diary, number, here := json.NewDecoder(p.worker.Stdout), p.number, make(chan struct{})
	p.here = here
	p.reading.Go(func() {
		var first entry
		diary.Decode(&first)
		close(here)
		for e := (entry{}); diary.Decode(&e) == nil; e = (entry{}) {
			c.note(number, e)
		}
	})
	return nil
}

// note takes an entry of a diary.
func (c *crew) note(worker int, e entry) {
	if e.What == starved {
		c.starve(worker, Span{e.At.Add(-e.Took), e.At})
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	by := Token{worker, e.Run}
	if e.What == beginning {
		c.tries[by] = &Try{Job: e.Job, By: by, Number: e.Try, Began: e.At}
	} else if t := c.tries[by]; t != nil {
		t.Ended, t.Result, t.Failed = e.At, e.What == returning, e.What == failing
	}
}

// starve notes that a worker, or everybody, stood still.
func (c *crew) starve(worker int, s Span) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hunger[worker] = append(c.hunger[worker], s)
}

// kill kills the worker in a place, and hires another.
func (c *crew) kill(p *place) error {
	now := time.Now()
	if p.worker.End() {
		c.kills = append(c.kills, Kill{p.number, now})
		c.hits[p.number] = append(c.hits[p.number], Span{From: now})
		c.bury(p)
	} else {
		c.mourn(p)
	}
	return c.hire(p)
}

// mourn notes that a worker has died by itself, or was told to leave and did not do it
// well: another takes its place, and would else hide it.
func (c *crew) mourn(p *place) {
	c.bury(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.died = append(c.died, fmt.Sprintf("worker %d: %v", p.number, p.worker.Obituary()))
}

// mend fills the places whose workers have died by themselves.
func (c *crew) mend() error {
	for _, p := range c.free() {
		if p.worker.Ended() {
			c.mourn(p)
			if err := c.hire(p); err != nil {
				return err
			}
		}
	}
	return nil
}

// dismiss has the worker in a place leave, as a deployment does, and hires another.
func (c *crew) dismiss(ctx context.Context, p *place) error {
	select {
	case <-p.here: // so that it knows what SIGTERM means
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	c.leavers[p.number] = time.Now()
	p.worker.Terminate()
	if c.leaves(ctx, p); ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return c.hire(p)
}

// leaves waits until a worker has gone that was told to leave. One that does not is killed,
// and so are all when ctx ends, for then nothing is judged any more.
func (c *crew) leaves(ctx context.Context, p *place) {
	late := time.AfterFunc(leaving, p.worker.Kill)
	now := context.AfterFunc(ctx, p.worker.Kill)
	c.bury(p)
	late.Stop()
	now()
	if p.worker.Stop(0) != nil && ctx.Err() == nil {
		c.mourn(p)
	}
}

// hurried is the grace of every third worker: too short for some jobs, which it gives back.
const hurried = 50 * time.Millisecond

func hurries(worker int) bool { return worker%3 == 0 }

// leaving is how long a worker may take to leave: its jobs are short.
const leaving = 15 * time.Second

// bury waits until a worker has gone, and its diary has been read to the end.
func (c *crew) bury(p *place) {
	<-p.worker.Done()
	p.reading.Wait()
	p.worker.Stop(0)
}

// free are the places with nothing wrong.
func (c *crew) free() (places []*place) {
	for _, p := range c.places {
		if !p.troubled {
			places = append(places, p)
		}
	}
	return places
}

// rest has all workers leave, after the jobs that they run.
func (c *crew) rest(ctx context.Context) {
	var ends sync.WaitGroup
	for _, p := range c.places {
		ends.Go(func() {
			p.worker.Stdin.WriteString(leave)
			c.leaves(ctx, p)
		})
	}
	ends.Wait()
}

// close ends whoever has not left, at once: a worker whose cable is pulled would try for
// long to say goodbye. Then it takes away the cables.
func (c *crew) close() {
	for _, p := range c.places {
		if p.worker != nil {
			p.worker.Kill()
			c.bury(p)
		}
		p.close()
	}
}

// history is what the diaries say.
func (c *crew) history() (tries []Try) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range c.tries {
		tries = append(tries, *t)
	}
	slices.SortFunc(tries, func(a, b Try) int { return a.Began.Compare(b.Began) })
	return tries
}
