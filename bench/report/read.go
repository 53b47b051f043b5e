package report

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Names of the files in a run's folder.
const (
	samplesFile = "samples.txt"   // results in benchmark format
	journalFile = "journal.jsonl" // what became of each cell in each round; optional
)

// Open reads the run at path: a run's folder, or a single file in benchmark
// format, as from go test -bench. It is strict, like [Read]; a samples.txt
// brings the journal beside it, whichever way it is named.
func Open(path string) (*Run, error) {
	file, folder, err := locate(path)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("open results: %w", err)
	}
	defer f.Close()
	raw, err := readSamples(f, file)
	if err != nil {
		return nil, err
	}
	var book journal
	if folder != "" {
		if book, err = openJournal(filepath.Join(folder, journalFile)); err != nil {
			return nil, err
		}
	}
	return newRun(cmp.Or(folder, path), file, raw, book)
}

// locate finds the file of samples, and the run's folder if it is in one.
func locate(path string) (file, folder string, err error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", "", fmt.Errorf("no run and no benchmark file at %.200q: %w", path, fs.ErrNotExist)
	case err != nil:
		return "", "", fmt.Errorf("look for a run: %w", err)
	case !info.IsDir() && filepath.Base(path) == samplesFile:
		return path, filepath.Dir(path), nil
	case !info.IsDir():
		return path, "", nil
	}
	file = filepath.Join(path, samplesFile)
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return "", "", fmt.Errorf("folder %.200q is not a run: it has no %s", path, samplesFile)
	}
	return file, path, nil
}

// Read reads a run in benchmark format. The name stands for r in errors and in
// what is printed; "" means input.
//
// Read is strict, since a wrong line would become a wrong table: a benchmark
// line that does not parse, a value that is not a finite number or is below 0,
// a last line without its newline (the writer was cut off), two runs in one
// file, and no benchmark line at all are errors; each says the line it is about.
func Read(r io.Reader, name string) (*Run, error) {
	name = cmp.Or(name, "input")
	raw, err := readSamples(r, name)
	if err != nil {
		return nil, err
	}
	return newRun(name, name, raw, journal{})
}
