// Command levels runs the same workloads at four levels of concurrency and says
// which to take, and why. Each file beside this one is one of its verbs.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/fourlevels/fourlevels/bench/catalogue"
	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/levels/pitfall"
)

func main() {
	pitfall.Child(catalogue.All...) // broken programs run in processes of their own
	os.Exit(run(os.Args[1:]))
}

// run is main without the exit.
func run(args []string) int {
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as nohup wants it; else the terminal was closed
		ends = append(ends, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), ends...)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	root := newRoot()
	hideRedis()
	root.SetArgs(args)
	root.SetOut(stdout)
	err := root.ExecuteContext(ctx)
	return exitCode(ctx, cmp.Or(err, stdout.err()))
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "levels",
		Short: "which level of concurrency should I use, and what will it cost me?",
		Long: `levels runs the same work on machines, in processes, on threads and as
asynchronous I/O, checks every result, and compares what each level costs.

Exit codes: 0 done; 1 something measured is wrong or failed; 2 wrong arguments;
3 something is missing around the program; 130 interrupted. compare has a table of
its own, see levels compare --help.`,
		Example: `  levels bench                                    compare all levels, in under three minutes
  levels bench --level async,thread --work io     only these
  levels words --level 'machine/queue>process'    count the words of Go's standard library
  levels doctor                                   what this machine can do`,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noSuchVerb,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(flagError)
	root.PersistentPreRunE = lookAround
	root.SetVersionTemplate("{{.Version}}\n")
	root.AddCommand(newBench(), newReport(), newCompare(), newMatrix(), newAdvise(), newWords(), newGIL(), newPitfall(), newLearn(), newDemo(), newWorker(), newOrigin(), newQueue(), newChaos(), newOverload(), newDoctor(), newVersion(), newEcho())
	adoptHelpers(root)
	return root
}

// adoptHelpers makes the verbs that cobra brings along speak and reject arguments
// as the others do.
func adoptHelpers(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	help, _, _ := root.Find([]string{"help"})
	help.Short = "explain a verb"
	help.Example = "  levels help bench"
	help.Args = func(_ *cobra.Command, args []string) error {
		verb, rest, err := root.Find(args)
		if err != nil {
			return usageError{err}
		}
		return noSuchVerb(verb, rest)
	}
	completion, _, _ := root.Find([]string{"completion"})
	completion.Short = "print a script that completes what you type"
	completion.Example = "  source <(levels completion bash)"
	completion.Args = noSuchVerb
	completion.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	for _, shell := range completion.Commands() {
		shell.Short = "print the script for " + shell.Name()
		shell.Args = noArgs
	}
}

// The exit codes.
const (
	exitOK          = 0
	exitFailure     = 1
	exitUsage       = 2
	exitEnvironment = 3
	exitInterrupted = 130
)

// exitCode prints err, if any, as one line on standard error.
func exitCode(ctx context.Context, err error) int {
	var usage usageError
	var argument fleet.ArgumentError
	var own exitError
	switch {
	case err == nil:
		return exitOK
	case ctx.Err() != nil:
		fmt.Fprintln(os.Stderr, "levels: interrupted")
		return exitInterrupted
	}
	fmt.Fprintln(os.Stderr, "levels:", oneLine(err)+remedy(err))
	switch {
	case errors.As(err, &own):
		return own.code
	case errors.As(err, &usage), errors.As(err, &argument):
		return exitUsage
	case isEnvironment(err):
		return exitEnvironment
	}
	return exitFailure
}
