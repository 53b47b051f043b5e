package popthendie

import (
	"bufio"
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/fourlevels/fourlevels/levels/pitfall"
	"github.com/fourlevels/fourlevels/levels/process/child"
)

// A keeper keeps the queue, hires workers, and kills some.
type keeper struct {
	mu      sync.Mutex // guards all below
	changed *sync.Cond
	waiting []string
	leased  int
	effects map[string]int  // of each job
	kills   map[string]bool // what a worker says just before it is killed, once
	over    bool
}

func newKeeper() *keeper {
	k := &keeper{effects: map[string]int{}, kills: map[string]bool{}}
	k.changed = sync.NewCond(&k.mu)
	for i := range jobs {
		k.waiting = append(k.waiting, fmt.Sprint(i))
	}
	for i := range kills { // in the middle of a job: it has begun, and has had no effect
		k.kills[fmt.Sprint("begin ", i*7)] = true
	}
	k.kills[fmt.Sprint("effect ", jobs-2)] = true // a sixth just after its job's effect
	return k
}

// seat runs one worker after another, until one leaves by itself.
func (k *keeper) seat(ctx context.Context, worker string) error {
	for {
		p, err := child.Start(pitfall.Helper(id, worker))
		if err != nil {
			return err
		}
		stop := context.AfterFunc(ctx, p.Kill)
		killed := k.serve(p)
		stop()
		left := p.Stop(time.Second)
		switch {
		case killed:
		case left != nil && ctx.Err() == nil:
			return p.Obituary()
		default:
			return nil
		}
	}
}

// serve answers a worker until it leaves. It reports whether the worker had to be killed;
// a job that such a worker has leased is on the queue again.
func (k *keeper) serve(p *child.Process) (killed bool) {
	var held []string
	for in := bufio.NewScanner(p.Stdout); in.Scan(); {
		if k.dies(in.Text()) {
			p.Kill()
			<-p.Done()
			k.giveBack(held)
			return true
		}
		verb, job, _ := strings.Cut(in.Text(), " ")
		answer := "ok"
		switch verb {
		case "pop", "lease":
			if answer = k.take(verb == "lease"); verb == "lease" && answer != "none" {
				held = append(held, answer)
			}
		case "done":
			held = k.settle(held, job)
		}
		fmt.Fprintln(p.Stdin, answer)
	}
	k.giveBack(held)
	return false
}

// dies notes the effect of a job, and reports whether the worker is killed at this word.
func (k *keeper) dies(said string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if job, ok := strings.CutPrefix(said, "effect "); ok {
		k.effects[job]++
	}
	defer delete(k.kills, said)
	return k.kills[said]
}

// take waits for a job as long as one may come back.
func (k *keeper) take(lease bool) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	for len(k.waiting) == 0 && k.leased > 0 && !k.over {
		k.changed.Wait()
	}
	if len(k.waiting) == 0 || k.over {
		return "none"
	}
	job := k.waiting[0]
	k.waiting = k.waiting[1:]
	if lease {
		k.leased++
	}
	return job
}

func (k *keeper) settle(held []string, job string) []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i, h := range held {
		if h == job {
			k.leased--
			k.changed.Broadcast()
			return append(held[:i:i], held[i+1:]...)
		}
	}
	return held
}

func (k *keeper) giveBack(held []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.leased -= len(held)
	k.waiting = append(k.waiting, held...)
	k.changed.Broadcast()
}

func (k *keeper) close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.over = true
	k.changed.Broadcast()
}
