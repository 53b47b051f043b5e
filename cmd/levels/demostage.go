package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/term"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/live"
)

// errQuit ends a demo because the presenter has had enough.
var errQuit = errors.New("the presenter pressed q")

// show puts the act on the stage, before all that were asked to view it.
func (d *demoFlags) show(ctx context.Context, a *act) (err error) {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	viewers, files, err := d.files(a)
	defer func() { err = errors.Join(err, closeAll(files)) }()
	if err != nil {
		return err
	}
	keys := make(chan rune, 8)
	if interactive() {
		restore, err := readKeys(keys, end)
		if err != nil {
			return bench.Environment(err)
		}
		defer restore() // also when what runs here panics
		if a.keys != "" {
			fmt.Fprintf(os.Stderr, "keys: %s · q ends it\r\n", a.keys)
		}
	}
	if d.web {
		page, stop, err := d.page(a, keys, end)
		if err != nil {
			return err
		}
		defer stop()
		viewers = append(viewers, page)
	}
	return d.perform(ctx, a, keys, append(viewers, d.screen()))
}

// perform runs the act and closes the viewers, which show their last frame. The last
// viewer is the screen.
func (d *demoFlags) perform(ctx context.Context, a *act, keys chan rune, viewers []live.Viewer) error {
	config := live.Config{Viewers: viewers, Predict: d.predict}
	if d.web || interactive() {
		config.Keys = keys
	}
	if d.projector {
		config.Lanes = 8
	}
	stage := live.NewStage(config)
	var err error
	if a.replay == nil {
		err = a.run(ctx, stage)
	} else {
		err = live.Replay(ctx, a.replay, d.replaySpeed(), viewers...)
	}
	if err == nil && d.web && interactive() {
		err = viewers[len(viewers)-1].Close()
		<-ctx.Done() // the page stays until then
	}
	return ending(context.Cause(ctx), err, stage.Close())
}

// ending is what a show ended with, from the cause of its end, the act's error and that of
// the viewers. Whoever presses q has asked for the end, but not for a recording that is not
// written.
func ending(cause, acted, closed error) error {
	switch {
	case cause == errQuit:
		return closed
	case cause != nil: // acted repeats it
		return errors.Join(cause, closed)
	}
	return errors.Join(acted, closed)
}

// replaySpeed is that of the recording, times what --pace says; a pipe gets all at once.
func (d *demoFlags) replaySpeed() float64 {
	if !d.web && !term.IsTerminal(int(os.Stdout.Fd())) {
		return 0
	}
	return 1 / d.pace
}

// screen is the viewer at standard output.
func (d *demoFlags) screen() live.Viewer {
	width, height, err := term.GetSize(int(os.Stdout.Fd()))
	if err != nil || os.Getenv("TERM") == "dumb" {
		return live.NewLines(os.Stdout)
	}
	if !d.projector {
		width = min(width, 80)
	}
	color := output{color: d.color}
	return live.NewTerminal(os.Stdout, live.TerminalConfig{
		Width: width, Height: height, ASCII: d.ascii || !unicoded(), Color: color.colored(), Projector: d.projector,
	})
}

// files are the viewers that write to files. Closing a stage closes those viewers; the
// files are closed after that.
func (d *demoFlags) files(a *act) (viewers []live.Viewer, files []*os.File, err error) {
	if d.record != "" {
		f, err := create(d.record)
		if err != nil {
			return nil, nil, bench.Environment(err)
		}
		files = append(files, f)
		viewers = append(viewers, live.NewRecorder(f, a.header))
	}
	if d.trace != "" {
		f, err := create(d.trace)
		if err != nil {
			return viewers, files, bench.Environment(err)
		}
		files = append(files, f)
		viewers = append(viewers, &tracer{file: f})
	}
	return viewers, files, nil
}

// create never waits for the reader of a pipe: without one it fails.
func create(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|syscall.O_NONBLOCK, 0o666)
}

func closeAll(files []*os.File) error {
	var errs []error
	for _, f := range files {
		if err := f.Close(); err != nil {
			errs = append(errs, bench.Environment(err))
		}
	}
	return errors.Join(errs...)
}

// A tracer keeps the events, and writes them as a trace at the end.
type tracer struct {
	file   *os.File
	events []live.Event
}

// Show implements [live.Viewer].
func (t *tracer) Show(e live.Event) { t.events = append(t.events, e) }

// Close implements [live.Viewer].
func (t *tracer) Close() error { return live.WriteTrace(t.file, t.events) }

// interactive reports whether somebody sees the stage and can press keys.
func interactive() bool {
	return term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stdout.Fd()))
}

// readKeys takes single keys from the terminal until restore is called. q ends the show
// and Ctrl-C interrupts it; a second Ctrl-C ends the program, and its workers with it.
func readKeys(keys chan<- rune, end func(error)) (restore func(), err error) {
	fd := int(os.Stdin.Fd())
	before, err := term.MakeRaw(fd)
	if err != nil {
		return nil, fmt.Errorf("terminal: %w", err)
	}
	restore = func() { term.Restore(fd, before) }
	go func() { // ends with standard input, at the latest with the process: no read from a terminal can be called off
		in := bufio.NewReader(os.Stdin)
		interrupted := false
		for {
			key, err := readKey(in)
			switch {
			case err != nil:
				return
			case key == 3 && interrupted:
				restore()
				os.Exit(exitInterrupted)
			case key == 3:
				interrupted = true
				end(exitError{errors.New("interrupted"), exitInterrupted})
			case key == 'q' || key == 'Q':
				end(errQuit)
			default:
				press(keys, key)
			}
		}
	}()
	return restore, nil
}

// readKey reads one key. Arrows, page keys and those of a clicker are an escape sequence
// (ECMA-48, 5.4: parameters, and then a byte from 0x40 on), and each counts as one space.
func readKey(in *bufio.Reader) (rune, error) {
	key, _, err := in.ReadRune()
	if err != nil || key != 0x1b || in.Buffered() == 0 {
		return key, err
	}
	if begin, _ := in.Peek(1); begin[0] != '[' && begin[0] != 'O' {
		return key, nil // somebody pressed Escape, and then another key
	}
	in.ReadByte()
	for in.Buffered() > 0 {
		if b, _ := in.ReadByte(); b >= 0x40 {
			break
		}
	}
	return ' ', nil
}

// press hands over a key, unless nobody has taken the last ones.
func press(keys chan<- rune, key rune) {
	select {
	case keys <- key:
	default:
	}
}
