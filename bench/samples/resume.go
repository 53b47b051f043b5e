package samples

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/perf/benchfmt"

	"github.com/fourlevels/fourlevels/bench/strict"
)

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

// recover reads what is there and cuts off what is not whole.
func (w *Writer) recover(dir string) (*Run, error) {
	name := filepath.Join(dir, File)
	data, err := strict.ReadFile(name, maxFile)
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
	if err := sound(dir, data[:l.whole]); err != nil {
		return nil, err
	}
	if err := w.cut(&l); err != nil {
		return nil, err
	}
	if w.noted, err = cutLine(w.journal); err != nil {
		return nil, err
	}
	run, err := Open(dir)
	if err != nil {
		return nil, err
	}
	w.ledger.notes = len(run.Journal.Entries)
	for _, c := range run.Cells {
		if len(c.Samples) > 0 {
			w.cells[c.Name.Full] = c
		}
	}
	return run, w.catchUp(run)
}

// sound wants what will be left of a run to be one, before anything is cut off: a seal
// that was damaged may look like one that was not finished, and then the journal knows
// better.
func sound(dir string, whole []byte) error {
	name := filepath.Join(dir, File)
	run, err := Read(bytes.NewReader(whole), name)
	if err != nil {
		return err
	}
	file := filepath.Join(dir, JournalFile)
	data, err := strict.ReadFile(file, maxFile)
	if err != nil {
		return err
	}
	if run.Journal, err = parseJournal(data[:bytes.LastIndexByte(data, '\n')+1], file); err != nil {
		return err
	}
	if err := run.check(); err != nil {
		return fmt.Errorf("%s: %w", Clean(name), err)
	}
	return nil
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
	w.size, w.ledger = int64(l.whole), *l
	w.ledger.sum, w.ledger.open = l.wholeAt, 0
	return nil
}

// cutLine takes an unfinished last line off a file, and goes to its end.
func cutLine(f *os.File) (end int64, err error) {
	data, err := strict.ReadFile(f.Name(), maxFile)
	if err != nil {
		return 0, err
	}
	end = int64(bytes.LastIndexByte(data, '\n') + 1)
	if err := f.Truncate(end); err != nil {
		return 0, err
	}
	return f.Seek(end, 0)
}
