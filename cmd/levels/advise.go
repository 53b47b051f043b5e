package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/advise"
	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// adviseConfig is what levels advise was told, as text where units are to be read.
type adviseConfig struct {
	cpu, wait, payload, tasks string
	question                  advise.Question
	names                     []string
	from, out, format         string
	calibrate, validate       bool
	points                    int
	options                   advise.Options
	fleet                     fleet.Config
}

func newAdvise() *cobra.Command {
	var c adviseConfig
	cmd := &cobra.Command{
		Use:   "advise",
		Short: "say which level to take for tasks of yours, and what it will take",
		Long: `advise predicts for each level how many tasks a second it does, how long all take, the
latency of one task alone and among many, and memory; and recommends a level. It
computes from costs that were measured on this machine, with --calibrate or, if there
are none yet, quickly before the first answer.

What it says about more hosts, other numbers of cores or a longer way is not measured,
and marked. --validate holds predictions against points that were not calibrated at.`,
		Example: `  levels advise --cpu 2ms --wait 40ms --payload 16KiB --tasks 1e6
  levels advise --cpu 300us --cores 16 --hosts 4 --rtt 1ms
  levels advise --calibrate
  levels advise --validate`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := cmp.Or(c.check(), c.checkTogether(cmd)); err != nil {
				return err
			}
			return c.run(cmd.Context())
		},
	}
	c.flags(cmd)
	return cmd
}

func (c *adviseConfig) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&c.cpu, "cpu", "0s", "what a task computes, on one processor of this machine")
	f.StringVar(&c.wait, "wait", "0s", "what a task waits")
	f.StringVar(&c.payload, "payload", "0B", "bytes of a task's input, and as many of its output")
	f.StringVar(&c.tasks, "tasks", "1e6", "how many tasks")
	f.IntVar(&c.question.Cores, "cores", 0, "processors of each host (0 means as many as were measured)")
	f.IntVar(&c.question.Hosts, "hosts", 1, "computers, which only machines can use")
	f.DurationVar(&c.question.RTT, "rtt", 0, "round trip to machines")
	f.IntVar(&c.question.InFlight, "inflight", 0, "tasks at once, of each host (0 means 256 goroutines, 16 threads or processes)")
	f.StringSliceVar(&c.names, "level", advise.Levels, "levels to advise on, by comma")
	f.StringVar(&c.from, "from", "", "costs.json, or a folder with one (default: the newest in results)")
	f.BoolVar(&c.calibrate, "calibrate", false, "measure the costs on this machine, in about a minute, and store them")
	f.BoolVar(&c.validate, "validate", false, "measure points that are not calibrated at, and compare")
	f.IntVar(&c.points, "points", 36, "how many points --validate measures")
	f.IntVar(&c.options.Rounds, "rounds", 5, "how often --calibrate and --validate measure each point")
	f.DurationVar(&c.options.Long, "benchtime", 100*time.Millisecond, "how long a point is measured each time, about")
	f.Uint64Var(&c.options.Seed, "seed", 1, "seed of the points of --validate, and of the order")
	f.StringVar(&c.out, "out", "", "file for the costs (default: results/runs/costs.json in the checkout)")
	redisFlag(f, &c.fleet.Redis, "as for levels bench")
	f.BoolVar(&c.fleet.Embedded, "embedded", false, "take the embedded store even if a redis-server is installed")
	f.StringVar(&c.format, "format", "table", "table, markdown or json")
}

func (c *adviseConfig) check() (err error) {
	if err := fleet.Choose("format", c.format, []string{"table", "markdown", "json"}); err != nil {
		return usage("format", err)
	}
	if len(c.names) == 0 {
		return usage("level", errors.New("the value is empty"))
	}
	for _, name := range c.names {
		if err := fleet.Choose("level", name, advise.Levels); err != nil {
			return usage("level", err)
		}
	}
	q := &c.question
	if q.CPU, err = advise.ParseDuration(c.cpu); err != nil {
		return usage("cpu", err)
	}
	if q.Wait, err = advise.ParseDuration(c.wait); err != nil {
		return usage("wait", err)
	}
	if q.Payload, err = advise.ParseSize(c.payload); err != nil {
		return usage("payload", err)
	}
	if q.Tasks, err = advise.ParseCount(c.tasks); err != nil {
		return usage("tasks", err)
	}
	for _, err := range []error{
		inRange("cores", q.Cores, 0, 4096), inRange("hosts", q.Hosts, 1, 4096), inRange("rtt", q.RTT, 0, time.Minute),
		inRange("inflight", q.InFlight, 0, 65536), inRange("points", c.points, 6, 600), inRange("rounds", c.options.Rounds, 1, 100),
		inRange("benchtime", c.options.Long, time.Millisecond, 10*time.Second),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}

// checkTogether says which flags are of no use together: a question is answered, or costs
// are measured.
func (c *adviseConfig) checkTogether(cmd *cobra.Command) error {
	question := []string{"cpu", "wait", "payload", "tasks", "cores", "hosts", "rtt", "inflight", "level", "format"}
	measured := []string{"points", "rounds", "benchtime", "seed"}
	stored := []string{"calibrate", "validate", "out", "redis", "embedded"}
	if err := either(cmd, "calibrate", "validate"); err != nil {
		return err
	}
	switch {
	case c.from != "":
		return unused(cmd, "with --from, which has the costs", append(stored, measured...)...)
	case c.validate:
		if err := unused(cmd, "with --validate, which has questions of its own", question...); err != nil {
			return err
		}
	case c.calibrate:
		if err := unused(cmd, "with --calibrate, which answers no question", append(question, "points")...); err != nil {
			return err
		}
	default:
		if err := unused(cmd, "without --calibrate or --validate", measured...); err != nil {
			return err
		}
	}
	return whichRedis(cmd, &c.fleet.Redis, true) // a queue is calibrated each time
}

func (c *adviseConfig) run(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return bench.Environment(err)
	}
	c.fleet.Funcs, c.fleet.Worker = workload.Funcs(), []string{self, "worker"}
	root, rootErr := bench.Root(ctx) // costs can be measured without a checkout, but not kept
	if rootErr != nil {
		root = ""
	}
	c.options.Commit, c.options.CPU = bench.Host(root)
	switch {
	case c.validate:
		return c.hold(ctx)
	case c.calibrate:
		if c.out == "" && root == "" {
			return rootErr
		}
		_, err := c.measure(ctx, root)
		return err
	}
	costs, err := c.costs(ctx, root)
	if err != nil {
		return err
	}
	advice := costs.Ask(c.question, c.names)
	if where := costs.Elsewhere(c.options.CPU); where != "" {
		advice.Warnings = append(advice.Warnings, where+".")
	}
	return advice.Write(stdout, c.format)
}

