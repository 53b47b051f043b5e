package leveltest

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/fourlevels/fourlevels/levels"
)

// Funcs are the functions that both ends of the level under test must be built
// with. Two of them leave files to show that they run, so workers must be on
// the host of the test.
func Funcs() levels.Funcs {
	return levels.Funcs{
		"echo":   echo,
		"pause":  pause,
		"grow":   grow,
		"fail":   fail,
		"touch":  touch,
		"hold":   hold,
		"exit":   exit,
		"goexit": goexit,
	}
}

// echo returns its very input, which a level must not reuse too early.
func echo(_ context.Context, input []byte) ([]byte, error) { return input, nil }

// pause is echo, a millisecond later.
func pause(_ context.Context, input []byte) ([]byte, error) {
	time.Sleep(time.Millisecond)
	return input, nil
}

// grow returns the first n bytes of a pattern. Its input is n.
func grow(_ context.Context, input []byte) ([]byte, error) {
	if len(input) != 4 {
		return nil, fmt.Errorf("want a size of 4 bytes, have %d", len(input))
	}
	return block(int(binary.LittleEndian.Uint32(input))), nil
}

// block returns n bytes, in which parts of a usual size (a page, a buffer) that
// change places do not go unnoticed: the length of the pattern is a prime.
func block(n int) []byte {
	pattern := make([]byte, 251)
	for i := range pattern {
		pattern[i] = byte(i)
	}
	return bytes.Repeat(pattern, n/len(pattern)+1)[:n]
}

// fail fails with its input for a text.
func fail(_ context.Context, input []byte) ([]byte, error) {
	return nil, errors.New(string(input))
}

// touch creates the file that its input names.
func touch(_ context.Context, input []byte) ([]byte, error) {
	return nil, os.WriteFile(string(input), nil, 0o600)
}

// hold creates the file that its input names, and runs until the file is
// removed or ctx ends. Any process can watch it, and let it go.
func hold(ctx context.Context, input []byte) ([]byte, error) {
	if _, err := touch(ctx, input); err != nil {
		return nil, err
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for exists(string(input)) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	return []byte("done"), nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func exit(context.Context, []byte) ([]byte, error) {
	os.Exit(3)
	return nil, nil
}

func goexit(context.Context, []byte) ([]byte, error) {
	runtime.Goexit()
	return nil, nil
}
