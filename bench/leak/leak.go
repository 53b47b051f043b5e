// Package leak shows whether something that is opened and closed again and again leaves
// anything behind. It counts what this process holds before and after many cycles: a leak
// of one thing a cycle, which no test of a single cycle would be sure of, is then hundreds.
package leak

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// The kinds of things that are counted. Where the system does not tell, a kind is absent from
// the counts: [Told] says which there are.
const (
	Goroutines = "goroutines"
	Heap       = "heap KiB"  // in use after a collection
	Threads    = "threads"   // of the operating system
	Files      = "files"     // descriptors: files, pipes, sockets, epolls
	Mappings   = "mappings"  // of shared memory: one outlives its descriptor
	Processes  = "processes" // below this one, zombies included, and orphans
	Temporary  = "temporary" // files and folders
	Shared     = "shared"    // names in /dev/shm
)

// spare is how much more of a kind there may be after the cycles than before, as cause and
// effect are not exact there. Of all other kinds there may be none.
//
// The Go runtime starts a thread when all others happen to be blocked in system calls, and
// keeps it; and its own caches are part of the heap.
func spare(kind string, cycles int) int {
	switch kind {
	case Threads:
		return 4
	case Heap:
		return 256 + cycles/8 // so 160 bytes a cycle show in 10,000 of them
	}
	return 0
}

// Counts is how many there are of each kind.
type Counts map[string]int

// A Check runs cycles. Its zero value is of use.
type Check struct {
	Cycles int           // that count; 0 means 200
	Warm   int           // cycles before, which fill pools and caches; 0 means 10
	Wait   time.Duration // for what ends by itself, such as a goroutine whose connection was closed; 0 means 5 s

	Mark string // "NAME=value" in the environment of all processes that a cycle starts: it finds orphans; "" finds none
	Temp string // the folder in which cycles make temporary files; "" means os.TempDir()

	// Also are kinds that this package knows nothing of, such as connections to a server.
	Also map[string]func() (int, error)
}

// A Report is what a check has found.
type Report struct {
	Cycles        int
	Took          time.Duration // all cycles
	Before, After Counts
	Memory        Growth // where the system tells, and the cycles are enough to tell
	Held          string // what to look at if there is a leak: the open files, and the stacks of the goroutines
}

// Run runs the cycles one after another, and counts. An error is of a cycle or of the counts.
func (c Check) Run(ctx context.Context, cycle func(context.Context) error) (r Report, err error) {
	if c.Cycles <= 0 {
		c.Cycles = 200
	}
	if c.Warm <= 0 {
		c.Warm = 10
	}
	if c.Wait <= 0 {
		c.Wait = 5 * time.Second
	}
	if _, err := repeat(ctx, c.Warm, cycle); err != nil {
		return r, err
	}
	r.Cycles = c.Cycles
	shm := names(sharedMemory)
	if r.Before, err = c.steady(ctx, shm); err != nil {
		return r, err
	}
	if r.Took, r.Memory, err = c.cycles(ctx, cycle); err != nil {
		return r, err
	}
	deadline := time.Now().Add(c.Wait)
	r.After, err = c.count(shm)
	for err == nil && len(r.Leaks()) > 0 && time.Now().Before(deadline) && ctx.Err() == nil {
		pause(ctx)
		r.After, err = c.count(shm)
	}
	if len(r.Leaks()) > 0 {
		r.Held = held()
	}
	return r, err
}

// cycles runs those that count, and takes samples of the memory between them if they are
// many.
func (c Check) cycles(ctx context.Context, cycle func(context.Context) error) (took time.Duration, g Growth, err error) {
	if c.Cycles < enough {
		took, err = repeat(ctx, c.Cycles, cycle)
		return took, g, err
	}
	var at, memory []int
	for done := 0; done < c.Cycles; {
		n := min(c.Cycles/samples, c.Cycles-done)
		d, err := repeat(ctx, n, cycle)
		if err != nil {
			return took, g, fmt.Errorf("after %d cycles: %w", done, err)
		}
		took, done = took+d, done+n
		if kib, measured := settled(); measured {
			at, memory = append(at, done), append(memory, kib)
		}
	}
	return took, line(at, memory), nil
}

func repeat(ctx context.Context, n int, cycle func(context.Context) error) (time.Duration, error) {
	began := time.Now()
	for i := range n {
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		if err := cycle(ctx); err != nil {
			return 0, fmt.Errorf("cycle %d: %w", i+1, err)
		}
	}
	return time.Since(began), nil
}

// steady counts until five counts in a row are the same: what the first cycles left and
// has not ended yet would hide what is too much after.
func (c Check) steady(ctx context.Context, shm map[string]bool) (Counts, error) {
	last, err := c.count(shm)
	deadline := time.Now().Add(c.Wait)
	for same := 1; same < 5 && err == nil && time.Now().Before(deadline); same++ {
		pause(ctx)
		var now Counts
		if now, err = c.count(shm); !now.equal(last) {
			same = 0
		}
		last = now
	}
	return last, errors.Join(err, context.Cause(ctx))
}

// equal reports whether two counts are the same but for the heap, which never rests.
func (c Counts) equal(other Counts) bool {
	for kind := range c {
		if kind != Heap && c[kind] != other[kind] {
			return false
		}
	}
	return true
}

// pause is the time between two counts.
func pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(20 * time.Millisecond):
	}
}

// Leaks tells of what there is more after than before, a line for each kind.
func (r Report) Leaks() (lines []string) {
	for _, kind := range slices.Sorted(maps.Keys(r.Before)) {
		more := r.After[kind] - r.Before[kind]
		if more > spare(kind, r.Cycles) {
			lines = append(lines, fmt.Sprintf("%s: %d before and %d after %d cycles, %.2f more each", kind, r.Before[kind], r.After[kind], r.Cycles, float64(more)/float64(r.Cycles)))
		}
	}
	if r.Memory.steep() {
		lines = append(lines, fmt.Sprintf("memory: %v, by %d samples in %d cycles", r.Memory, r.Memory.Samples, r.Cycles))
	}
	return lines
}

// String is a line of a table: what the cycles took, and each kind before and after.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%6d cycles %8.2f ms each", r.Cycles, float64(r.Took.Microseconds())/1000/float64(max(1, r.Cycles)))
	for _, kind := range slices.Sorted(maps.Keys(r.Before)) {
		fmt.Fprintf(&b, "  %s %d>%d", kind, r.Before[kind], r.After[kind])
	}
	if r.Memory.Samples > 0 {
		fmt.Fprintf(&b, "  %v", r.Memory)
	}
	return b.String()
}
