package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/demo"
	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/live"
	"github.com/fourlevels/fourlevels/bench/strict"
)

// demoFlags are what a demo is shown with.
type demoFlags struct {
	web, projector, predict, ascii, embedded bool
	record, replay, trace, color, redis      string
	pace                                     float64
}

func newDemo() *cobra.Command {
	var d demoFlags
	cmd := &cobra.Command{
		Use:   "demo [NAME]",
		Short: "show concurrency live, one point in a minute or two",
		Long: `demo puts real workers on a stage: their tasks are bars on lanes, in the terminal
and with --web on a page of this machine too. Without a name it lists the demos,
their keys, and what they emulate.

Each goes on by itself, and ends in a frame with its numbers. Keys hurry it; q or
Ctrl-C end it. --predict asks the audience before it sees, and waits for a key.
--record keeps what was shown, and --replay shows that again: it needs no workers,
no Redis and no luck, and says that it is recorded. Where there is no terminal, a
demo is plain lines of text.

What a demo emulates, such as machines on one host, it says on screen.`,
		Example: `  levels demo                                      what there is to see
  levels demo race                                 the same tasks at four levels
  levels demo race --web --projector --predict     for an audience
  levels demo race --record race.show              in case the room has no power to spare
  levels demo --replay race.show                   the same again
  levels demo race --trace race.json               for https://ui.perfetto.dev, which opens it in the browser`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError{fmt.Errorf("unexpected argument %.80q: demo shows one demo", args[1])}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := d.check(cmd); err != nil {
				return err
			}
			if len(args) == 0 && d.replay == "" {
				if err := unused(cmd, "without the name of a demo", given(cmd)...); err != nil {
					return err
				}
				return listDemos(os.Stdout)
			}
			act, err := d.find(cmd, args)
			if err != nil {
				return err
			}
			return d.show(cmd.Context(), act)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&d.web, "web", false, "show it on a page for the browser too, at an address of this machine only")
	f.BoolVar(&d.projector, "projector", false, "fewer and larger lanes")
	f.BoolVar(&d.predict, "predict", false, "ask the audience before it sees, and wait for a key")
	f.StringVar(&d.record, "record", "", "file to keep what was shown in")
	f.StringVar(&d.replay, "replay", "", "file to show again")
	f.StringVar(&d.trace, "trace", "", "file for a trace that Perfetto opens")
	f.Float64Var(&d.pace, "pace", 1, "share of the usual durations and sizes, from 0.01 to 10")
	f.BoolVar(&d.ascii, "ascii", false, "draw with ASCII only (default: if the locale has no UTF-8)")
	f.StringVar(&d.color, "color", "auto", "auto, always or never")
	redisFlag(f, &d.redis, "as for levels bench")
	f.BoolVar(&d.embedded, "embedded", false, "take the embedded store even if a redis-server is installed")
	return cmd
}

// check says what is wrong with the flags.
func (d *demoFlags) check(cmd *cobra.Command) error {
	if err := fleet.Choose("colour", d.color, []string{"auto", "always", "never"}); err != nil {
		return usage("color", err)
	}
	if !(d.pace >= 0.01 && d.pace <= 10) { // NaN is neither
		return usage("pace", fmt.Errorf("%q: must be from 0.01 to 10", fmt.Sprint(d.pace)))
	}
	for _, name := range []string{"record", "replay", "trace"} {
		if f := cmd.Flags().Lookup(name); f.Changed && f.Value.String() == "" {
			return usage(name, errors.New("the value is empty"))
		}
	}
	switch {
	case d.replay != "" && (d.record == d.replay || d.trace == d.replay), d.record != "" && d.record == d.trace:
		return usageError{errors.New("two of --record, --replay and --trace name the same file: give each its own")}
	case d.replay != "" && d.predict:
		return usage("predict", errors.New("a recording asks nobody: it is for live demos"))
	case d.predict && !d.web && !interactive():
		return usage("predict", errors.New("nobody can press a key here: it needs a terminal, or --web"))
	}
	return nil
}

// listDemos says what there is to see, what to press meanwhile, and what is not the real
// thing.
func listDemos(w io.Writer) error {
	for _, d := range demo.All {
		if _, err := fmt.Fprintf(w, "%-10s %4d s  %s\n", d.Name, d.Seconds, d.Title); err != nil {
			return err
		}
		unreal := ""
		if d.Emulated != "" {
			unreal = "emulated: " + d.Emulated
		}
		for _, text := range []string{"keys: " + keysOf(d), unreal} {
			if err := indent(w, 19, text); err != nil {
				return err
			}
		}
	}
	return nil
}

func keysOf(d demo.Demo) string { return cmp.Or(d.Keys, "any key goes on") }

// indent writes a text in lines of at most 80 columns, with so many blanks before each.
func indent(w io.Writer, blanks int, text string) error {
	line := ""
	for _, word := range append(strings.Fields(text), "") {
		if word != "" && blanks+utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= 80 {
			line = strings.TrimSpace(line + " " + word)
			continue
		}
		if line != "" {
			if _, err := fmt.Fprintf(w, "%*s%s\n", blanks, "", line); err != nil {
				return err
			}
		}
		line = word
	}
	return nil
}

// An act is what is put on the stage: a demo or a recording.
type act struct {
	header live.Header
	about  string // what there is to see
	keys   string // what to press meanwhile
	run    func(ctx context.Context, s *live.Stage) error
	replay *live.Show // instead of run
}

// find finds what is to be shown.
func (d *demoFlags) find(cmd *cobra.Command, args []string) (*act, error) {
	name := strings.Join(args, "")
	if d.replay != "" {
		if err := unused(cmd, "with --replay", "redis", "embedded"); err != nil {
			return nil, err
		}
		return d.recorded(name)
	}
	chosen, err := demo.Find(name)
	if err != nil {
		return nil, usageError{err}
	}
	if err := whichRedis(cmd, &d.redis, chosen.Redis); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, bench.Environment(err)
	}
	config := demo.Config{Worker: []string{self, "worker"}, Redis: d.redis, Embedded: d.embedded, Pace: d.pace}
	return &act{
		header: live.Header{Demo: chosen.Name, Title: chosen.Title},
		about:  chosen.Sees,
		keys:   keysOf(chosen),
		run:    func(ctx context.Context, s *live.Stage) error { return chosen.Run(ctx, s, config) },
	}, nil
}

// recorded reads a recording. A name is what it must be of.
func (d *demoFlags) recorded(name string) (*act, error) {
	f, err := strict.Open(d.replay)
	if err != nil {
		return nil, bench.Environment(err)
	}
	defer f.Close()
	show, err := live.ReadShow(f)
	if err != nil {
		return nil, bench.Environment(fmt.Errorf("%s: %w", d.replay, err))
	}
	if name != "" && name != show.Header.Demo {
		return nil, usageError{fmt.Errorf("%s is a recording of %.40q, not of %.40q: leave out the name", d.replay, show.Header.Demo, name)}
	}
	return &act{header: show.Header, about: cmp.Or(show.Header.Title, show.Header.Demo), replay: show}, nil
}
