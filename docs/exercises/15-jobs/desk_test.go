package jobs

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/fourlevels/fourlevels/levels/pitfall"
	"github.com/fourlevels/fourlevels/levels/process/child"
)

// theWorkers is what their processes run.
var theWorkers = pitfall.Pitfall{ID: "lesson15", Helpers: map[string]func([]string) error{"worker": func([]string) error {
	keeper := os.Stdout
	os.Stdout = os.Stderr // a student may print
	Work(&pipe{to: keeper, from: bufio.NewReader(os.Stdin)})
	return nil
}}}

// A pipe is the desk of a worker that is a process.
type pipe struct {
	mu   sync.Mutex // one question at a time
	to   io.Writer
	from *bufio.Reader
}

func (p *pipe) ask(verb string, job Job) (said string, is Job) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(p.to, "%s %q %d %d\n", verb, job.ID, job.Attempt, job.Steps)
	line, err := p.from.ReadString('\n')
	if err != nil {
		os.Exit(0) // the keeper is gone
	}
	fmt.Sscanf(line, "%s %q %d %d", &said, &is.ID, &is.Attempt, &is.Steps)
	return said, is
}

func (p *pipe) says(verb string, job Job) bool {
	said, _ := p.ask(verb, job)
	return said == "true"
}

func (p *pipe) Take() (Job, bool) {
	said, job := p.ask("take", Job{})
	return job, said == "true"
}

func (p *pipe) Step(job Job) {
	p.says("step", job)
	time.Sleep(step)
}

func (p *pipe) Renew(job Job) bool { return p.says("renew", job) }
func (p *pipe) Pay(job Job) bool   { return p.says("pay", job) }
func (p *pipe) Done(job Job) bool  { return p.says("done", job) }

// A killer says when a worker is killed: at a word about the first attempt of a job, before
// or after the keeper has heard it.
type killer struct {
	mu    sync.Mutex // guards all below
	plan  map[string]bool
	kills int
}

func newKiller(words ...string) *killer {
	k := &killer{plan: map[string]bool{}}
	for _, w := range words {
		k.plan[w] = true
	}
	return k
}

func (k *killer) due(when, verb, job string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	word := strings.Join([]string{when, verb, job}, " ")
	if !k.plan[word] {
		return false
	}
	delete(k.plan, word)
	k.kills++
	return true
}

// seat runs one worker process after another, until one leaves by itself.
func (k *keeper) seat(ctx context.Context, killer *killer) error {
	for {
		p, err := child.Start(pitfall.Helper(theWorkers.ID, "worker"))
		if err != nil {
			return err
		}
		stop := context.AfterFunc(ctx, p.Kill)
		killed := k.serve(p, killer)
		stop()
		switch left := p.Stop(time.Second); {
		case killed:
		case left != nil && ctx.Err() == nil:
			return p.Obituary()
		default:
			return nil
		}
	}
}

// serve answers a worker until it leaves or is killed: kill -9, as soon as it has spoken.
func (k *keeper) serve(p *child.Process, killer *killer) (killed bool) {
	for in := bufio.NewScanner(p.Stdout); in.Scan(); {
		var verb string
		var job Job
		fmt.Sscanf(in.Text(), "%s %q %d %d", &verb, &job.ID, &job.Attempt, &job.Steps)
		killed = killer.due("before", verb, job.ID)
		ok := false
		switch {
		case killed:
		case verb == "take":
			job, ok = k.take()
		default:
			ok = k.say(verb, job)
		}
		if killed || killer.due("after", verb, job.ID) {
			p.Kill()
			<-p.Done()
			return true
		}
		fmt.Fprintf(p.Stdin, "%v %q %d %d\n", ok, job.ID, job.Attempt, job.Steps)
	}
	return false
}
