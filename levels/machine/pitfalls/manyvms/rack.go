package manyvms

import (
	"bufio"
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/fourlevels/fourlevels/levels/pitfall"
	"github.com/fourlevels/fourlevels/levels/process/child"
)

// every is how often a host has a slice of CPU to give to one of its machines. A machine
// computes for a small part of it: so four hosts fit on one real processor, and what is
// measured is waiting for slices.
const every = 3 * time.Millisecond

// machine is the program of one: it asks for a slice, computes, and asks again.
func machine([]string) error {
	for in := bufio.NewReader(os.Stdin); ; {
		if _, err := os.Stdout.WriteString("?"); err != nil {
			return err
		}
		if _, err := in.ReadByte(); err != nil {
			return nil // the rack is gone
		}
		pitfall.Spin(100_000)
	}
}

// A rack is virtual hosts, with machines that are real processes.
type rack struct {
	machines []*child.Process
	on       []int // the host of each
}

// assemble starts a machine for each host in the list, which may name one several times.
func assemble(ctx context.Context, on []int) (*rack, error) {
	r := &rack{on: on}
	for range on {
		m, err := child.Start(pitfall.Helper(id, "machine"))
		if err != nil {
			return nil, errors.Join(err, r.clear())
		}
		r.machines = append(r.machines, m)
	}
	stop := context.AfterFunc(ctx, func() {
		for _, m := range r.machines {
			m.Kill()
		}
	})
	defer stop()
	for _, m := range r.machines {
		if !asks(m) { // it has started
			return nil, errors.Join(m.Obituary(), context.Cause(ctx), r.clear())
		}
	}
	return r, nil
}

// asks waits for a machine to ask for a slice. It reports whether it is alive.
func asks(m *child.Process) bool {
	n, _ := m.Stdout.Read(make([]byte, 1))
	return n == 1
}

// compute has each machine compute so many slices, as its host has them to give, and
// tells how many were computed and how long that took.
func (r *rack) compute(each int) (done int, took time.Duration) {
	start := time.Now()
	given := map[int]int{} // slices, by host
	var mu sync.Mutex      // guards done and given
	var wg sync.WaitGroup
	for i, m := range r.machines {
		wg.Go(func() {
			for range each {
				mu.Lock()
				given[r.on[i]]++
				due := time.Duration(given[r.on[i]]) * every // one host's slices come one after another
				mu.Unlock()
				time.Sleep(time.Until(start.Add(due)))
				m.Stdin.Write([]byte{'!'})
				if !asks(m) {
					return
				}
				mu.Lock()
				done++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return done, time.Since(start)
}

// unplug ends a host and so the machines on it, and tells how many still compute.
func (r *rack) unplug(host int) (alive int) {
	for i, m := range r.machines {
		if r.on[i] == host {
			m.Kill()
			<-m.Done()
		}
	}
	alive, _ = r.compute(1)
	return alive
}

// clear ends the machines. Those that lost their host were killed: that is no error.
func (r *rack) clear() (err error) {
	for _, m := range r.machines {
		m.Stdin.Close()
	}
	for _, m := range r.machines {
		if gone := m.Ended(); m.Stop(time.Second) != nil && !gone {
			err = errors.Join(err, m.Obituary())
		}
	}
	return err
}
