package samples

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"golang.org/x/perf/benchfmt"
)

// A Writer appends samples to the files of a run. Each is on disk when Append
// returns. It is not for concurrent use.
type Writer struct {
	file    *os.File
	journal *os.File
	config  []benchfmt.Config
	size    int64 // of file, up to and with what was written whole
	noted   int64 // of journal
	ledger  ledger
	text    bytes.Buffer     // of one sample
	summed  int              // bytes of it that are in the ledger's sum
	bench   *benchfmt.Writer // into text
	cells   map[string]*Cell // with their first samples
}

// Create begins the files of a new run in the folder dir, which must exist and have
// none. The configuration holds for all samples.
func Create(dir string, config []benchfmt.Config) (*Writer, error) {
	w, err := open(dir, config, os.O_EXCL)
	if err != nil {
		return nil, err
	}
	return w, errors.Join(w.begin(), w.journal.Sync(), syncFolder(dir), syncFolder(filepath.Dir(dir)))
}

// syncFolder makes the names in a folder outlive a crash of the machine, where the
// system can do that.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); !errors.Is(err, syscall.EINVAL) && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}

// open opens the files of a run. No link in its folder leads out of it: what is written, or
// cut off, is the run's.
func open(dir string, config []benchfmt.Config, flag int) (*Writer, error) {
	w := &Writer{config: config, cells: map[string]*Cell{}}
	w.bench = benchfmt.NewWriter(&w.text)
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	if w.file, err = root.OpenFile(File, os.O_RDWR|os.O_CREATE|flag, 0o666); err != nil {
		return nil, err
	}
	if w.journal, err = root.OpenFile(JournalFile, os.O_RDWR|os.O_CREATE|flag, 0o666); err != nil {
		w.file.Close()
		return nil, err
	}
	return w, nil
}

// begin writes the head of the file: no more than later readers need, since it has no
// seal of its own.
func (w *Writer) begin() error {
	fmt.Fprintln(&w.text, head)
	for _, u := range Units {
		if u.Key == "" {
			continue
		}
		if err := w.bench.Write(&benchfmt.UnitMetadata{UnitMetadataKey: benchfmt.UnitMetadataKey{Unit: u.Name, Key: u.Key}, OrigUnit: u.Name, Value: u.Value}); err != nil {
			return err
		}
	}
	return w.flush()
}

// Fits says why results cannot be appended, if they cannot be measurements or have other
// units than the first ones of their benchmark: [Read] would refuse the whole file.
func (w *Writer) Fits(results []*benchfmt.Result) error {
	for _, r := range results {
		values, err := Check(r)
		if err != nil {
			return fmt.Errorf("%s: %w", quote(r.Name.String(), 120), err)
		}
		c := cmp.Or(w.cells[r.Name.String()], &Cell{})
		if err := c.agrees(values); err != nil {
			return err
		}
	}
	return nil
}

// Append writes the results of one process, which measured some benchmarks once, as
// one sample: all of it is in the file, or none. After an error nothing more can be
// written; what does not fit is refused before.
func (w *Writer) Append(round int, twin bool, results []*benchfmt.Result) error {
	if err := w.Fits(results); err != nil {
		return err
	}
	for _, r := range results {
		r.Config = w.config
		if err := w.bench.Write(r); err != nil {
			return err
		}
	}
	w.keep(results)
	w.sum()
	w.ledger.seals = append(w.ledger.seals, seal{round: round, twin: twin})
	w.ledger.results += len(results)
	fmt.Fprintf(&w.text, sealLine+"\n", len(w.ledger.seals), round, twin, len(results), w.ledger.sum)
	return w.flush()
}

// keep keeps the first results of each benchmark, which fit: [Writer.Fits] asks them.
func (w *Writer) keep(results []*benchfmt.Result) {
	for _, r := range results {
		if name := r.Name.String(); w.cells[name] == nil {
			values, _ := Check(r)
			w.cells[name] = &Cell{Name: ParseName(name), Samples: []Sample{{Values: values}}}
		}
	}
}

// sum adds to the checksum what was collected since.
func (w *Writer) sum() {
	w.ledger.sum = crc32.Update(w.ledger.sum, castagnoli, w.text.Bytes()[w.summed:])
	w.summed = w.text.Len()
}

// flush writes what is collected, in one piece.
func (w *Writer) flush() error {
	w.sum()
	err := put(w.file, &w.size, w.text.Bytes())
	w.text.Reset()
	w.summed = 0
	return err
}

// put writes to the end of a file, all of it or nothing: of what a full disk has taken, no
// half stays behind, for which [Open] would have to refuse all that was measured before.
func put(f *os.File, size *int64, text []byte) error {
	_, err := f.Write(text)
	if err = cmp.Or(err, f.Sync()); err != nil {
		return errors.Join(err, f.Truncate(*size))
	}
	*size += int64(len(text))
	return nil
}

// Note adds entries to the journal.
func (w *Writer) Note(entries ...Entry) error {
	if len(entries) == 0 {
		return nil
	}
	var text bytes.Buffer
	for _, e := range entries {
		line, err := json.Marshal(e)
		if err != nil {
			return err
		}
		text.Write(append(appendSum(line), '\n'))
	}
	w.ledger.notes += len(entries)
	return put(w.journal, &w.noted, text.Bytes())
}

// End says that the run was carried out: in the file first, so that a journal that
// says so can be believed. If the journal cannot say so, as on a full disk, neither does
// the file: the run can be resumed then.
func (w *Writer) End() error {
	before := w.size
	fmt.Fprintf(&w.text, endLine+"\n", len(w.ledger.seals), w.ledger.results, w.ledger.notes, w.ledger.sum)
	if err := w.flush(); err != nil {
		return err
	}
	if err := w.Note(Entry{OK: true, End: true}); err != nil {
		return errors.Join(err, w.file.Truncate(before))
	}
	return nil
}

// Close closes the files. What was appended is there already.
func (w *Writer) Close() error { return errors.Join(w.file.Close(), w.journal.Close()) }
