package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/samples"
)

// FuzzArguments gives the program any arguments, one on each line, and any Redis in its
// environment, up to where the verb would begin. What is refused is refused in one clean
// line, with the exit code of wrong arguments; and the Redis, which holds a password, is
// not told, not even by --help.
func FuzzArguments(f *testing.F) {
	for _, args := range []string{
		"bench\n--help", "bench\n--rounds\nmany", "words\n--redis\n", "queue\ndead\n--limit=\x1b[31m", "---\u202e", "nosuch\x1b]0;x\x07",
		"help\ngil\nx", "-\xff", "completion\nbash\nx", "compare\n-h", "bench\n--grain\n1,x", "learn\n--at-once=9999999999999999999", "worker\n--lease\n-", "bench\n--=",
	} {
		f.Add(args, "@127.0.0.1:6379")
	}
	f.Fuzz(func(t *testing.T, text, address string) {
		const canary = "CANARY-7f3a"
		args := strings.Split(text, "\n")
		if strings.ContainsRune(address, 0) || strings.HasPrefix(args[0], "__") {
			return // no environment holds that; and what the shell asks looks for files
		}
		t.Setenv("REDIS_URL", "redis://user:"+canary+address)
		var said bytes.Buffer
		root := newRoot()
		root.SetOut(&said)
		root.SetErr(&said)
		root.SetArgs(args)
		idle(root)
		err := root.Execute()
		if strings.Contains(said.String(), canary) && !strings.Contains(text, canary) {
			t.Errorf("%q tells the password:\n%s", args, &said)
		}
		if err == nil {
			return
		}
		if !errors.As(err, new(usageError)) && !errors.As(err, new(fleet.ArgumentError)) {
			t.Errorf("%q is not refused as wrong arguments: %v", args, err)
		}
		if line := oneLine(err); line == "" || samples.Clean(line) != line || len(line) > 1000 || strings.Contains(line, canary) && !strings.Contains(text, canary) {
			t.Errorf("%q is refused with %q", args, line)
		}
	})
}

// idle makes the verbs do nothing.
func idle(c *cobra.Command) {
	if c.RunE != nil && c.HasParent() && c.Name() != "completion" {
		c.RunE = func(*cobra.Command, []string) error { return nil }
	}
	for _, sub := range c.Commands() {
		idle(sub)
	}
}
