package peers

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

//go:embed testdata/pool.c
var poolC []byte

//go:embed testdata/Pool.java
var poolJava []byte

// poolOfC compiles the pool in C, if there is a compiler.
func poolOfC(tb testing.TB, s scale) (contestant, bool) {
	if _, err := exec.LookPath("cc"); err != nil {
		return contestant{}, false
	}
	dir := tb.TempDir()
	source, program := writeSource(tb, dir, "pool.c", poolC), filepath.Join(dir, "pool")
	if out, err := exec.Command("cc", "-O2", "-std=gnu11", "-pthread", "-o", program, source, "-lm").CombinedOutput(); err != nil {
		tb.Fatalf("cc: %v: %s", err, out)
	}
	return programMETG("C", s, program), true
}

// poolsOfJava runs the pools in Java from their source, if there is a Java that can,
// and it is 17 or later.
func poolsOfJava(tb testing.TB, s scale) ([]contestant, bool) {
	if _, err := exec.LookPath("java"); err != nil {
		return nil, false
	}
	source := writeSource(tb, tb.TempDir(), "Pool.java", poolJava)
	if exec.Command("java", source, "version").Run() != nil {
		return nil, false
	}
	return []contestant{
		programMETG("Java.stream", s, "java", source, "stream"),
		programMETG("Java.invokeAll", s, "java", source, "invokeAll"),
	}, true
}

func writeSource(tb testing.TB, dir, name string, text []byte) string {
	tb.Helper()
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		tb.Fatal(err)
	}
	return file
}

// programMETG has a program do the sweep that measureSweep does, and checks the
// sums of its outputs.
func programMETG(name string, s scale, command ...string) contestant {
	args := append(command[1:len(command):len(command)], strconv.Itoa(poolWorkers), fmt.Sprint(enough))
	for _, n := range []int{s.batch, s.batches, processors(poolWorkers), poolLongest} {
		args = append(args, strconv.Itoa(n))
	}
	return contestant{name, func(ctx context.Context) ([]float64, error) {
		return checkedSweep(ctx, s.batch, command[0], args)
	}}
}
