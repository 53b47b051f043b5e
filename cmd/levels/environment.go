package main

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/live"
	"github.com/fourlevels/fourlevels/bench/samples"
)

// lookAround checks, before any verb runs, what the environment has it do.
func lookAround(cmd *cobra.Command, _ []string) error {
	warnOfRedis(cmd)
	warnOfNames(cmd, os.Environ())
	return cmp.Or(
		enoughFiles(),
		forRuntime("GOMAXPROCS", "a whole number above 0", "take all processors", func(n int) bool { return n > 0 }),
		forRuntime("GOGC", "a whole number", "take 100", func(int) bool { return true }, "off"),
	)
}

// forRuntime refuses a value that Go's runtime would pass over in silence, and do what it
// always does: the measurement would be of something else. It has a word of its own for
// GOMEMLIMIT, and ends the program before it has begun.
func forRuntime(name, number, instead string, good func(int) bool, words ...string) error {
	value := os.Getenv(name)
	n, err := strconv.ParseInt(value, 10, 32)
	if value == "" || slices.Contains(words, value) || err == nil && good(int(n)) {
		return nil
	}
	want := strings.Join(append(words, number), ", or ")
	return usageError{fmt.Errorf("%s %.80q: want %s, or leave it unset: Go would %s", name, value, want, instead)}
}

// ours is how the names of variables would begin that only this program has.
const ours = "LEVELS_"

// warnOfNames warns of variables that look as if they were for this program, and of which
// it takes no notice.
func warnOfNames(cmd *cobra.Command, environ []string) {
	for _, variable := range environ {
		name, value, _ := strings.Cut(variable, "=")
		if value == "" || !strings.HasPrefix(name, ours) || name == live.Environment && len(strings.Fields(value)) == 2 {
			continue // that one a demo sets, for workers: an address and a token
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "levels: warning: the variable %s means nothing: %s\n",
			samples.Clip(samples.Clean(name), 80), meant(cmd, strings.TrimPrefix(name, ours)))
	}
}

// meant is what the verb has that is called like a variable.
func meant(cmd *cobra.Command, name string) string {
	if ours+name == live.Environment {
		return "a demo sets it for its workers, so unset it"
	}
	if known := fleet.Nearest(name, []string{redisVariable, "NO_COLOR"}); known != "" {
		return "did you mean " + known + "?"
	}
	var flags []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { flags = append(flags, f.Name) })
	if flag := fleet.Nearest(strings.ToLower(strings.ReplaceAll(name, "_", "-")), append(flags, "help")); flag != "" {
		return "did you mean --" + flag + "?"
	}
	return "it is told by flags, see --help"
}