// costs are those that were asked for, or else the newest, or else measured now.
func (c *adviseConfig) costs(ctx context.Context, root string) (*advise.Costs, error) {
	if c.from != "" {
		path := c.from
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			path = filepath.Join(path, advise.CostsFile)
		}
		costs, err := advise.Read(path)
		if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("no costs at %.200q: measure them with levels advise --calibrate --out %s", path, advise.CostsFile)
		}
		if err != nil {
			return nil, bench.Environment(err)
		}
		return costs, nil
	}
	if path := newestCosts(root); path != "" {
		costs, err := advise.Read(path)
		if err != nil {
			return nil, bench.Environment(err)
		}
		return costs, nil
	}
	fmt.Fprintln(os.Stderr, "no costs are stored: measuring them quickly; levels advise --calibrate does so with more care")
	c.options.Rounds, c.options.Long = 1, 30*time.Millisecond
	return c.measure(ctx, root)
}

// newestCosts is the file of the costs that were stored last, or "".
func newestCosts(root string) string {
	if root == "" {
		return ""
	}
	files, _ := filepath.Glob(filepath.Join(runsIn(root), advise.CostsFile))
	below, _ := filepath.Glob(filepath.Join(runsIn(root), "*", advise.CostsFile))
	newest, when := "", time.Time{}
	for _, file := range slices.Concat(files, below) {
		if info, err := os.Stat(file); err == nil && info.ModTime().After(when) {
			newest, when = file, info.ModTime()
		}
	}
	return newest
}

// measure calibrates and stores what came of it, if there is a place.
func (c *adviseConfig) measure(ctx context.Context, root string) (*advise.Costs, error) {
	c.show("calibrating")
	c.options.Patience = 20 * time.Second
	costs, err := advise.Calibrate(ctx, c.fleet, c.options)
	if err != nil {
		return nil, interruptedOr(ctx, err)
	}
	path := c.out
	if path == "" && root != "" {
		path = filepath.Join(runsIn(root), advise.CostsFile)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return nil, bench.Environment(err)
		}
	}
	if path == "" {
		return costs, nil
	}
	if err := costs.Write(path); err != nil {
		return nil, bench.Environment(err)
	}
	fmt.Fprintln(os.Stderr, "costs stored in", path)
	return costs, nil
}

// hold compares predictions with measurements, and fails if they are too far apart.
func (c *adviseConfig) hold(ctx context.Context) error {
	c.show("calibrating and measuring")
	c.options.Patience = time.Minute
	costs, held, err := advise.Validate(ctx, c.fleet, c.options, c.points)
	if err != nil {
		return interruptedOr(ctx, err)
	}
	if c.out != "" {
		if err := costs.Write(c.out); err != nil {
			return bench.Environment(err)
		}
	}
	fmt.Fprintf(stdout, "%s, %d cores, %s, commit %s, %s, %d rounds, seed %d\n\n", costs.CPU, costs.Cores, costs.Go, costs.Commit, costs.Date, costs.Rounds, c.options.Seed)
	advise.WriteHeld(stdout, held)
	if middle, worst := advise.Errors(held); middle > advise.MedianError || worst > advise.WorstError {
		return fmt.Errorf("the predictions are off by %.0f %% in the middle and by %.0f %% at worst", 100*middle, 100*worst)
	}
	return nil
}

// show tells standard error how far the measuring is.
func (c *adviseConfig) show(step string) {
	progress := newProgress(os.Stderr)
	begun := time.Now()
	c.options.Progress = func(done, total int) {
		if done == total {
			progress.clear()
			return
		}
		left := time.Duration(0)
		if done > 0 {
			left = time.Since(begun) / time.Duration(done) * time.Duration(total-done)
		}
		progress.show(bench.Progress{Step: step, Done: done, Total: total, Left: left})
	}
}

// interruptedOr is the cause of ctx if it has ended, or else err.
func interruptedOr(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
