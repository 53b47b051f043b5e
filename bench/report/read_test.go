package report

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/fourlevels/fourlevels/bench/samples"
)

const line = "BenchmarkThroughput/level=async/impl=pool/work=cpu/grain=1-2 10 100 tasks/s 1 checksum\n"

// What a line must be like, package samples says, and its tests.
func TestReadRefuses(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"nothing", "", "f.txt has no benchmark lines"},
		{"no benchmark", "go: go1.26.8\nok\n", "f.txt has no benchmark lines"},
		{"only a name, as go test -v prints", "BenchmarkX\n", "f.txt has no benchmark lines"},
		{"no level", "BenchmarkX-2 1 2 B\n", "f.txt has no benchmark of a level: no Throughput and no Latency with level= and work= in its name"},
		{"what samples refuses", "go: 1\n" + strings.Replace(line, "100", "NaN", 1), "f.txt:2: NaN tasks/s is not a measurement"},
	} {
		_, err := Read(strings.NewReader(test.text), "f.txt")
		if err == nil || err.Error() != test.want {
			t.Errorf("%s: have error %v, want %s", test.name, err, test.want)
		}
	}
}

func TestReadError(t *testing.T) {
	broken := errors.New("disk is broken")
	r := io.MultiReader(strings.NewReader(line), iotest.ErrReader(broken))
	if _, err := Read(r, "f.txt"); !errors.Is(err, broken) {
		t.Errorf("have %v, want %v", err, broken)
	}
}

func TestReadTakesWhatGoTestPrints(t *testing.T) {
	text := "goos: linux\npkg: a\n" + line + "PASS\nok  \ta\t1.2s\npkg: b\n" + line + "PASS\n"
	run, err := Read(strings.NewReader(text), "")
	if err != nil {
		t.Fatal(err)
	}
	if n := run.Tables[0].Rows[0].Rate.N; n != 2 {
		t.Errorf("have %d samples, want 2", n)
	}
	if run.Name != "input" || run.Partial != "" {
		t.Errorf("have name %q, partial %q", run.Name, run.Partial)
	}
}

func TestOpenErrors(t *testing.T) {
	folder := t.TempDir()
	empty := filepath.Join(folder, "empty.txt")
	write(t, empty, "")
	for path, want := range map[string]string{
		filepath.Join(folder, "gone"): "no run and no benchmark file at",
		folder:                        "is not a run: it has no samples.txt",
		empty:                         "empty.txt has no benchmark lines",
	} {
		_, err := Open(path)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("have error %v, want one line with %q", err, want)
		}
	}
	if _, err := Open(filepath.Join(folder, "gone")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("have %v, want one that is fs.ErrNotExist", err)
	}
}

// The name of a run is that of its folder, and its journal counts, whether the
// folder or the file in it is opened.
func TestOpenFolderOrItsFile(t *testing.T) {
	for _, path := range []string{"testdata/failed", "testdata/failed/samples.txt"} {
		run, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if run.Name != "failed" || run.Raw != "testdata/failed/samples.txt" {
			t.Errorf("%s: have name %q, raw %q", path, run.Name, run.Raw)
		}
		if n := invalid(run); n != 2 {
			t.Errorf("%s: have %d invalid rows, want the 2 that failed", path, n)
		}
	}
}

func TestJournal(t *testing.T) {
	cell := "BenchmarkThroughput/level=async/impl=pool/work=cpu/grain=1"
	fail := `{"round":1,"cell":"` + cell + `","ok":false,"error":"it \u001b[31mbroke"}` + "\n"
	done := `{"round":1,"cell":"` + cell + `","ok":true,"seconds":0.3}` + "\n"
	for _, test := range []struct{ name, journal, reason, err string }{
		{name: "none"},
		{name: "fine", journal: done},
		{name: "failed", journal: fail, reason: "Throughput failed in round 1: it broke"},
		{name: "failed, then tried again", journal: fail + done},
		{name: "with GOMAXPROCS", journal: strings.Replace(fail, "grain=1", "grain=1-2", 1), reason: "Throughput failed in round 1: it broke"},
		{name: "no reason", journal: strings.Replace(fail, `it \u001b[31mbroke`, "", 1), reason: "Throughput failed in round 1: no reason given"},
		{name: "sample lost", journal: done + strings.Replace(done, `"round":1`, `"round":2`, 1), reason: "Throughput has 1 samples of 2 rounds"},
		{name: "not JSON", journal: done + "oops\n", err: "journal.jsonl:2: not a journal entry: "},
		{name: "no cell", journal: `{"ok":true}` + "\n", err: "journal.jsonl:1: not a journal entry: "},
		{name: "cut", journal: done[:20], err: "journal.jsonl:1: the last line is cut"},
	} {
		folder := t.TempDir()
		write(t, filepath.Join(folder, "samples.txt"), "rounds: 1\n"+line)
		if test.journal != "" {
			write(t, filepath.Join(folder, "journal.jsonl"), test.journal)
		}
		run, err := Open(folder)
		switch {
		case test.err != "":
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%s: have error %v, want %s", test.name, err, test.err)
			}
		case err != nil:
			t.Errorf("%s: %v", test.name, err)
		case run.Tables[0].Rows[0].Invalid != test.reason:
			t.Errorf("%s: have reason %q, want %q", test.name, run.Tables[0].Rows[0].Invalid, test.reason)
		}
	}
}

