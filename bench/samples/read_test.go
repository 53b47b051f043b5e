package samples

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
)

func TestReadIsStrict(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"NaN", "go: 1\n" + strings.Replace(line, "100", "NaN", 1), "f.txt:2: NaN tasks/s is not a measurement"},
		{"infinite", strings.Replace(line, "100", "+Inf", 1), "f.txt:1: +Inf tasks/s is not a measurement"},
		{"too large for a float", strings.Replace(line, "100", "1e999", 1), "f.txt:1: parsing measurement: value out of range"},
		{"negative", strings.Replace(line, "100", "-1", 1), "f.txt:1: -1 tasks/s is not a measurement"},
		{"no iterations", strings.Replace(line, " 10 ", " 0 ", 1), "f.txt:1: a benchmark of 0 iterations measures nothing"},
		{"split by output", "BenchmarkX-2  hello\n", "f.txt:1: parsing iteration count: invalid syntax"},
		{"no unit", "BenchmarkX-2 1 2\n", "f.txt:1: missing units"},
		{"no values", line + "BenchmarkX-2 1\n", "f.txt:2: missing measurements"},
		{"one unit twice", "BenchmarkX-2 1 2 B 3 B\n", "f.txt:1: two values in B"},
		{"cut in a number", line + "BenchmarkX-2 1 2", "f.txt:2: the last line is cut: it has no newline"},
		{"cut, but it parses", line + line[:len(line)-1], "f.txt:2: the last line is cut: it has no newline"},
		{"cut outside of a result", line + "PAS", "f.txt:2: the last line is cut: it has no newline"},
		{"a long line", line + strings.Repeat("x", 65<<10) + "\n", "f.txt:2: the line is longer than 64 KiB: no result is"},
		{"binary", line + "\x7fELF\x00\x01\n", "f.txt:2: this is no text in UTF-8: is it another file, or in UTF-16?"},
		{"UTF-16", "\xff\xfeB\x00e\x00n\x00\n", "f.txt:1: this is no text in UTF-8: is it another file, or in UTF-16?"},
		{"a byte order mark", "\ufeff" + line, "f.txt:1: a byte order mark hides what the line says: save the file in UTF-8 without one"},
		{"a newer version", "# fourlevels samples 2\n" + line, `f.txt:1: the file is in version "2" of the format, and this program reads 1: take the levels that wrote it`},
		{"lines of DOS", head + "\r\n" + line, `f.txt:1: the file is in version "1\r" of the format, and this program reads 1: take the levels that wrote it`},
		{"rounds", "rounds: many\n" + line, `f.txt:2: rounds is "many": want a whole number above 0`},
		{"two stores", "store: a\n" + line + "store: b\n" + line, `f.txt:4: store was "a" above and is "b" here: two runs in one file`},
		{"two binaries", "binary: a\n" + line + "binary: b\n" + line, `f.txt:4: binary was "a" above and is "b" here: two runs in one file`},
		{"another unit", line + strings.Replace(line, "tasks/s", "jobs/s", 1), "f.txt:2: Throughput/level=async/impl=pool/work=cpu/grain=1-2 has a value in jobs/s here, and had none above"},
		{"a unit less", line + strings.Replace(line, "100 tasks/s ", "", 1), "f.txt:2: Throughput/level=async/impl=pool/work=cpu/grain=1-2 has no value in tasks/s here, and had one above"},
		{"units that disagree", "Unit x better=higher\nUnit x better=lower\n" + line, "f.txt:2: metadata better of unit x already set to higher"},
		{"hostile", "go: \x1b]0;x\x07\n" + line + "go: \u202ey\n" + line, `f.txt:4: go was "" above and is "y" here: two runs in one file`},
	} {
		_, err := Read(strings.NewReader(test.text), "f.txt")
		if err == nil || err.Error() != test.want {
			t.Errorf("%s: have error %v, want %s", test.name, err, test.want)
		} else {
			clean(t, err)
		}
	}
}

