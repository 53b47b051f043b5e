package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/fourlevels/fourlevels/bench/fleet"
)

// unused refuses the flags that were given and of which nothing takes notice: whoever gave
// one believes that it did something. The reason goes on from "it has no effect".
func unused(cmd *cobra.Command, because string, flags ...string) error {
	for _, name := range flags {
		if wanted(cmd, name) {
			return usage(name, fmt.Errorf("it has no effect %s: leave it out", because))
		}
	}
	return nil
}

// wanted reports whether a flag was given. One that was said to be false asks for nothing,
// as in a script that always names it.
func wanted(cmd *cobra.Command, name string) bool {
	f := cmd.Flags().Lookup(name)
	return f != nil && f.Changed && (f.Value.Type() != "bool" || f.Value.String() == "true")
}

// given are the flags that were.
func given(cmd *cobra.Command) (names []string) {
	cmd.Flags().Visit(func(f *pflag.Flag) { names = append(names, f.Name) })
	return names
}

// haveQueue reports whether a level takes a Redis.
func haveQueue(specs []fleet.Spec) bool { return slices.ContainsFunc(specs, fleet.Spec.NeedsStore) }

// either refuses two flags that were both given and of which only one can hold.
func either(cmd *cobra.Command, one, other string) error {
	if wanted(cmd, one) && wanted(cmd, other) {
		return usage(one, fmt.Errorf("--%s was given too: give one of them", other))
	}
	return nil
}

// whichRedis refuses --redis and --embedded where nothing takes a Redis, and both at once.
// A flag is closer than the environment: with --embedded the URL of that is forgotten.
func whichRedis(cmd *cobra.Command, url *string, taken bool) error {
	if !taken {
		return unused(cmd, "where nothing takes a Redis: only the level machine/queue does, and the demo kill", "redis", "embedded")
	}
	if err := either(cmd, "embedded", "redis"); err != nil {
		return err
	}
	if embedded, err := cmd.Flags().GetBool("embedded"); err == nil && embedded {
		*url = ""
	}
	return nil
}
