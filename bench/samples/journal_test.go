package samples

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"
)

// What the journal and the samples do not agree on.
func TestJournalAgainstSamples(t *testing.T) {
	note := func(text string) []byte { return append(appendSum([]byte(text)), '\n') }
	lines := func(data []byte) [][]byte {
		return bytes.SplitAfter(data, []byte("\n"))
	}
	without := func(n int) func([]byte) []byte {
		return func(data []byte) []byte {
			all := lines(data)
			return bytes.Join(append(all[:n:n], all[n+1:]...), nil)
		}
	}
	failed := func(j []byte) int { return bytes.Count(j[:bytes.Index(j, []byte("it broke"))], []byte("\n")) }
	for _, test := range []struct {
		name, want string
		change     func(journal []byte) []byte
	}{
		{"as it is", "", func(j []byte) []byte { return j }},
		{"an empty one", "its journal has 0 notes, and had 7 when", func([]byte) []byte { return nil }},
		{"a failure is lost", "its journal has 6 notes, and had 7 when", func(j []byte) []byte { return without(failed(j))(j) }},
		{"killed before the last line", "", func(j []byte) []byte { return j[:bytes.LastIndex(j, []byte(`{"ok":true,"end"`))] }},
		{"no note of the first", "has a sample in round 1 that the journal does not know", func(j []byte) []byte {
			return append(note(`{"round":1,"cell":"Throughput/level=serial/work=cpu","ok":false}`), without(0)(j)...)
		}},
		{"a sample that is not there", "has lost its sample of round 9, which the journal knows", func(j []byte) []byte {
			return append(note(`{"round":9,"cell":"Throughput/level=serial/work=cpu","ok":true}`), without(failed(j))(j)...)
		}},
		{"a line without its sum", "a journal with checksums has a line without one", func(j []byte) []byte {
			return append(bytes.Clone(j), `{"round":9,"cell":"x","ok":false}`+"\n"...)
		}},
		{"another sum", "the checksum does not fit the line", func(j []byte) []byte { return bytes.Replace(j, []byte(`"seconds":0.5`), []byte(`"seconds":0.6`), 1) }},
		{"not JSON", "not a journal entry: ", func(j []byte) []byte { return append(note("oops"), j...) }},
		{"no cell", `not a journal entry: it needs a "cell" and an "ok"`, func(j []byte) []byte { return append(note(`{"ok":true}`), j...) }},
		{"cut", "the last line is cut: it has no newline", func(j []byte) []byte { return j[:len(j)-1] }},
	} {
		dir := whole(t)
		write(t, dir, JournalFile, test.change(read(t, dir, JournalFile)))
		_, err := Open(dir)
		switch {
		case test.want == "" && err != nil, test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: have error %v, want %q", test.name, err, test.want)
		case err != nil:
			clean(t, err)
		}
	}
}

// A writer that dies between a sample and its note leaves a run that can be read, and
// the next one catches up.
func TestDiedBeforeTheNote(t *testing.T) {
	dir := t.TempDir()
	w, err := Create(dir, config)
	if err != nil {
		t.Fatal(err)
	}
	all := plan()
	add(t, w, all[:2])
	if err := w.Append(all[2].round, all[2].twin, all[2].results); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if run := open1(t, dir); run.Sealed != 3 || len(run.Journal.Entries) != 2 {
		t.Errorf("%d samples, %d noted", run.Sealed, len(run.Journal.Entries))
	}
	w, run, err := Resume(dir, config)
	if err != nil || len(run.Journal.Entries) != 3 {
		t.Fatalf("%+v, %v", run, err)
	}
	add(t, w, all[3:])
	finish(t, w)
	if !sameData(open1(t, dir), open1(t, whole(t))) {
		t.Error("it is another run")
	}
}

// The last attempt counts, of a twin too.
func TestAttempts(t *testing.T) {
	of := func(twin, ok bool) Entry {
		return Entry{Round: 1, Cell: "X", Twin: twin, OK: ok, Error: map[bool]string{false: "it broke"}[ok]}
	}
	for _, test := range []struct {
		name    string
		entries []Entry
		failed  bool
	}{
		{"failed", []Entry{of(false, false)}, true},
		{"tried again", []Entry{of(false, false), of(false, true)}, false},
		{"its twin failed", []Entry{of(false, true), of(true, false)}, true},
		{"its twin failed before", []Entry{of(true, false), of(false, true)}, true},
		{"its twin was tried again", []Entry{of(false, true), of(true, false), of(true, true)}, false},
		{"failed, and its twin did not", []Entry{of(false, false), of(true, true)}, true},
	} {
		j := Journal{Entries: test.entries}
		if got := failure(j.Of(ParseName("X-2"))); (got != "") != test.failed {
			t.Errorf("%s: %q", test.name, got)
		}
	}
	j := Journal{Entries: []Entry{of(false, false), of(true, false), of(false, false), of(false, true)}}
	if n := j.Failures(1, "X", false); n != 2 {
		t.Errorf("%d failures, want 2", n)
	}
}