// A cell that failed in every round has no samples; its failure is told all the
// same, in its row or in its section.
func TestJournalOfCellsWithoutSamples(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "samples.txt"),
		strings.NewReplacer("Throughput", "Latency", "async/impl=pool", "thread/impl=crew").Replace(line)+line)
	write(t, filepath.Join(folder, "journal.jsonl"),
		`{"round":1,"cell":"BenchmarkThroughput/level=thread/impl=crew/work=cpu/grain=1","ok":false,"error":"no threads"}`+"\n"+
			`{"round":1,"cell":"BenchmarkStartup/level=thread","ok":false,"error":"too slow"}`+"\n")
	run, err := Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	rows := run.Tables[0].Rows
	if len(rows) != 2 || rows[0].Label != "thread" || rows[0].Invalid != "Throughput failed in round 1: no threads" {
		t.Errorf("have rows %+v, want an invalid one for thread", rows)
	}
	if len(run.Sections) != 1 || run.Sections[0].Key != "startup" || run.Sections[0].Lines[0].Invalid != "Startup failed in round 1: too slow" {
		t.Errorf("have sections %+v, want the failure of Startup", run.Sections)
	}
}

// When nothing at all succeeded, the table of failures is better than an error.
func TestJournalOfFailuresOnly(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "samples.txt"), "go: go1.26.8\n")
	write(t, filepath.Join(folder, "journal.jsonl"),
		`{"round":1,"cell":"BenchmarkThroughput/level=thread/impl=crew/work=cpu","ok":false,"error":"no threads"}`+"\n")
	run, err := Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	if n := invalid(run); n != 1 {
		t.Errorf("have %d invalid rows, want 1", n)
	}
}

var kinds = []string{"METG", "Load", "Startup", "Cost", "Load"}

func FuzzRead(f *testing.F) {
	for _, file := range []string{"hostile.txt", "one.txt"} {
		text, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add(line)
	f.Add("rounds: 2\n" + line + strings.Replace(line, "async", "serial", 1))
	f.Add(strings.Replace(line, "100", "1e308", 1) + strings.Replace(line, "async", "serial", 1))
	var wide, graded strings.Builder
	for i, n := range []string{"1", "2", "4", "8", "9223372036854775807"} {
		wide.WriteString(strings.Replace(line, "grain=1", "grain=1/workers="+n, 1))
		graded.WriteString(strings.Replace(line, "grain=1", "grain="+n, 1) + strings.Replace(strings.Replace(line, "async", "serial", 1), "grain=1", "grain="+n, 1))
		graded.WriteString(strings.Replace(line, "grain=1", "grain=1/rtt-us="+n, 1) + strings.NewReplacer("Throughput", kinds[i], "grain=1", "mode=open/load="+n).Replace(line))
	}
	f.Add(strings.Repeat(wide.String(), 6))
	f.Add(strings.Repeat(graded.String(), 6))
	f.Fuzz(func(t *testing.T, text string) {
		run, err := Read(strings.NewReader(text), "fuzz")
		if err != nil {
			if s := err.Error(); samples.Clean(s) != s {
				t.Errorf("error is not clean: %q", s)
			}
			return
		}
		checkPages(t, run)
	})
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func invalid(run *Run) (n int) {
	for _, t := range run.Tables {
		for _, r := range t.Rows {
			if r.Invalid != "" {
				n++
			}
		}
	}
	return n
}
