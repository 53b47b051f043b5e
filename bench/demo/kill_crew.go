package demo

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/fleet/desk"
	"github.com/fourlevels/fourlevels/bench/live"
)

// A crew is the workers of an act. Each has a post; when it is killed, another takes that
// after a while.
type crew struct {
	show   *killShow
	act    int
	jobs   desk.Config
	posts  []*post
	failed chan error // why there cannot be a worker

	working sync.WaitGroup // the goroutines that look after the posts
	end     context.CancelFunc

	mu   sync.Mutex
	gone map[int]bool // jobs whose worker died, and that nobody has begun again
}

// A post is the place of a worker, which has a lane.
type post struct {
	lane      strip
	collector *live.Collector // of this post only, so that whoever reports to it is on its lane

	mu     sync.Mutex
	clerk  *fleet.Clerk // nil while there is none
	killed bool
}

// crew makes the posts. Nobody is at work before open.
func (k *killShow) crew(act int, jobs desk.Config) (*crew, error) {
	c := &crew{show: k, act: act, jobs: jobs, failed: make(chan error, killWorkers), gone: map[int]bool{}}
	for i := range killWorkers {
		name := fmt.Sprint("worker ", i+1)
		collector, err := live.Collect(witness{k.Stage, c}, live.CollectorConfig{Lane: func(live.Peer, string) string { return name }})
		if err != nil {
			return nil, errors.Join(err, c.close())
		}
		c.posts = append(c.posts, &post{lane: strip{stage: k.Stage, span: live.Span{Lane: name}}, collector: collector})
	}
	return c, nil
}

func (c *crew) lanes() (names []string) {
	for _, p := range c.posts {
		names = append(names, p.lane.span.Lane)
	}
	return names
}

func (c *crew) collectors() (all []*live.Collector) {
	for _, p := range c.posts {
		all = append(all, p.collector)
	}
	return all
}

// open puts workers to work.
func (c *crew) open(ctx context.Context) {
	ctx, c.end = context.WithCancel(ctx)
	for _, p := range c.posts {
		c.working.Go(func() {
			if err := c.staff(ctx, p); err != nil && ctx.Err() == nil {
				c.failed <- err
			}
		})
	}
}

// close ends the workers.
func (c *crew) close() (err error) {
	if c.end != nil {
		c.end()
	}
	c.working.Wait()
	for _, p := range c.posts {
		err = errors.Join(err, p.collector.Close())
	}
	return err
}

// staff keeps a post staffed until ctx ends.
func (c *crew) staff(ctx context.Context, p *post) error {
	defer p.lane.end()
	config := fleet.Config{Worker: c.show.Worker, Env: append(fleet.Env(), p.collector.Env())}
	for {
		clerk, err := fleet.StartClerk(ctx, config, c.jobs)
		if err != nil {
			return err
		}
		p.lane.end()
		p.take(clerk)
		select {
		case <-clerk.Died():
		case <-ctx.Done():
		}
		killed := p.leave()
		clerk.Close()
		switch {
		case ctx.Err() != nil:
			return nil
		case !killed:
			return clerk.Obituary()
		}
		p.lane.become(live.Dark, -1)
		if err := c.show.rest(ctx, 500*time.Millisecond); err != nil {
			return nil
		}
	}
}

// rest waits for d, at c's pace. Its error is the cause of ctx.
func (c Config) rest(ctx context.Context, d time.Duration) error {
	return live.Pause(ctx, c.scaled(d))
}

func (p *post) take(clerk *fleet.Clerk) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clerk, p.killed = clerk, false
}

// leave says whether whoever leaves was killed.
func (p *post) leave() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clerk = nil
	return p.killed
}

// kill kills the worker of that number. It returns false if there is nobody at the moment.
func (c *crew) kill(number int) bool {
	p := c.posts[number]
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.clerk == nil || p.killed {
		return false
	}
	p.killed = true
	p.clerk.Kill()
	return true
}

// strike kills the worker of that number, or the next one that is there. It returns false if
// nobody is.
func (c *crew) strike(number int) bool {
	for i := range killWorkers {
		if c.kill((number + i) % killWorkers) {
			return true
		}
	}
	return false
}

// missing is how many jobs went with their worker, and are not begun again so far.
func (c *crew) missing() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.gone)
}

// A witness sees the spans of the workers on their way to the stage.
type witness struct {
	*live.Stage
	crew *crew
}

// Span implements [live.Sink].
func (w witness) Span(s live.Span) {
	w.Stage.Span(s)
	w.crew.mu.Lock()
	defer w.crew.mu.Unlock()
	switch s.State {
	case live.Lost:
		w.crew.gone[s.Task] = true
	case live.Again:
		delete(w.crew.gone, s.Task)
	}
}