// An old run has neither seals nor checksums.
func TestJournalOfAnOldRun(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, File, []byte("rounds: 2\n"+line+line))
	write(t, dir, JournalFile, []byte(`{"round":1,"cell":"Throughput/level=async/impl=pool/work=cpu/grain=1","ok":true}`+"\n"))
	if run := open1(t, dir); run.Sealed != 0 || !run.Journal.Complete {
		t.Errorf("have %+v", run)
	}
	os.Remove(filepath.Join(dir, JournalFile))
	open1(t, dir)
}

// The end of older runs does not count the journal.
func TestOldEnd(t *testing.T) {
	dir := whole(t)
	data, journal := read(t, dir, File), read(t, dir, JournalFile)
	old := bytes.Replace(data, []byte(" notes 7 "), []byte(" "), 1)
	write(t, dir, File, old)
	write(t, dir, JournalFile, nil)
	if run := open1(t, dir); !run.Ended || len(old) == len(data) {
		t.Errorf("ended %t", run.Ended)
	}
	write(t, dir, JournalFile, journal)
	open1(t, dir)
}

// What would make the file one that cannot be read is refused before it is in it, also
// by a writer that goes on with the file of another.
func TestFits(t *testing.T) {
	dir := t.TempDir()
	w, err := Create(dir, config)
	if err != nil {
		t.Fatal(err)
	}
	all := plan()
	add(t, w, all[:2])
	refuses(t, w, dir, all[0].results[0])
	w.Close()
	if w, _, err = Resume(dir, config); err != nil {
		t.Fatal(err)
	}
	refuses(t, w, dir, all[0].results[0])
	add(t, w, all[2:])
	finish(t, w)
	open1(t, dir)
}

// refuses wants a writer to refuse what is not like a good result.
func refuses(t *testing.T, w *Writer, dir string, good *benchfmt.Result) {
	t.Helper()
	before := read(t, dir, File)
	value := func(unit string, v float64) benchfmt.Value { return benchfmt.Value{Unit: unit, Value: v} }
	for want, values := range map[string][]benchfmt.Value{
		"has no value in tasks/s here":     good.Values[1:],
		"has a value in dup/op here":       append(good.Values[:3:3], value("dup/op", 0)),
		"two values in tasks/s":            append(good.Values[:3:3], value("tasks/s", 1)),
		"-1 dup/op is not a measurement":   append(good.Values[:3:3], value("dup/op", -1)),
		"":                                 append(good.Values[:3:3], value("inflight-B/task", 1)), // which comes and goes
		"NaN tasks/s is not a measurement": {value("tasks/s", math.NaN())},
	} {
		odd := good.Clone()
		odd.Values = values
		err := w.Fits([]*benchfmt.Result{odd})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("have error %v, want %q", err, want)
		}
		if want != "" && w.Append(9, false, []*benchfmt.Result{odd}) == nil {
			t.Errorf("%s, and it was appended", want)
		}
	}
	if !bytes.Equal(read(t, dir, File), before) {
		t.Error("what does not fit has changed the file")
	}
}

// FuzzJournal reads any journal. What is taken is written and read again without a change,
// with checksums; what is refused is refused in a clean line.
func FuzzJournal(f *testing.F) {
	entry := `{"round":1,"cell":"BenchmarkX/level=async-2","ok":true,"seconds":0.3}`
	f.Add([]byte(entry + "\n" + `{"round":2,"cell":"X","twin":true,"ok":false,"loud":true,"error":"it \u001b[31mbroke"}` + "\n"))
	f.Add(append(appendSum([]byte(entry)), "\n{\"end\":true,\"ok\":true}\n"...))
	f.Add([]byte(entry + entry + "\n"))
	f.Add([]byte(`{"cell":"` + "\u202e" + `","ok":"yes"}` + "\n"))
	f.Add([]byte(entry))
	f.Fuzz(func(t *testing.T, data []byte) {
		j, err := parseJournal(data, "fuzz")
		if err != nil {
			clean(t, err)
			return
		}
		var written []byte
		for _, e := range j.Entries {
			if e.Cell == "" || !e.OK && (e.Error == "" || Clean(e.Error) != e.Error) {
				t.Errorf("an entry is %+v", e)
			}
			line, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			written = append(append(written, appendSum(line)...), '\n')
		}
		again, err := parseJournal(written, "again")
		if err != nil || !reflect.DeepEqual(again.Entries, j.Entries) {
			t.Errorf("%+v has become %+v, %v", j.Entries, again.Entries, err)
		}
	})
}
