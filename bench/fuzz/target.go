package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A target is a fuzz test.
type target struct {
	pkg, module string // import paths
	name        string
}

// String names it as short as is unambiguous.
func (t target) String() string {
	return cmp.Or(strings.TrimPrefix(strings.TrimPrefix(t.pkg, t.module), "/"), ".") + "." + t.name
}

// find lists the targets of packages, for this system. It reads the source, for to ask the
// tests themselves would mean to build them all.
func find(ctx context.Context, dir string, packages []string, only string) (targets []target, err error) {
	list := exec.CommandContext(ctx, "go", append([]string{"list", "-json=Dir,ImportPath,Module,TestGoFiles,XTestGoFiles", "--"}, packages...)...)
	list.Dir = dir
	out, err := list.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return nil, fmt.Errorf("go list: %s", bytes.TrimSpace(exit.Stderr))
	}
	if err != nil {
		return nil, err
	}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			Dir, ImportPath           string
			Module                    struct{ Path string }
			TestGoFiles, XTestGoFiles []string
		}
		if err := d.Decode(&p); err == io.EOF {
			return targets, nil
		} else if err != nil {
			return nil, err
		}
		for _, file := range slices.Concat(p.TestGoFiles, p.XTestGoFiles) {
			names, err := declared(filepath.Join(p.Dir, file))
			if err != nil {
				return nil, err
			}
			for _, name := range names {
				if t := (target{p.ImportPath, p.Module.Path, name}); strings.Contains(t.String(), only) {
					targets = append(targets, t)
				}
			}
		}
	}
}

// declared lists the fuzz tests in a file.
func declared(path string) (names []string, err error) {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Fuzz") {
			names = append(names, f.Name.Name)
		}
	}
	return names, nil
}

// A result is what go test says of a target in the end.
type result struct {
	elapsed string
	execs   int // inputs that were tried
	rate    int // of those a second, all in all
	corpus  int // inputs that lead to different places in the code
}

var progress = regexp.MustCompile(`(?m)^fuzz: elapsed: ([0-9a-z]+), execs: ([0-9]+) \([^)]*\)(?:, new interesting: [0-9]+ \(total: ([0-9]+)\))?$`)

// baseline are the inputs that are known before: a slow target may try no others in time.
var baseline = regexp.MustCompile(`(?m)^fuzz: elapsed: ([0-9a-z]+), gathering baseline coverage: ([0-9]+)/`)

// read finds the last line of progress.
func read(output []byte) (r result) {
	for _, known := range baseline.FindAllSubmatch(output, -1) {
		r.elapsed = string(known[1])
		r.execs, _ = strconv.Atoi(string(known[2]))
	}
	all := progress.FindAllSubmatch(output, -1)
	if len(all) == 0 {
		return r
	}
	last := all[len(all)-1]
	r.elapsed = string(last[1])
	tried, _ := strconv.Atoi(string(last[2]))
	r.execs = max(r.execs, tried)
	r.corpus, _ = strconv.Atoi(string(last[3]))
	if d, err := strconv.Atoi(strings.TrimSuffix(r.elapsed, "s")); err == nil && d > 0 {
		r.rate = r.execs / d
	}
	return r
}

// run fuzzes for a while. Go spends up to a minute on making each input of interest shorter,
// and does not count that; here it has 20 tries, or a slow target would do nothing else.
// A target that tries nothing shows nothing: it fails too.
func (t target) run(ctx context.Context, dir, each string) (result, error) {
	test := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-fuzz", "^"+t.name+"$", "-fuzztime", each, "-fuzzminimizetime", "20x", t.pkg)
	test.Dir = dir
	output, err := test.CombinedOutput()
	r := read(output)
	switch {
	case err != nil:
		return r, fmt.Errorf("%w\n%s", err, bytes.TrimSpace(output))
	case r.execs == 0:
		return r, errors.New("it tried nothing")
	}
	return r, nil
}