// Of what the machine does not always tell, and of what needs many samples, there may
// be more or less.
func TestReadTakes(t *testing.T) {
	for _, more := range []string{"", " 3 p99-ns", " 3 svc-p50-ns", " 3 sched-lag-p99-ns", " 3 throttled-%", " 3 metg90-ns", " 3 latencies", " 0 steal-% 1 psi-cpu-% 2 others-% 3 ctxsw"} {
		text := line + strings.Replace(line, "\n", more+"\n", 1)
		run, err := Read(strings.NewReader(text), "f")
		if err != nil || len(run.Cells) != 1 || run.Cells[0].Rounds() != 2 || run.Sealed != 0 {
			t.Errorf("with%s: %+v, %v", more, run, err)
		}
	}
	if run, err := Read(strings.NewReader(""), "f"); err != nil || len(run.Cells) != 0 {
		t.Errorf("of nothing: %+v, %v", run, err)
	}
}

func TestReadError(t *testing.T) {
	broken := errors.New("disk is broken")
	r := io.MultiReader(strings.NewReader(line), iotest.ErrReader(broken))
	if _, err := Read(r, "f"); !errors.Is(err, broken) {
		t.Errorf("have %v, want %v", err, broken)
	}
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	for path, want := range map[string]string{
		filepath.Join(dir, "gone"): "no run and no benchmark file at",
		dir:                        "is not a run: it has no samples.txt",
	} {
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("have error %v, want %q", err, want)
		} else {
			clean(t, err)
		}
	}
	if _, err := Open(filepath.Join(dir, "gone")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("have %v, want one that is fs.ErrNotExist", err)
	}
}

// A run's folder may come from anywhere: no link in it shows what is outside.
func TestLinksOutOfTheFolder(t *testing.T) {
	for _, file := range []string{File, JournalFile} {
		for _, inside := range []bool{true, false} {
			dir, to := whole(t), t.TempDir()
			if inside {
				to = dir
			}
			moved := filepath.Join(to, "moved")
			relative, err := filepath.Rel(dir, moved)
			if err == nil {
				err = errors.Join(os.Rename(filepath.Join(dir, file), moved), os.Symlink(relative, filepath.Join(dir, file)))
			}
			if err != nil {
				t.Fatal(err) // where links may not be made, as on some Windows, nobody can send one
			}
			for _, path := range []string{dir, filepath.Join(dir, File)} {
				_, err := Open(path)
				if inside != (err == nil) || err != nil && !strings.Contains(err.Error(), "path escapes from parent") {
					t.Errorf("%s is a link to %s: %v", file, relative, err)
				}
			}
		}
	}
}

func TestSeals(t *testing.T) {
	sealed := string(read(t, whole(t), File))
	swap := func(old, new string) string {
		if !strings.Contains(sealed, old) {
			t.Fatalf("no %q in %s", old, sealed)
		}
		return strings.Replace(sealed, old, new, 1)
	}
	first := strings.Index(sealed, "# sample 1")
	for _, test := range []struct{ name, text, want string }{
		{"as it is", sealed, ""},
		{"another value", swap("101 tasks/s", "102 tasks/s"), "the seal does not fit what is above it"},
		{"another round", swap("# sample 2 round 1", "# sample 2 round 2"), "the seal does not fit what is above it"},
		{"a twin", swap("round 1 twin false", "round 1 twin true"), "the seal does not fit what is above it"},
		{"another configuration", swap("go: go1.26.8", "go: go1.26.9"), "the seal does not fit what is above it"},
		{"another unit line", swap("Unit tasks/s better=higher", "Unit tasks/s better=lower"), "the seal does not fit what is above it"},
		{"a seal in words", swap("# sample 2 round 1", "# sample 2, round 1"), "the seal does not fit what is above it"},
		{"no head", strings.TrimPrefix(sealed, head+"\n"), "a seal, in a file that does not begin with"},
		{"a line out of place", sealed + line, "something follows the end of the run"},
		{"two runs", sealed + sealed, "something follows the end of the run"},
		{"no end", sealed[:strings.Index(sealed, "# end")], ""},
		{"a sample too many", sealed[:strings.Index(sealed, "# end")] + line, "the file ends within a sample"},
		{"no seal yet", sealed[:first], "the file ends within a sample"},
		{"an end too early", sealed[:first] + sealed[strings.Index(sealed, "# end"):], "the seal does not fit what is above it"},
	} {
		_, err := Read(strings.NewReader(test.text), "f")
		switch {
		case test.want == "" && err != nil, test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: have error %v, want %q", test.name, err, test.want)
		case err != nil:
			clean(t, err)
		}
	}
}

