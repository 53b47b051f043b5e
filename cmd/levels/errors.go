package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/samples"
)

// A usageError is about what the program was told.
type usageError struct{ error }

// usage says what is wrong with the value of a flag: its name, and a reason that
// quotes the value and says what to do.
func usage(flag string, err error) error { return usageError{fmt.Errorf("--%s: %w", flag, err)} }

// oneLine writes an error on one line, and nothing in it moves the terminal: arguments,
// files and other machines may be quoted there. The lines of several errors, or of what
// another program said, are told apart by semicolons.
func oneLine(err error) string {
	var lines []string
	for line := range strings.Lines(err.Error()) {
		if line = samples.Clean(line); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "; ")
}

// remedy is what to do about what the system refuses, wherever that was; "" if nobody knows.
func remedy(err error) string {
	switch {
	case errors.Is(err, syscall.EMFILE):
		return "; allow more with ulimit -n, or take fewer workers"
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), strings.Contains(strings.ToLower(err.Error()), syscall.ENOSPC.Error()): // or a compiler says so, or a Redis
		return "; make room there, or choose another folder"
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return "; choose a folder that you may write to, or read"
	case errors.Is(err, syscall.ELOOP):
		return "; name a folder, or a file, that is there"
	}
	return ""
}

// isEnvironment reports whether err is about something around the program: a
// folder, a file, a port, a server, a tool, a limit of the system.
func isEnvironment(err error) bool {
	var environment bench.EnvironmentError
	var path *fs.PathError
	var network *net.OpError
	return errors.As(err, &environment) || errors.As(err, &path) || errors.As(err, &network) || remedy(err) != ""
}

// noSuchVerb rejects what is no verb.
func noSuchVerb(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var verbs []string
	for _, c := range cmd.Commands() {
		if !c.Hidden {
			verbs = append(verbs, c.Name())
		}
	}
	if len(verbs) == 0 {
		return noArgs(cmd, args)
	}
	return usageError{fleet.Choose("command", args[0], verbs)}
}

// noArgs rejects arguments that are no flags.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("unexpected argument %.80q: %s takes flags only, see %s --help", args[0], cmd.Name(), cmd.CommandPath())}
	}
	return nil
}

// flagError says in one line what is wrong with a flag.
func flagError(cmd *cobra.Command, err error) error {
	if errors.Is(err, pflag.ErrHelp) {
		return err
	}
	var unknown *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	var missing *pflag.ValueRequiredError
	switch {
	case errors.As(err, &unknown):
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if !f.Hidden {
				names = append(names, f.Name)
			}
		})
		err = fleet.Choose("flag", unknown.GetSpecifiedName(), names)
	case errors.As(err, &invalid):
		f := invalid.GetFlag()
		return usage(f.Name, fmt.Errorf("%.80q is not %s", invalid.GetValue(), wants(f)))
	case errors.As(err, &missing):
		return usage(missing.GetSpecifiedName(), errors.New("the value is missing"))
	}
	return usageError{err}
}

// wants says what the values of a flag look like.
func wants(f *pflag.Flag) string {
	switch f.Value.Type() {
	case "int", "uint64":
		return "a whole number, as in --" + f.Name + " " + f.DefValue
	case "duration":
		return "a duration, as in --" + f.Name + " 200ms (give the unit)"
	case "bool":
		return "true or false"
	case "float64":
		return "a number, as in --" + f.Name + " " + f.DefValue
	case "intSlice":
		return "a list of whole numbers, as in --" + f.Name + " 10,100"
	case "durationSlice":
		return "a list of durations, as in --" + f.Name + " 1ms,10ms (give the unit)"
	case "stringSlice":
		return "a list, as in --" + f.Name + " " + strings.Trim(f.DefValue, "[]")
	}
	return "a " + f.Value.Type()
}

// inRange checks a number against its limits.
func inRange[T int | time.Duration](flag string, v, least, most T) error {
	if v < least || v > most {
		return usage(flag, fmt.Errorf("%q: must be from %v to %v", fmt.Sprint(v), least, most))
	}
	return nil
}
