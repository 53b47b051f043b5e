package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/bench"
)

// Scripts have no terminal, so this plays one.
func TestProgressOnATerminal(t *testing.T) {
	var screen bytes.Buffer
	p := &progress{w: &screen, terminal: true, width: 30}
	p.show(bench.Progress{Step: "building", Total: 8})
	p.show(bench.Progress{Step: "round 1 of 2: empty at machine/queue:2", Done: 2, Total: 8, Left: 1400 * time.Millisecond})
	p.clear()
	want := "\r\x1b[Kbuilding" + "\r\x1b[K 25%  1s left  round 1 of ..." + "\r\x1b[K"
	if screen.String() != want {
		t.Errorf("%q\nwant %q", &screen, want)
	}
}

// Elsewhere a line says what begins and what is done, and in between there is
// one every ten seconds.
func TestProgressElsewhere(t *testing.T) {
	var log bytes.Buffer
	p := &progress{w: &log}
	for done, step := range []string{"begin", "one", "two", "done"} {
		p.show(bench.Progress{Step: step, Done: done, Total: 3})
	}
	p.last = time.Now().Add(-time.Minute)
	p.show(bench.Progress{Step: "much later", Done: 1, Total: 3, Left: time.Minute})
	p.clear()
	want := "begin\n100%  0s left  done\n 33%  1m0s left  much later\n"
	if log.String() != want {
		t.Errorf("%q\nwant %q", &log, want)
	}
}

func TestShort(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 87: "87ns", 1234: "1.23µs", 123456: "123µs", 99994: "99.99µs",
		1234567: "1.23ms", 1234567890: "1.23s", 123456789012: "2m3s",
	} {
		if got := short(d); got != want {
			t.Errorf("%d ns are %s, want %s", d, got, want)
		}
	}
}

func TestErrorsAreOneLine(t *testing.T) {
	err := errors.Join(errors.New("first"), fmt.Errorf("second:\n\n\tits  reason\r\n"))
	if got, want := oneLine(err), "first; second:; its reason"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestIsEnvironment(t *testing.T) {
	_, missing := os.Open("no such file")
	for err, want := range map[error]bool{
		errors.New("wrong result"):                  false,
		bench.Environment(errors.New("no disk")):    true,
		fmt.Errorf("somewhere: %w", missing):        true,
		errors.Join(errors.New("first"), missing):   true,
		usage("level", errors.New("unknown level")): false,
	} {
		if got := isEnvironment(err); got != want {
			t.Errorf("%v: %v, want %v", err, got, want)
		}
	}
}