// What is read is what was written.
func TestRoundTrip(t *testing.T) {
	run := open1(t, whole(t))
	if !run.Ended || run.Sealed != 6 || run.Rounds != 3 || run.Setting("go") != "go1.26.8" || len(run.Cells) != 2 {
		t.Fatalf("have %+v", run)
	}
	serial, thread := run.Cells[0], run.Cells[1]
	if got := serial.Values("tasks/s"); !reflect.DeepEqual(got, []float64{101, 103, 106}) || serial.Failed != "" {
		t.Errorf("serial has %v, %q", got, serial.Failed)
	}
	if got := thread.Values("sec/op"); !reflect.DeepEqual(got, []float64{102e-9, 104e-9}) || thread.Failed != "failed in round 3: it broke" {
		t.Errorf("thread has %v, %q", got, thread.Failed)
	}
	if first, again := thread.Twins("tasks/s"); !reflect.DeepEqual(first, []float64{104}) || !reflect.DeepEqual(again, []float64{105}) {
		t.Errorf("twins %v and %v", first, again)
	}
	if x, y := Pair(serial, thread, "tasks/s"); !reflect.DeepEqual(x, []float64{101, 103}) || !reflect.DeepEqual(y, []float64{102, 104}) {
		t.Errorf("pairs %v and %v", x, y)
	}
	if none := (*Cell)(nil); none.Values("tasks/s") != nil || none.Rounds() != 0 {
		t.Error("no cell has values")
	}
}

func TestResumeRefuses(t *testing.T) {
	dir := whole(t)
	if _, _, err := Resume(dir, config); err == nil || !strings.Contains(err.Error(), "the run was carried out: there is nothing to resume") {
		t.Errorf("have %v", err)
	}
	old := t.TempDir()
	write(t, old, File, []byte("go: 1\n"+line))
	if _, _, err := Resume(old, config); err == nil || !strings.Contains(err.Error(), "the file has no seals, so it cannot be resumed") {
		t.Errorf("have %v", err)
	}
	if _, err := Create(dir, config); !errors.Is(err, os.ErrExist) {
		t.Errorf("a second run in one folder: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	dir := f.TempDir()
	w, err := Create(dir, config)
	if err != nil {
		f.Fatal(err)
	}
	if err := errors.Join(w.Append(1, false, plan()[0].results), w.End(), w.Close()); err != nil {
		f.Fatal(err)
	}
	sealed, err := os.ReadFile(filepath.Join(dir, File))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(sealed))
	f.Add(string(sealed[:len(sealed)/2]))
	f.Add(line)
	f.Add("rounds: 2\n" + line + strings.Replace(line, "async", "serial", 1))
	f.Add(head + "\n# sample 1 round 1 twin false results 0 crc32c 00000000\n")
	f.Fuzz(func(t *testing.T, text string) {
		run, err := Read(strings.NewReader(text), "fuzz")
		if err != nil {
			clean(t, err)
			return
		}
		for _, c := range run.Cells {
			if len(c.Samples) == 0 {
				t.Errorf("%q has no samples", c.Name.Full)
			}
			for _, s := range c.Samples {
				if s.Round < 1 || len(s.Values) == 0 {
					t.Errorf("%q has the sample %+v", c.Name.Full, s)
				}
			}
		}
	})
}
