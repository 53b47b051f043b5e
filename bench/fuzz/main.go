// Fuzz runs every fuzz target of this module for a while, one after another, and prints
// what each has done:
//
//	go run ./bench/fuzz                        15 seconds each
//	go run ./bench/fuzz -time 10m              longer
//	go run ./bench/fuzz -time 1000x ./levels/...   a thousand inputs each, of some packages
//
// Go itself runs one target at a time only, and has to be told which. An input that fails
// is kept by Go in testdata/fuzz beside the test, and from then on go test tries it each
// time: mend the fault, and commit the file.
//
// The exit code is 1 if a target fails, or has tried nothing; and 3 if there is none.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
)

func main() {
	each := flag.String("time", "15s", "how long, or with an x how many inputs, for each target")
	only := flag.String("run", "", "only targets whose `name`, as in levels/async/loop.FuzzResponse, holds this")
	flag.Parse()
	packages := flag.Args()
	if len(packages) == 0 {
		packages = []string{"./..."}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := fuzz(ctx, os.Stdout, ".", packages, *only, *each)
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "fuzz:", err)
	if errors.Is(err, errNone) {
		os.Exit(3)
	}
	os.Exit(1)
}

var errNone = errors.New("no fuzz target here")

// fuzz runs the targets of packages, as seen from dir.
func fuzz(ctx context.Context, out io.Writer, dir string, packages []string, only, each string) error {
	targets, err := find(ctx, dir, packages, only)
	if err != nil {
		return err
	}
	if len(targets) == 0 {
		return errNone
	}
	width := 0
	for _, t := range targets {
		width = max(width, len(t.String()))
	}
	fmt.Fprintf(out, "%-*s %9s %9s %7s %7s\n", width, "target", "inputs", "a second", "corpus", "time")
	failed, total := 0, 0
	for _, t := range targets {
		r, err := t.run(ctx, dir, each)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		fmt.Fprintf(out, "%-*s %9d %9d %7d %7s", width, t, r.execs, r.rate, r.corpus, r.elapsed)
		if total += r.execs; err != nil {
			failed++
			fmt.Fprintf(out, "  FAILS: %v", err)
		}
		fmt.Fprintln(out)
	}
	fmt.Fprintf(out, "\n%d targets, %d inputs\n", len(targets), total)
	if failed > 0 {
		return fmt.Errorf("%d of %d targets fail", failed, len(targets))
	}
	return nil
}
