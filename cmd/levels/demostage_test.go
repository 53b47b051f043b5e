package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/fourlevels/fourlevels/bench/live"
)

// An arrow is one key, and not the three that its bytes are.
func TestReadKey(t *testing.T) {
	for in, want := range map[string]string{
		"ab": "ab", "\x1b[C": " ", "\x1b[6~q": " q", "\x1bOPk": " k", "\x1b[1;5C1": " 1", "\x1b": "\x1b", "\x1bq": "\x1bq", "\x1b[": " ", "é\x03": "é\x03",
	} {
		r := bufio.NewReader(strings.NewReader(in))
		got := ""
		for {
			key, err := readKey(r)
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			got += string(key)
		}
		if got != want {
			t.Errorf("%q are keys %q, want %q", in, got, want)
		}
	}
}

// unwritten is a viewer whose file is full.
type unwritten struct{ err error }

func (unwritten) Show(live.Event) {}
func (u unwritten) Close() error  { return u.err }

// q is no error, but a recording that could not be written is one.
func TestQuitTellsWhatWasNotWritten(t *testing.T) {
	for _, full := range []error{nil, errors.New("no space left")} {
		ctx, end := context.WithCancelCause(t.Context())
		a := &act{run: func(ctx context.Context, _ *live.Stage) error {
			end(errQuit)
			return context.Cause(ctx)
		}}
		err := new(demoFlags).perform(ctx, a, nil, []live.Viewer{unwritten{full}})
		if !errors.Is(err, full) {
			t.Errorf("it ended with %v, want %v", err, full)
		}
	}
	interrupted, full := errors.New("interrupted"), errors.New("no space left")
	if err := ending(interrupted, interrupted, full); !errors.Is(err, interrupted) || !errors.Is(err, full) {
		t.Errorf("it ended with %v, want both", err)
	}
}
