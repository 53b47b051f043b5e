package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
)

// askers are the commands that take the URL of a Redis, each as it soon ends. DIR is the
// folder that is searched afterwards.
var askers = [][]string{
	{"queue", "info", "--interval", "0"},
	{"queue", "check"},
	{"queue", "dead"},
	{"queue", "requeue", "--all"},
	{"queue", "tail", "--count", "1", "--interval", "100ms"},
	{"queue", "pause"},
	{"queue", "resume"},
	{"words", "--level", "machine/queue", "--corpus", "DIR"},
	{"bench", "--level", "machine/queue", "--work", "empty", "--rounds", "1", "--benchtime", "1ms", "--corpus", "DIR", "--out", "DIR/runs"},
	{"advise", "--calibrate", "--rounds", "1", "--out", "DIR/costs.json"},
	{"demo", "kill", "--pace", "0.01"},
	{"overload", "--level", "machine/queue", "--for", "500ms", "--steady", "500ms"},
	{"doctor"},
	{"worker", "queue"},
}

// Whatever takes the URL of a Redis is among them.
func TestAskersAreAll(t *testing.T) {
	var look func(*cobra.Command)
	look = func(c *cobra.Command) {
		for _, sub := range c.Commands() {
			look(sub)
		}
		path := strings.Fields(c.CommandPath())[1:]
		known := slices.ContainsFunc(askers, func(a []string) bool { return slices.Equal(a[:min(len(path), len(a))], path) })
		if c.Flags().Lookup("redis") != nil && !known {
			t.Errorf("%s takes --redis and is not tested for what it tells of the password", c.CommandPath())
		}
	}
	look(newRoot())
}

// guarded is a Redis that wants a password.
func guarded(t *testing.T, password string) *miniredis.Miniredis {
	m := miniredis.NewMiniRedis()
	m.RequireAuth(password)
	if err := m.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

// No command tells the password of a Redis that it cannot use: not to people, not to
// processes that it starts. Every other time it has the URL by its environment.
func TestCanaryWhenItFails(t *testing.T) {
	other := guarded(t, "another").Addr()
	var running errgroup.Group
	running.SetLimit(16) // most wait for a Redis that is not there
	for i, url := range []string{
		"redis://user:" + canary + "@127.0.0.1:1",
		"redis://:" + canary + "@" + other,
		"rediss://:" + canary + "@" + other,
		"redis://:" + canary + "@127.0.0.1:port",
		canary + "@127.0.0.1:1",
		"redis://:" + canary + "%zz@127.0.0.1:1",
		"redis://:" + canary + "@127.0.0.1:1?read_timeout=x",
	} {
		for j, args := range askers {
			if args[0] == "doctor" && i > 1 { // it takes two seconds each time
				continue
			}
			command := append([]string{"levels"}, args...)
			var env []string
			if (i+j)%2 == 0 {
				command = append(command, "--redis", url)
			} else {
				env = []string{"REDIS_URL=" + url}
			}
			s := newSpy(t)
			running.Go(func() error { s.unseen(env, nil, command...); return nil })
		}
	}
	running.Wait()
}

// unseen runs a command, and wants no leak.
func (s *spy) unseen(env []string, meanwhile func(*exec.Cmd, *said), command ...string) *said {
	s.Helper()
	out, leaks := s.run(env, meanwhile, command...)
	for _, leak := range leaks {
		s.Errorf("%s tells the password: %s", strings.ReplaceAll(strings.Join(command, " "), canary, "***"), leak)
	}
	return out
}
