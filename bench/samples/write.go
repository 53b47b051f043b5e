package samples

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/perf/benchfmt"
)

// A Writer appends samples to the files of a run. Each is on disk when Append
// returns. It is not for concurrent use.
type Writer struct {
	file    *os.File
	journal *os.File
	config  []benchfmt.Config
	ledger  ledger
	text    bytes.Buffer     // of one sample
	summed  int              // bytes of it that are in the ledger's sum
	bench   *benchfmt.Writer // into text
}

// Create begins the files of a new run in the folder dir, which must exist and have
// none. The configuration holds for all samples.
func Create(dir string, config []benchfmt.Config) (*Writer, error) {
	w, err := open(dir, config, os.O_EXCL)
	if err != nil {
		return nil, err
	}
	return w, errors.Join(w.begin(), w.sync())
}

// Resume opens the files of a run that was not carried out. Whatever stands behind the
// last seal is cut off: the sample that was being written when the writer was killed.
// It returns the run as it is then. A file that was damaged otherwise is not touched.
func Resume(dir string, config []benchfmt.Config) (*Writer, *Run, error) {
	w, err := open(dir, config, 0)
	if err != nil {
		return nil, nil, err
	}
	run, err := w.recover(dir)
	if err != nil {
		w.Close()
		return nil, nil, err
	}
	return w, run, nil
}

func open(dir string, config []benchfmt.Config, flag int) (*Writer, error) {
	w := &Writer{config: config}
	w.bench = benchfmt.NewWriter(&w.text)
	var err error
	if w.file, err = os.OpenFile(filepath.Join(dir, File), os.O_RDWR|os.O_CREATE|flag, 0o666); err != nil {
		return nil, err
	}
	if w.journal, err = os.OpenFile(filepath.Join(dir, JournalFile), os.O_RDWR|os.O_CREATE|flag, 0o666); err != nil {
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

func (w *Writer) sync() error { return errors.Join(w.file.Sync(), w.journal.Sync()) }

// recover reads what is there and cuts off what is not whole.
func (w *Writer) recover(dir string) (*Run, error) {
	name := filepath.Join(dir, File)
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	l, line, err := verify(data)
	switch {
	case l.ended && err == nil:
		return nil, fmt.Errorf("%s: the run was carried out: there is nothing to resume", Clean(dir))
	case err != nil && !l.tornBehind(data):
		return nil, fmt.Errorf("%s:%d: %w", Clean(name), line, err)
	case !bytes.HasPrefix(data, []byte(head+"\n")) && len(data) >= len(head)+1:
		return nil, fmt.Errorf("%s: the file has no seals, so it cannot be resumed: it was not written by this version of levels bench", Clean(name))
	}
	if err := w.cut(&l); err != nil {
		return nil, err
	}
	if err := cutLine(w.journal); err != nil {
		return nil, err
	}
	run, err := Open(dir)
	if err != nil {
		return nil, err
	}
	return run, w.catchUp(run)
}

// catchUp notes the samples that were sealed, but not noted before the writer died.
func (w *Writer) catchUp(r *Run) error {
	var late []Entry
	for _, c := range r.Cells {
		for _, s := range c.Samples {
			noted := slices.ContainsFunc(r.Journal.Entries, func(e Entry) bool {
				return (e.Cell == c.Name.Full || e.Cell == c.Name.ID) && e.Round == s.Round && e.Twin == s.Twin && e.OK
			})
			if !noted {
				late = append(late, Entry{Round: s.Round, Cell: c.Name.ID, Twin: s.Twin, OK: true})
			}
		}
	}
	r.Journal.Entries = append(r.Journal.Entries, late...)
	return w.Note(late...)
}

// tornBehind reports whether all that is wrong with the file is that something behind
// its last seal was not finished: its seal is missing, not wrong.
func (l *ledger) tornBehind(data []byte) bool {
	behind := data[l.whole:]
	if l.whole == 0 {
		_, behind, _ = bytes.Cut(data, []byte("\n")) // the head is no seal
	}
	if at := bytes.LastIndexByte(behind, '\n'); at >= 0 {
		lines := append([]byte("\n"), behind[:at+1]...)
		return !bytes.Contains(lines, []byte("\n# "))
	}
	return true
}

// cut makes the file end behind its last seal, or begin anew if it has none.
func (w *Writer) cut(l *ledger) error {
	if err := w.file.Truncate(int64(l.whole)); err != nil {
		return err
	}
	if _, err := w.file.Seek(int64(l.whole), 0); err != nil {
		return err
	}
	if l.whole == 0 {
		return w.begin()
	}
	w.ledger = *l
	w.ledger.sum, w.ledger.open = l.wholeAt, 0
	return nil
}

// cutLine takes an unfinished last line off a file, and goes to its end.
func cutLine(f *os.File) error {
	data, err := os.ReadFile(f.Name())
	if err != nil {
		return err
	}
	end := int64(bytes.LastIndexByte(data, '\n') + 1)
	if err := f.Truncate(end); err != nil {
		return err
	}
	_, err = f.Seek(end, 0)
	return err
}

// Append writes the results of one process, which measured some benchmarks once, as
// one sample: all of it is in the file, or none.
func (w *Writer) Append(round int, twin bool, results []*benchfmt.Result) error {
	for _, r := range results {
		r.Config = w.config
		if err := w.bench.Write(r); err != nil {
			return err
		}
	}
	w.sum()
	w.ledger.seals = append(w.ledger.seals, seal{round: round, twin: twin})
	w.ledger.results += len(results)
	fmt.Fprintf(&w.text, sealLine+"\n", len(w.ledger.seals), round, twin, len(results), w.ledger.sum)
	return errors.Join(w.flush(), w.file.Sync())
}

// sum adds to the checksum what was collected since.
func (w *Writer) sum() {
	w.ledger.sum = crc32.Update(w.ledger.sum, castagnoli, w.text.Bytes()[w.summed:])
	w.summed = w.text.Len()
}

// flush writes what is collected, in one piece.
func (w *Writer) flush() error {
	w.sum()
	_, err := w.file.Write(w.text.Bytes())
	w.text.Reset()
	w.summed = 0
	return err
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
	if _, err := w.journal.Write(text.Bytes()); err != nil {
		return err
	}
	return w.journal.Sync()
}

// End says that the run was carried out: in the file first, so that a journal that
// says so can be believed.
func (w *Writer) End() error {
	fmt.Fprintf(&w.text, endLine+"\n", len(w.ledger.seals), w.ledger.results, w.ledger.sum)
	if err := errors.Join(w.flush(), w.file.Sync()); err != nil {
		return err
	}
	return w.Note(Entry{OK: true, End: true})
}

// Close closes the files. What was appended is there already.
func (w *Writer) Close() error { return errors.Join(w.file.Close(), w.journal.Close()) }
