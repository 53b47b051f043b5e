package report

import (
	"cmp"
	"io"

	"github.com/fourlevels/fourlevels/bench/samples"
)

// Open reads the run at path: a run's folder, or a single file in benchmark
// format, as from go test -bench. It is strict, like [samples.Read]; a samples.txt
// brings the journal beside it, whichever way it is named.
func Open(path string) (*Run, error) {
	raw, err := samples.Open(path)
	if err != nil {
		return nil, err
	}
	return newRun(cmp.Or(raw.Dir, path), raw)
}

// Read reads a run in benchmark format, strictly, as [samples.Read] does. The name
// stands for r in errors and in what is printed; "" means input.
func Read(r io.Reader, name string) (*Run, error) {
	name = cmp.Or(name, "input")
	raw, err := samples.Read(r, name)
	if err != nil {
		return nil, err
	}
	return newRun(name, raw)
}
