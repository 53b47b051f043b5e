// Package fleet opens any level by its name, with the workers, the processes
// and the Redis that it needs, and leaves nothing behind when it is closed.
//
// It is the one place, beside the command, that knows all levels. Its workers
// are this same program, started again in another role (see [Work]).
package fleet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fourlevels/fourlevels/bench/live"
	"github.com/fourlevels/fourlevels/bench/python"
	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/async"
	"github.com/fourlevels/fourlevels/levels/async/loop"
	"github.com/fourlevels/fourlevels/levels/machine"
	"github.com/fourlevels/fourlevels/levels/machine/link"
	"github.com/fourlevels/fourlevels/levels/machine/queue"
	"github.com/fourlevels/fourlevels/levels/machine/store"
	"github.com/fourlevels/fourlevels/levels/process"
	"github.com/fourlevels/fourlevels/levels/process/child"
	"github.com/fourlevels/fourlevels/levels/thread"
	"github.com/fourlevels/fourlevels/levels/thread/gil"
	"github.com/fourlevels/fourlevels/levels/workload"
	"github.com/redis/go-redis/v9"
)

// Config is what levels are opened with.
type Config struct {
	Funcs levels.Funcs // what tasks may call; the workers must be built with the same; python has its own

	// Worker starts this program as a worker: its arguments are followed by
	// those of [Work]. It is needed for process and machine.
	Worker []string
	Env    []string // of the workers; nil means [Env], a small part of this process' own

	Redis    string        // URL of the Redis for machine/queue; "" means a private one
	Embedded bool          // take the embedded stand-in even if a server is on PATH
	Lease    time.Duration // of machine/queue; 0 means the queue's default

	MaxLength int // jobs that may wait in the outermost machine/queue; 0 means the queue's default

	RTT   time.Duration // how far away machines and their store are, in round trips; 0 means as far as loopback
	Count bool          // count what goes to the outermost machines, for [Fleet.Traffic] and [Fleet.Commands]
}

// A Fleet is a level with all that was started for it.
type Fleet struct {
	levels.Level
	Store string // name of the Redis in use; "" if there is none

	dialer  link.Dialer
	store   *redis.Client // that asks the store what it was asked; nil unless counting
	asked   int64         // times
	close   sync.Once
	err     error
	opened  []func() error // undo what Open did, last first
	workers []*worker

	died atomic.Int64                                  // processes of the outermost level
	info func(ctx context.Context) (queue.Info, error) // asks the queue; nil if there is none
}

// Open starts what the level needs and returns it once its workers answer.
// Processes of the level of that name start with their first task.
func Open(ctx context.Context, s Spec, c Config) (*Fleet, error) {
	s = s.complete()
	if c.Env == nil {
		c.Env = Env()
	}
	f := &Fleet{dialer: link.Dialer{RTT: c.RTT}}
	if c.Count {
		f.dialer.Count = new(link.Traffic)
	}
	err := f.openStore(ctx, s, &c)
	if err == nil {
		f.Level, err = f.open(ctx, s, c)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", s, err), f.Close())
	}
	return f, nil
}

func (f *Fleet) open(ctx context.Context, s Spec, c Config) (levels.Level, error) {
	outer, inner := s[0], s[1:].String()
	switch outer.Level {
	case "serial":
		return &levels.Serial{Funcs: c.Funcs}, nil
	case "thread":
		if outer.Impl == "gil" {
			return gil.New(gil.Config{Funcs: c.Funcs, Threads: outer.Width, Waits: fetching(c.Funcs)})
		}
		return thread.New(thread.Config{Funcs: c.Funcs, Threads: outer.Width, Variant: outer.Impl})
	case "async":
		if outer.Impl == "loop" {
			return openLoop(outer.Width, c.Funcs)
		}
		return async.New(async.Config{Funcs: c.Funcs, InFlight: outer.Width, Variant: outer.Impl}), nil
	case "python":
		return python.New(ctx, python.Config{Kind: outer.Impl, Workers: outer.Width, Env: c.Env})
	}
	if len(c.Worker) == 0 {
		return nil, errors.New("Config.Worker is empty, so no worker can be started")
	}
	if outer.Level == "process" {
		command := append(c.Worker[:len(c.Worker):len(c.Worker)], c.distant("process", "--level", inner)...)
		return process.New(process.Config{Processes: outer.Width, Transport: outer.Impl, Command: command, Env: c.Env, Died: func() { f.died.Add(1) }}), nil
	}
	if outer.Impl == "rpc" {
		return f.openRPC(ctx, outer.Width, inner, c)
	}
	return f.openQueue(ctx, outer.Width, inner, c)
}

