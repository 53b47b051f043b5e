package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/advise"
	"github.com/fourlevels/fourlevels/bench/chart"
	"github.com/fourlevels/fourlevels/bench/report"
	"github.com/fourlevels/fourlevels/bench/samples"
	"github.com/fourlevels/fourlevels/bench/strict"
)

// runPage writes the page of the run at path, with its raw results and the matrix in it.
func runPage(run *report.Run, path, page string) error {
	raw, err := samples.Open(path)
	if err != nil {
		return bench.Environment(err)
	}
	data, err := samples.Text(path)
	if err != nil {
		return bench.Environment(err)
	}
	raw.Cells = slices.DeleteFunc(raw.Cells, func(c *samples.Cell) bool { return report.Fault(c) != "" }) // has no place in the matrix
	o := report.PageOptions{Samples: data, Matrix: []chart.Table{advise.NewMatrix(raw).Table()}}
	if plan, err := bench.PlanOf(filepath.Dir(raw.File)); err == nil { // go test -bench writes none
		o.Command = commandOf(plan)
	}
	return writePage(page, func(w io.Writer) error { return run.WritePage(w, o) })
}

// writePage writes a page to standard output, or to a file, which is there as a whole or
// as it was before.
func writePage(path string, write func(io.Writer) error) error {
	if path == "-" {
		return write(os.Stdout)
	}
	switch info, err := os.Lstat(path); {
	case err == nil && !info.Mode().IsRegular():
		return usage("html", fmt.Errorf("%.200q is no file: name one, or - for standard output", path))
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if err := strict.Write(path, write); err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "Page:", samples.Clean(path))
	return nil
}
