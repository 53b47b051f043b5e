package samples

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// A file that was cut says so, wherever the cut is. By itself it can be taken for a
// shorter run at its seals only, and then for one that was not carried out.
func TestCutAtEveryByte(t *testing.T) {
	t.Parallel()
	dir := whole(t)
	data, want := read(t, dir, File), open1(t, dir)
	seals := 0
	for n := range data {
		run, err := Read(bytes.NewReader(data[:n]), "cut")
		if err != nil {
			clean(t, err)
		} else if run.Ended || !prefixOf(run, want) {
			t.Errorf("cut at byte %d: another run, ended %t", n, run.Ended)
		} else if run.Sealed > 0 {
			if seals++; seals != run.Sealed || !bytes.HasSuffix(data[:n], []byte("\n")) {
				t.Errorf("cut at byte %d it has %d seals, and is the file of %d that can be read", n, run.Sealed, seals)
			}
		}
		write(t, dir, File, data[:n])
		if _, err := Open(dir); err == nil {
			t.Errorf("cut at byte %d, and the journal does not notice", n)
		}
	}
	write(t, dir, File, data)
	cutJournal(t, dir, want)
	if seals != want.Sealed { // the last seal is followed by the end
		t.Errorf("%d files could be read, of %d seals", seals, want.Sealed)
	}
}

// If the journal cannot take the end, as on a full disk, the run is not said to have ended:
// it can be gone on with.
func TestEndNeedsTheJournal(t *testing.T) {
	dir := t.TempDir()
	w, err := Create(dir, config)
	if err != nil {
		t.Fatal(err)
	}
	add(t, w, plan())
	if err := w.journal.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.End(); err == nil {
		t.Error("the run ended without its journal")
	}
	w.file.Close()
	if run := open1(t, dir); run.Ended {
		t.Error("the run that could not be ended has ended")
	}
	w, _, err = Resume(dir, config)
	if err != nil {
		t.Fatal(err)
	}
	finish(t, w)
	if run := open1(t, dir); !run.Ended {
		t.Error("the run has not ended")
	}
}

// What is written is in the run's folder: no link leads out of it.
func TestLinksOutOfARun(t *testing.T) {
	for _, name := range []string{File, JournalFile} {
		dir, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
		if err := os.Symlink(out, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := Resume(dir, config); err == nil {
			t.Errorf("%s leads out of the run", name)
		}
		if _, err := os.Stat(out); err == nil {
			t.Errorf("behind %s something was made out of the run", name)
		}
	}
}

// A journal that was cut says so too, but for its last line, which says what the other
// file says.
func cutJournal(t *testing.T, dir string, want *Run) {
	t.Helper()
	journal := read(t, dir, JournalFile)
	end := bytes.LastIndex(journal, []byte(`{"ok":true,"end"`))
	for n := range journal {
		write(t, dir, JournalFile, journal[:n])
		if run, err := Open(dir); n == end && (err != nil || !sameData(run, want)) {
			t.Errorf("the journal without its end: %v, or another run", err)
		} else if n != end && err == nil {
			t.Errorf("the journal is cut at byte %d, and nobody notices", n)
		}
	}
}

// No flipped bit becomes another number.
func TestFlippedBits(t *testing.T) {
	t.Parallel()
	dir := whole(t)
	want := open1(t, dir)
	for file, times := range map[string]int{File: 4096, JournalFile: 1024} {
		data := read(t, dir, file)
		r := rand.New(rand.NewPCG(1, uint64(times)))
		refused := 0
		for range times {
			at, bit := r.IntN(len(data)), byte(1)<<r.IntN(8)
			data[at] ^= bit
			write(t, dir, file, data)
			run, err := Open(dir)
			if err != nil {
				refused++
				clean(t, err)
			} else if !sameData(run, want) {
				t.Errorf("%s: bit %08b of byte %d flipped gives another run: %q", file, bit, at, data[max(0, at-40):min(len(data), at+40)])
			}
			data[at] ^= bit
		}
		write(t, dir, file, data)
		t.Logf("%s: of %d flipped bits %d are refused, and the others change nothing", file, times, refused)
		if refused < times*9/10 {
			t.Errorf("%s: only %d of %d are refused", file, refused, times)
		}
	}
}

// Whatever is lost behind a seal, a run can be resumed from there, and is then like
// one that was never disturbed.
func TestResumeAfterEveryCut(t *testing.T) {
	t.Parallel()
	dir := whole(t)
	data, want := read(t, dir, File), open1(t, dir)
	tmp := t.TempDir()
	seen := map[string]bool{} // what Resume made of cut files: most are cut off at the same seal
	for n := range data[:bytes.Index(data, []byte("# end "))] {
		cut := filepath.Join(tmp, "run")
		if err := os.Mkdir(cut, 0o777); err != nil {
			t.Fatal(err)
		}
		write(t, cut, File, data[:n])
		w, run, err := Resume(cut, config)
		if err != nil {
			t.Fatalf("cut at byte %d: %v", n, err)
		}
		if !prefixOf(run, want) || len(run.Journal.Entries) != run.Sealed {
			t.Errorf("cut at byte %d: %d samples, %d noted", n, run.Sealed, len(run.Journal.Entries))
		}
		state := string(read(t, cut, File)) + string(read(t, cut, JournalFile))
		if seen[state] {
			w.Close()
		} else {
			seen[state] = true
			completed(t, w, run, cut, want)
		}
		os.RemoveAll(cut)
	}
	if len(seen) != want.Sealed {
		t.Errorf("%d states of %d samples", len(seen), want.Sealed)
	}
}

// completed adds what a run lacks, and wants it to be like one that was never cut.
func completed(t *testing.T, w *Writer, run *Run, dir string, want *Run) {
	t.Helper()
	done := 0
	add(t, w, skip(plan(), func(s sample) bool { done++; return done <= run.Sealed }))
	finish(t, w)
	if got := open1(t, dir); !sameData(got, want) {
		t.Errorf("resumed behind sample %d, it is another run", run.Sealed)
	}
}

// skip leaves out the samples that are on disk; those that failed are tried again.
func skip(all []sample, done func(sample) bool) (left []sample) {
	for _, s := range all {
		if s.results == nil || !done(s) {
			left = append(left, s)
		}
	}
	return left
}

// Resume cuts off what was not finished, and never what was damaged.
func TestResumeLeavesDamageAlone(t *testing.T) {
	dir := whole(t)
	journal := read(t, dir, JournalFile)
	write(t, dir, JournalFile, journal[:bytes.LastIndex(journal, []byte(`{"ok":true,"end"`))])
	data := read(t, dir, File)
	data = data[:bytes.Index(data, []byte("# end "))]
	lastSeal := bytes.LastIndex(data, []byte("\n# ")) + 1
	for _, at := range []int{0, 5, len(head), bytes.Index(data, []byte("1 round")), bytes.Index(data, []byte("checksum")), lastSeal - 3, lastSeal - 1, lastSeal, lastSeal + 1, lastSeal + 20} {
		damaged := bytes.Clone(data)
		damaged[at] ^= 1
		write(t, dir, File, damaged)
		if w, _, err := Resume(dir, config); err == nil {
			w.Close()
			t.Errorf("damaged at byte %d, and resumed", at)
		} else {
			clean(t, err)
		}
		if got := read(t, dir, File); !bytes.Equal(got, damaged) {
			t.Errorf("damaged at byte %d: the file was changed", at)
		}
	}
}
