//go:build unix

package bench

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/bench/lock"
	"github.com/fourlevels/fourlevels/bench/samples"
)

// runUntil runs a plan and interrupts it when so many samples are measured.
func runUntil(t *testing.T, r Runner, p Plan, most int) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r.Progress = func(p Progress) {
		if p.Done == most && p.Total > 0 {
			cancel()
		}
	}
	dir, err := r.Run(ctx, p)
	if !errors.Is(err, context.Canceled) || dir == "" {
		t.Fatalf("results in %q, err = %v after %d samples", dir, err, most)
	}
	return dir
}

func TestResume(t *testing.T) {
	r, p := runner(t)
	whole, err := r.Run(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	want := shape(t, whole)
	if twins := strings.Count(strings.Join(want, "\n"), "twin true"); twins == 0 {
		t.Fatalf("the plan has no twins: %q", want)
	}
	for _, most := range []int{1, 2, 5} {
		dir := runUntil(t, r, p, most)
		before, err := os.ReadFile(filepath.Join(dir, samples.File))
		if err != nil {
			t.Fatal(err)
		}
		var first Progress
		r.Progress = func(p Progress) {
			if first.Total == 0 {
				first = p
			}
		}
		if err := r.Resume(t.Context(), dir, ""); err != nil {
			t.Fatal(err)
		}
		if got := shape(t, dir); !slices.Equal(got, want) || first.Done != most {
			t.Errorf("interrupted after %d, resumed at %+v: %q\nwant %q", most, first, got, want)
		}
		if after, err := os.ReadFile(filepath.Join(dir, samples.File)); err != nil || !strings.HasPrefix(string(after), string(before)) {
			t.Errorf("interrupted after %d: what was measured has changed, %v", most, err)
		}
	}
}

// replan gives a run another plan, which is whole.
func replan(change func(*record)) func(t *testing.T, dir string, _ *Runner) {
	return func(t *testing.T, dir string, _ *Runner) {
		t.Helper()
		r, _, err := readRecord(dir)
		if err != nil {
			t.Fatal(err)
		}
		change(&r)
		if _, err := r.write(dir); err != nil {
			t.Fatal(err)
		}
	}
}

// No damage makes another plan of a plan, also if there is no sample that knows it.
func TestDamagedPlan(t *testing.T) {
	dir := t.TempDir()
	if _, err := (record{Version: version, Commit: "abc", Plan: complete(t, Plan{})}).write(dir); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, PlanFile))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := readRecord(dir); err != nil {
		t.Fatal(err)
	}
	for at := range data {
		write(t, dir, PlanFile, string(data[:at]))
		if _, _, err := readRecord(dir); err == nil {
			t.Errorf("cut at byte %d, and read", at)
		}
		flipped := slices.Clone(data)
		flipped[at] ^= 1 << (at % 8)
		write(t, dir, PlanFile, string(flipped))
		if _, _, err := readRecord(dir); err == nil {
			t.Errorf("bit %d of byte %d flipped, and read", at%8, at)
		}
	}
}

// The lock is that of the folder around a run, however the run is called.
func TestFolderAround(t *testing.T) {
	out, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	run, link := filepath.Join(out, "run"), filepath.Join(t.TempDir(), "link")
	write(t, filepath.Join(run, "below"), "file", "")
	if err := os.Symlink(run, link); err != nil {
		t.Fatal(err)
	}
	t.Chdir(filepath.Join(run, "below"))
	for _, dir := range []string{run, run + "/", "..", "../", link, link + "/."} {
		if got, err := folderAround(dir); err != nil || got != out {
			t.Errorf("%s is in %s, %v, want %s", dir, got, err, out)
		}
	}
}

// What a run has waited before counts once for each sample.
func TestWaited(t *testing.T) {
	var run samples.Run
	for _, cell := range []string{"Throughput/level=serial", "Latency/level=serial", "Load/level=serial/mode=closed", "Load/level=serial/mode=open/load=50"} {
		run.Journal.Entries = append(run.Journal.Entries, samples.Entry{Cell: cell, Waited: 1.5})
	}
	p := complete(t, Plan{Axes: []Axes{{Kinds: []string{"table", "load"}}}})
	if got := waited(&run, p); got != 3*time.Second {
		t.Errorf("waited %v, want 3s", got)
	}
}

