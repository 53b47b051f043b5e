package noise

import (
	"context"
	"io/fs"
	"os"
	"time"
)

// A Config says what counts as quiet, and how long to wait for it. It is chosen
// before anything is measured.
type Config struct {
	// Limit is the pressure, in percent of the time, under which the machine is
	// quiet. Where the kernel tells no pressure, it is the share of all
	// processors' time that is used. 0 means 10.
	Limit float64

	// Look is how long one look at the machine takes. 0 means 100 ms.
	Look time.Duration

	// Patience is how long one call may take in all; it always has one look.
	// 0 means 10 s. If it is negative, a call does not wait after that look.
	Patience time.Duration
}

func (c Config) complete() Config {
	if c.Limit == 0 {
		c.Limit = 10
	}
	if c.Look <= 0 {
		c.Look = 100 * time.Millisecond
	}
	if c.Patience == 0 {
		c.Patience = 10 * time.Second
	}
	return c
}

// Quiet waits until a look at the machine finds it quiet, or patience ends: then
// the caller goes on as well, and says that it was not quiet. Nothing of ours
// may run meanwhile, as whatever does counts as somebody else's.
//
// Waited is for how long it was not quiet, 0 if it was at the first look. A
// caller with many samples, on a machine that is never quiet, takes it off a
// budget and has no patience left when that is spent. The error is the cause of
// the end of ctx.
//
// Where the system tells nothing, Quiet returns at once: not quiet, as far as
// is known.
//
// Pressure is about tasks that wait. One busy task that has a processor to
// itself makes none, and so goes unnoticed here: on two processors, looks at it
// told of 0 to 3 percent. [Record.Others] shows it.
func Quiet(ctx context.Context, c Config) (waited time.Duration, quiet bool, err error) {
	return c.complete().quiet(ctx, os.DirFS("/"))
}

func (c Config) quiet(ctx context.Context, root fs.FS) (waited time.Duration, quiet bool, err error) {
	begun := time.Now()
	w := watch(root, nothing)
	for told := w.told(); told; {
		select {
		case <-ctx.Done():
			return time.Since(begun), false, context.Cause(ctx)
		case <-time.After(c.Look):
		}
		r := w.Stop()
		if noise := r.noise(); noise != Unknown && noise < c.Limit {
			return waited, true, nil
		}
		waited = time.Since(begun)
		if waited+c.Look > c.Patience {
			break
		}
		w = watch(root, nothing)
	}
	return waited, false, context.Cause(ctx)
}

// nothing of ours runs while we wait.
func nothing() (time.Duration, bool) { return 0, true }

// told reports whether the system told anything that noise is made of.
func (w *Watcher) told() bool { return w.before.counted || w.before.pressure != Unknown }

// noise is the number that has a limit.
func (r Record) noise() float64 {
	if r.Pressure != Unknown {
		return r.Pressure
	}
	return r.Others
}
