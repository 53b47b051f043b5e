package notshared

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/fourlevels/fourlevels/levels/pitfall"
	"github.com/fourlevels/fourlevels/levels/process/child"
)

// Adder is a process that adds 1 in some way, many times: a helper. It waits at the start for
// the others.
func Adder(add func(number *Number) error) func([]string) error {
	return func(args []string) (err error) {
		number, err := Open(args[0])
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, number.Close()) }()
		fmt.Print("r") // ready
		if _, err := io.ReadFull(os.Stdin, make([]byte, 1)); err != nil {
			return err
		}
		go func() { // ends with the process
			io.Copy(io.Discard, os.Stdin)
			os.Exit(1)
		}()
		for range each {
			if err := add(number); err != nil {
				return err
			}
		}
		fmt.Print("d") // done
		return nil
	}
}

// run has all adders add at once to the number in a file, and returns it.
func run(ctx context.Context, helper string) (sum int, err error) {
	dir, err := os.MkdirTemp("", "notshared-")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "number")
	number, err := Open(path)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, number.Close()) }()
	if err := number.Store(0); err != nil {
		return 0, err
	}
	if err := addAtOnce(ctx, helper, path); err != nil {
		return 0, err
	}
	return number.Load()
}

func addAtOnce(ctx context.Context, helper, path string) (err error) {
	var adders []*child.Process
	defer func() {
		for _, a := range adders {
			a.Stop(time.Second)
		}
	}()
	for range processes {
		a, err := child.Start(pitfall.Helper(id, helper, path))
		if err != nil {
			return err
		}
		defer context.AfterFunc(ctx, a.Kill)()
		adders = append(adders, a)
	}
	for _, a := range adders {
		if err := says(a, 'r'); err != nil {
			return err
		}
	}
	for _, a := range adders {
		a.Stdin.WriteString("g") // go
	}
	for _, a := range adders {
		if err := says(a, 'd'); err != nil {
			return err
		}
	}
	return nil
}

// says waits for a word of a process, and for its end if it dies instead.
func says(p *child.Process, word byte) error {
	var b [1]byte
	if _, err := io.ReadFull(p.Stdout, b[:]); err != nil {
		return p.Obituary()
	}
	if b[0] != word {
		return fmt.Errorf("process %d says %q, and should say %q", p.Pid(), b, word)
	}
	return nil
}