func TestResumeRefuses(t *testing.T) {
	r, p := runner(t)
	dir := runUntil(t, r, p, 1)
	other := *r.Binary
	other.Hash = strings.Repeat("0", 64)
	edit := func(file, old, new string) func(t *testing.T, dir string, _ *Runner) {
		return func(t *testing.T, dir string, _ *Runner) {
			text, err := os.ReadFile(filepath.Join(dir, file))
			if err != nil || !strings.Contains(string(text), old) {
				t.Fatalf("no %q in %s, %v", old, file, err)
			}
			write(t, dir, file, strings.Replace(string(text), old, new, 1))
		}
	}
	for _, test := range []struct {
		name, want string
		change     func(t *testing.T, dir string, r *Runner)
	}{
		{"no plan", "is no run that can be resumed: it has no plan.json", func(t *testing.T, dir string, _ *Runner) { os.Remove(filepath.Join(dir, PlanFile)) }},
		{"damaged plan", "plan.json:2: not a plan: ", edit(PlanFile, "{", "[")},
		{"later version", "plan.json: version 3 of the format, this program knows 2", edit(PlanFile, `"Version": 2`, `"Version": 3`)},
		{"changed plan", "plan.json: its sum does not fit: the file was changed or damaged", edit(PlanFile, `"Rounds": 3`, `"Rounds": 4`)},
		{"another plan", `its plan was "`, replan(func(r *record) { r.Plan.Embedded = true })},
		{"another seed", `its seed was "4" and is "5" here`, replan(func(r *record) { r.Plan.Seed = 5 })},
		{"another binary", "its binary was ", func(_ *testing.T, _ string, r *Runner) { r.Binary = &other }},
		{"another commit", "is a run of commit abc, and the tree is at unknown: check out abc to resume it", func(t *testing.T, _ string, r *Runner) { r.Binary, r.Root = nil, t.TempDir() }},
		{"damaged samples", "the file was changed or damaged", edit(samples.File, "seed: 4", "seed: 5")},
		{"another corpus", "its corpus was ", func(t *testing.T, _ string, _ *Runner) { write(t, p.Corpus, "page2", "more text") }},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, copied := r, filepath.Join(t.TempDir(), "run")
			if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
			test.change(t, copied, &r)
			err := r.Resume(t.Context(), copied, "")
			var environment EnvironmentError
			if !errors.As(err, &environment) || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("err = %v, want %q", err, test.want)
			}
		})
	}
}

func TestResumeOfWhatIsComplete(t *testing.T) {
	r, p := runner(t)
	p.Rounds = 1
	dir, err := r.Run(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	before := shape(t, dir)
	if err := r.Resume(t.Context(), dir, ""); err == nil || !strings.Contains(err.Error(), "there is nothing to resume") {
		t.Errorf("err = %v", err)
	}
	if after := shape(t, dir); !slices.Equal(before, after) {
		t.Errorf("the run has changed: %q, was %q", after, before)
	}
}

// A sample that failed is tried once more, and no more than that.
func TestResumeTriesAgain(t *testing.T) {
	r, p := runner(t)
	p.Rounds, p.Seed = 1, 0
	p.Axes[0].Levels = []string{"serial"}
	good := r.Binary.Path
	broken := filepath.Join(t.TempDir(), "broken")
	r.Binary.Path = write(t, t.TempDir(), "bench", "#!/bin/sh\ntest -e "+broken+" && exit 7\nexec "+good+" \"$@\"\n")
	if err := os.Chmod(r.Binary.Path, 0o755); err != nil {
		t.Fatal(err)
	}
	fail := func() string { // a run of which all samples failed, and which was killed before its end
		write(t, filepath.Dir(broken), "broken", "")
		dir, err := r.Run(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		unend(t, dir)
		return dir
	}
	healed, hopeless := fail(), fail()
	if err := r.Resume(t.Context(), hopeless, ""); err != nil {
		t.Error(err)
	}
	unend(t, hopeless)
	os.Remove(broken)
	if err := r.Resume(t.Context(), healed, ""); err != nil {
		t.Error(err)
	}
	for _, line := range shape(t, healed) {
		if strings.Contains(line, "failed") {
			t.Errorf("tried again, with success: %s", line)
		}
	}
	if err := r.Resume(t.Context(), hopeless, ""); err != nil {
		t.Error(err)
	}
	if got := shape(t, hopeless); len(got) != 3 || !strings.Contains(got[0], "failed in round 1: the benchmark failed") {
		t.Errorf("failed twice, so it should stay: %q", got)
	}
}

// unend takes the end off both files of a run.
func unend(t *testing.T, dir string) {
	t.Helper()
	for file, end := range map[string]string{samples.File: "# end ", samples.JournalFile: `{"ok":true,"end"`} {
		text, err := os.ReadFile(filepath.Join(dir, file))
		at := strings.LastIndex(string(text), end)
		if err != nil || at < 0 {
			t.Fatalf("no end in %s, %v", file, err)
		}
		write(t, dir, file, string(text[:at]))
	}
}

// While one measures, nobody else may: not anew, and not the same run.
func TestOneAtATime(t *testing.T) {
	r, p := runner(t)
	dir := runUntil(t, r, p, 1)
	l, err := lock.Take(r.Out)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	_, err = r.Run(t.Context(), p)
	for _, err := range []error{err, r.Resume(t.Context(), dir, "")} {
		var environment EnvironmentError
		if !errors.As(err, &environment) || !strings.Contains(err.Error(), "another run is writing here (pid ") {
			t.Errorf("err = %v", err)
		}
	}
}
