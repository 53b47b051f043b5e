//go:build unix

package bench

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/bench/report"
	"github.com/fourlevels/fourlevels/bench/samples"
)

var kills = flag.Int("kills", 6, "how often TestKill kills a harness")

// The test binary is also the harness that is killed. It is told so by its
// environment, which its children do not get.
const harnessEnv = "BENCH_TEST_HARNESS"

func init() {
	if told := os.Getenv(harnessEnv); told != "" {
		os.Exit(harness(strings.Split(told, "\n")))
	}
}

// harness begins a run in a folder, or goes on with the one that is there.
func harness(told []string) int {
	out, corpus := told[0], told[1]
	r, err := selfRunner(out)
	if err == nil {
		if runs, _ := filepath.Glob(filepath.Join(out, "2*", PlanFile)); len(runs) > 0 {
			err = r.Resume(context.Background(), filepath.Dir(runs[0]), "")
		} else {
			plan := tinyPlan(corpus)
			plan.Axes[0].Levels = append(plan.Axes[0].Levels, "process", "machine/rpc") // which have processes of their own
			_, err = r.Run(context.Background(), plan)
		}
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// startHarness starts a harness as a process of its own.
func startHarness(t *testing.T, out, corpus string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	said := &bytes.Buffer{}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), harnessEnv+"="+out+"\n"+corpus, "TMPDIR="+corpus+"-tmp")
	cmd.Stdout, cmd.Stderr = said, said
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, said
}

// finish lets a harness run to its end, if it did not get there. It returns whether one
// had to.
func finish(t *testing.T, out, corpus string) bool {
	t.Helper()
	if text, _ := sealed(t, out); strings.Contains(text, "\n# end ") {
		return false
	}
	cmd, said := startHarness(t, out, corpus)
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	return true
}

// A harness that is killed loses the sample that it was measuring, and nothing else:
// resumed, its run is like one that nobody disturbed.
func TestKill(t *testing.T) {
	corpus := filepath.Join(t.TempDir(), "corpus")
	write(t, corpus, "page", "text of a page")
	if err := os.Mkdir(corpus+"-tmp", 0o777); err != nil {
		t.Fatal(err)
	}
	out, begun := t.TempDir(), time.Now()
	finish(t, out, corpus)
	took, want := time.Since(begun), shape(t, theRun(t, out))
	runs, recovered, midway, killed := 0, 0, 0, 0
	for seed := uint64(0); runs < *kills && seed < uint64(2**kills); seed++ {
		k := killAndResume(t, rand.New(rand.NewPCG(seed, 1)), corpus, took, want)
		if k.killed == 0 { // it was quicker: that proves nothing
			continue
		}
		runs, killed = runs+1, killed+k.killed
		recovered += count(k.ok)
		midway += count(k.midway)
	}
	t.Logf("%d of %d runs that were killed, %d times in all, were completed by resuming; %d had some of their samples at the first kill", recovered, runs, killed, midway)
	if runs != *kills || recovered != runs || midway == 0 {
		t.Errorf("%d runs killed, want %d; %d recovered, %d midway", runs, *kills, recovered, midway)
	}
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// An ordeal is what became of a run whose harness was killed.
type ordeal struct {
	killed int  // how often, while it ran
	midway bool // it had some samples at the first kill
	ok     bool // nothing is wrong with it
}

// killAndResume kills a harness at some moment, up to three times, and completes the
// run.
func killAndResume(t *testing.T, r *rand.Rand, corpus string, took time.Duration, want []string) ordeal {
	t.Helper()
	out := t.TempDir()
	k := ordeal{ok: true}
	var was string // what was sealed
	for i := range 1 + r.IntN(3) {
		cmd, _ := startHarness(t, out, corpus)
		moment(t, r, out, took, len(want))
		cmd.Process.Kill()                               // by its handle, which knows if it has ended
		if cmd.Wait(); cmd.ProcessState.ExitCode() < 0 { // ended by a signal
			k.killed++
		}
		now, noted := sealed(t, out)
		if n := strings.Count(now, "\n# sample "); !strings.HasPrefix(now, was) || n < noted {
			t.Errorf("a kill took away what was there: %d samples, %d were noted", n, noted)
			k.ok = false
		}
		if was = now; strings.Contains(now, "\n# end ") {
			break // it was quicker
		}
		k.midway = k.midway || i == 0 && now != ""
	}
	resumed := finish(t, out, corpus)
	if _, err := os.Stat(filepath.Join(out, ".tmp")); resumed && !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("temporary files stay behind: %v", err)
		k.ok = false
	}
	dir := theRun(t, out)
	if got := shape(t, dir); !slices.Equal(got, want) {
		t.Errorf("resumed, a run is %q\nwant %q", got, want)
		k.ok = false
	}
	if now, _ := sealed(t, out); !strings.HasPrefix(now, was) {
		t.Error("the resumed run has other samples than before")
		k.ok = false
	}
	if run, err := report.Open(dir); err != nil || run.Partial != "" || len(run.Tables) != 1 {
		t.Errorf("report: %+v, %v", run, err)
		k.ok = false
	}
	nothingLives(t, corpus)
	return k
}

// moment waits for a moment of a run: one of its start, or one after some more of its
// samples.
func moment(t *testing.T, r *rand.Rand, out string, took time.Duration, samples int) {
	t.Helper()
	_, before := sealed(t, out)
	if more := r.IntN(samples / 2); more > 0 {
		for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(time.Millisecond) {
			if text, noted := sealed(t, out); noted >= before+more || strings.Contains(text, "\n# end ") {
				break
			}
		}
		took /= time.Duration(samples)
	}
	time.Sleep(time.Duration(r.Int64N(int64(took)))) // what is tried is the moment
}

// sealed is the part of a run's samples that has its seals, and how many samples the
// journal has.
func sealed(t *testing.T, out string) (text string, noted int) {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(out, "2*", samples.File))
	if len(files) == 0 {
		return "", 0
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	journal, err := os.ReadFile(filepath.Join(filepath.Dir(files[0]), samples.JournalFile))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(journal)) {
		if strings.Contains(line, `"cell":"Latency/`) && strings.HasSuffix(line, "}\n") {
			noted++ // each sample has one
		}
	}
	text = string(data)
	at := strings.LastIndex(text, "\n# ")
	if at < 0 {
		return "", noted
	}
	end := strings.IndexByte(text[at+1:], '\n')
	if end < 0 { // the seal itself was not finished
		at = strings.LastIndex(text[:at], "\n# ")
		if at < 0 {
			return "", noted
		}
		end = strings.IndexByte(text[at+1:], '\n')
	}
	return text[:at+1+end+1], noted
}

// nothingLives wants all processes of a harness, which have its folder for temporary
// files beside the corpus, to be gone soon after it. Where there is no /proc, nobody can
// tell.
func nothingLives(t *testing.T, corpus string) {
	t.Helper()
	await(t, func() bool {
		files, _ := filepath.Glob("/proc/[0-9]*/environ")
		return !slices.ContainsFunc(files, func(file string) bool {
			text, _ := os.ReadFile(file) // it may be gone, or not ours
			return strings.Contains(string(text), corpus+"-tmp")
		})
	})
}
