package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/python"
)

// checkPython rejects levels in Python that are to run what it does not know.
func checkPython(specs []fleet.Spec, works ...string) error {
	for _, spec := range specs {
		for _, work := range works {
			if spec.NeedsPython() && !slices.Contains(python.Works, work) {
				return usage("level", fmt.Errorf("%q: workload %s is not written in Python, only %s are", spec, work, strings.Join(python.Works, ", ")))
			}
		}
	}
	return nil
}

// checkPythonIn rejects the cells of a plan that are to run in Python what it does not
// know.
func checkPythonIn(p bench.Plan) error {
	for _, c := range p.Cells() {
		if err := checkPython([]fleet.Spec{c.Spec}, c.Work); err != nil {
			return err
		}
	}
	return nil
}

// findPython starts each of the specs that needs Python once: what is missing
// shows before anything is measured.
func findPython(ctx context.Context, specs []fleet.Spec) error {
	for _, spec := range specs {
		if !spec.NeedsPython() {
			continue
		}
		l, err := fleet.Open(ctx, spec, fleet.Config{})
		if err != nil {
			return cmp.Or(context.Cause(ctx), bench.Environment(err))
		}
		if err := l.Close(); err != nil {
			return err
		}
	}
	return nil
}
