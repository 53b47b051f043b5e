package main

import (
	"cmp"
	"flag"
	"os"

	"github.com/spf13/cobra"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/demo"
	"github.com/fourlevels/fourlevels/bench/fleet"
)

func newWorker() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "worker",
		Short: "be the far end of a level",
		Long: `worker runs tasks that come from elsewhere: the far end of the machine and
process levels. levels bench and levels words start their own; one started by hand
serves programs that use the package levels/machine.

Addresses that others can reach need a token. A worker runs only the functions it
was built with, whatever it is sent.`,
		Example: `  levels worker rpc --listen 127.0.0.1:7001
  REDIS_URL=redis://:secret@10.0.0.5:6379 levels worker queue --level 'process:4>async:64'`,
		Args: noSuchVerb,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	for _, role := range fleet.Roles {
		if role.Name == "origin" { // a verb of its own
			continue
		}
		verb := newRole(role.Name, role.Name, role.About)
		verb.Hidden = role.Name == "desk" // of no use by itself
		if role.Name == "queue" {
			describeQueueWorker(verb)
		}
		cmd.AddCommand(verb)
	}
	hidden := newRole("origin", "origin", "the same as levels origin")
	hidden.Hidden = true
	cmd.AddCommand(hidden)
	return cmd
}

func describeQueueWorker(cmd *cobra.Command) {
	cmd.Long = `queue is a machine of the level machine/queue: it takes the suite's own tasks from a
queue in Redis, runs them at --level, and sends back their results. It knows no
others, and gives up what it does not know: name it a queue of its own.

A worker for tasks of yours is a program of yours, written with the package
levels/machine/queue; levels queue looks after its queue as after this one.

SIGTERM and Ctrl-C let running tasks finish for as long as --grace, and give the
others back; a second one ends the worker at once, and its tasks go to another when
the lease has run out.`
	cmd.Example = `  levels worker queue --level 'process:4>async:64'
  levels queue info --name levels`
}

func newOrigin() *cobra.Command {
	cmd := newRole("origin", "origin", "serve the pages that tasks fetch")
	cmd.Long = `origin is the HTTP server that the workloads io and words fetch from: /page/N is a
page of the corpus, /wait a short answer, and ?latency=2ms makes either wait.`
	cmd.Example = `  levels origin --listen 127.0.0.1:8080 --corpus ~/books
  curl '127.0.0.1:8080/page/7?latency=50ms'`
	return cmd
}

// newRole makes a verb of a worker's role.
func newRole(use, role, about string) *cobra.Command {
	w, url := fleet.Worker{Role: role}, os.Getenv(redisVariable)
	cmd := &cobra.Command{
		Use:   use,
		Short: about,
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := fleet.Parse(cmp.Or(w.Level, "serial")); err != nil {
				return usage("level", err)
			}
			w.Redis = cmp.Or(w.Redis, url)
			if role == "queue" && !w.Leash { // else whoever started it has said so
				warnInClear(cmd.ErrOrStderr(), w.Redis)
			}
			err := w.Run(cmd.Context(), demo.Funcs())
			if err != nil && cmd.Context().Err() == nil { // what fails before the end is a port, a file, a Redis
				return bench.Environment(err)
			}
			return err
		},
	}
	flags := flag.NewFlagSet(role, flag.ContinueOnError)
	w.Flags(flags)
	cmd.Flags().AddGoFlagSet(flags)
	return cmd
}