// openLoop opens a loop that fetches in its own way, and runs the rest of the functions
// as they are.
func openLoop(inFlight int, funcs levels.Funcs) (levels.Level, error) {
	fetching := map[string]loop.Func{}
	for name, then := range workload.Fetching() {
		if funcs[name] != nil {
			fetching[name] = loop.Get(then)
		}
	}
	return loop.New(loop.Config{Funcs: funcs, Async: fetching, InFlight: inFlight})
}

// fetching are the names of those functions that fetch a page.
func fetching(funcs levels.Funcs) (names []string) {
	for name := range workload.Fetching() {
		if funcs[name] != nil {
			names = append(names, name)
		}
	}
	return names
}

func (f *Fleet) openRPC(ctx context.Context, machines int, inner string, c Config) (levels.Level, error) {
	var urls []string
	for range machines {
		url, err := f.listen(ctx, c, c.distant("rpc", "--level", inner)...)
		if err != nil {
			return nil, err
		}
		urls = append(urls, url)
	}
	return machine.NewRPC(machine.RPCConfig{URLs: urls, Dial: dialOf(&f.dialer)}), nil
}

func (f *Fleet) openQueue(ctx context.Context, machines int, inner string, c Config) (levels.Level, error) {
	config := machine.QueueConfig{Redis: c.Redis, Name: queueName(), Lease: c.Lease, MaxLength: c.MaxLength, Dial: dialOf(&f.dialer)}
	for range machines {
		if err := f.start(ctx, c, c.distant("queue", "--level", inner, "--queue", config.Name, "--lease", config.Lease.String())...); err != nil {
			return nil, err
		}
	}
	f.info = func(ctx context.Context) (queue.Info, error) { return ask(ctx, config) }
	return machine.NewQueue(ctx, config)
}

// openStore finds or starts one Redis for all queues of the level, however deep
// inside it they are, and puts it into c.
func (f *Fleet) openStore(ctx context.Context, s Spec, c *Config) error {
	if !s.NeedsStore() {
		return nil
	}
	st, err := OpenStore(ctx, *c)
	if err != nil {
		return err
	}
	f.opened = append(f.opened, st.Close)
	f.Store, c.Redis = st.Name, st.URL
	if c.Count {
		if err := f.watch(ctx, st.URL); err != nil {
			return err
		}
	}
	c.Env = append(c.Env[:len(c.Env):len(c.Env)], "REDIS_URL="+st.URL) // not an argument: those can be read by everybody
	return nil
}

// OpenStore finds or starts the Redis that the queue of a level opened with c
// would use.
func OpenStore(ctx context.Context, c Config) (*store.Store, error) {
	if c.Env == nil {
		c.Env = Env()
	}
	var embedded []string // without a program to start there is no stand-in
	if len(c.Worker) > 0 {
		embedded = append(c.Worker[:len(c.Worker):len(c.Worker)], "store", "--leash")
	}
	return store.Open(ctx, store.Config{URL: c.Redis, Embedded: embedded, Only: c.Embedded, Env: c.Env})
}

// distant adds how far away machines are to the arguments of a worker: levels inside it
// may have some, and a queue's worker has its store.
func (c Config) distant(args ...string) []string {
	if c.RTT > 0 {
		args = append(args, "--rtt", c.RTT.String())
	}
	return args
}

// Close closes the level and then ends, in the reverse order of their start,
// the workers and the store. Closing again returns the same.
func (f *Fleet) Close() error {
	f.close.Do(func() {
		if f.Level != nil {
			f.err = f.Level.Close()
		}
		for i := len(f.opened) - 1; i >= 0; i-- {
			f.err = errors.Join(f.err, f.opened[i]())
		}
	})
	return f.err
}

// complete fills in what is the default: what runs inside, and how wide it is.
func (s Spec) complete() Spec {
	s = append(Spec(nil), s...)
	switch s[len(s)-1].Level {
	case "machine":
		s = append(s, Part{Level: "async", Impl: "pool"})
	case "process":
		s = append(s, Part{Level: "serial", Impl: "serial"})
	}
	for i := range s {
		switch {
		case s[i].Level == "serial":
			s[i].Width = 1
		case s[i].Width > 0:
		case s[i].Level == "async":
			s[i].Width = 256
		case s[i].Level == "machine":
			s[i].Width = 2
		default:
			s[i].Width = runtime.GOMAXPROCS(0)
		}
	}
	return s
}

// Env is the part of this process' environment that workers get: what any program may
// have, and what is meant for workers. Secrets stay here.
func Env() []string {
	env := child.Environ()
	for _, name := range []string{
		"SSL_CERT_FILE", "SSL_CERT_DIR", // or workers do not trust a Redis that this process trusts
		Role, live.Environment,
	} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}
