// Command levels runs the same workloads at four levels of concurrency and says
// which to take, and why. Each file beside this one is one of its verbs.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

func main() { os.Exit(run(os.Args[1:])) }

// run is main without the exit.
func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	root := newRoot()
	root.SetArgs(args)
	return exitCode(root.ExecuteContext(ctx))
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "levels",
		Short: "which level of concurrency should I use, and what will it cost me?",
		Long: `levels runs the same work on machines, in processes, on threads and as
asynchronous I/O, checks every result, and compares what each level costs.

Exit codes: 0 done; 1 something measured is wrong or failed; 2 wrong arguments;
3 something is missing around the program; 130 interrupted.`,
		Example: `  levels bench                                    compare all levels, in under three minutes
  levels bench --level async,thread --work io     only these
  levels words --level 'machine/queue>process'    count the words of Go's standard library
  levels doctor                                   what this machine can do`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noSuchVerb,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(newBench(), newReport(), newWords(), newWorker(), newOrigin(), newDoctor(), newVersion(), newEcho())
	root.CompletionOptions.HiddenDefaultCmd = false
	return root
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
func exitCode(err error) int {
	var usage usageError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(os.Stderr, "levels: interrupted")
		return exitInterrupted
	}
	fmt.Fprintln(os.Stderr, "levels:", strings.Join(strings.Fields(err.Error()), " "))
	switch {
	case errors.As(err, &usage):
		return exitUsage
	case isEnvironment(err):
		return exitEnvironment
	}
	return exitFailure
}
