package workload_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/workload"
	"github.com/fourlevels/fourlevels/levels/workload/origin"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// poems is a small corpus with what a tokenizer may stumble over.
var poems = map[string]string{
	"one.txt":        "so much depends upon a red wheel barrow\n",
	"deep/two.go":    "func main() { so_much := 1; _ = so_much }\n",
	"deep/three.txt": "naïve Ελλάδα 東京 ٣٤ x2 -- so-much",
	"symbols.txt":    "!!! --- ???",
}

// environment starts an origin of poems and returns what all workloads need.
func environment(t testing.TB) workload.Env {
	c, err := workload.OpenCorpus(folder(t, poems))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(origin.Handler(c))
	t.Cleanup(func() { server.Close(); c.Close() })
	return workload.Env{Origin: server.URL, Corpus: c, Seed: 1}
}

func find(t testing.TB, name string, env workload.Env) workload.Workload {
	t.Helper()
	w, err := workload.Find(name, env)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// size keeps the tasks of a test short.
const size = 100

func TestFuncsAndNamesAgree(t *testing.T) {
	funcs := workload.Funcs()
	if got, want := slices.Sorted(maps.Keys(funcs)), slices.Sorted(slices.Values(append(workload.Names(), "mix"))); !slices.Equal(got, want) {
		t.Errorf("functions %v, workloads %v", got, want)
	}
	delete(funcs, "cpu")
	if len(workload.Funcs()) != len(workload.Names())+1 {
		t.Error("a change to one map of functions is seen in the next")
	}
}

func TestFind(t *testing.T) {
	env := environment(t)
	for _, name := range workload.Names() {
		w := find(t, name, env)
		if w.Name != name || w.Distinct < 1 || !strings.HasSuffix(w.About, ".") {
			t.Errorf("%s: name %q, about %q, %d distinct inputs", name, w.Name, w.About, w.Distinct)
		}
		if w.Waits != (name == "io" || name == "words") {
			t.Errorf("%s: Waits is %v", name, w.Waits)
		}
		if task := w.Task(3, size); task.Func != name || !bytes.Equal(task.Input, w.Input(3, size)) {
			t.Errorf("%s: task 3 is %+v", name, task)
		}
	}
}

func TestFindRefuses(t *testing.T) {
	good := environment(t)
	for _, c := range []struct {
		name   string
		change func(*workload.Env)
		want   []string
	}{
		{"cup", func(*workload.Env) {}, append(workload.Names(), `"cup"`)},
		{"io", func(e *workload.Env) { e.Origin = "" }, []string{"io", "origin"}},
		{"words", func(e *workload.Env) { e.Origin = "" }, []string{"words", "origin"}},
		{"words", func(e *workload.Env) { e.Corpus = nil }, []string{"words", "corpus"}},
		{"io", func(e *workload.Env) { e.Origin = "localhost:80" }, []string{`"localhost:80"`}},
		{"io", func(e *workload.Env) { e.Origin = "http://" }, []string{`"http://"`}},
		{"io", func(e *workload.Env) { e.Origin = "http://a/?b=c" }, []string{`"http://a/?b=c"`}},
		{"io", func(e *workload.Env) { e.Origin = "http://a\n" }, []string{`"http://a\n"`}},
		{"io", func(e *workload.Env) { e.Latency = -1 }, []string{"-1ns"}},
		{"words", func(e *workload.Env) { e.Latency = workload.MaxLatency + 1 }, []string{"10s"}},
	} {
		env := good
		c.change(&env)
		w, err := workload.Find(c.name, env)
		if err == nil || w.Input != nil {
			t.Errorf("%s in %+v was found", c.name, env)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %q, want one line with %q", err, want)
			}
		}
	}
}

func TestInputs(t *testing.T) {
	env := environment(t)
	env.Latency = 1500 * time.Microsecond
	for _, name := range workload.Names() {
		a, b := find(t, name, env), find(t, name, env)
		seen := map[string]bool{}
		for i := range a.Distinct {
			input := a.Input(i, size)
			seen[string(input)] = true
			if !bytes.Equal(input, b.Input(i, size)) || !bytes.Equal(input, a.Input(i+3*a.Distinct, size)) {
				t.Errorf("%s: input %d is not the same bytes each time", name, i)
			}
		}
		if len(seen) != a.Distinct {
			t.Errorf("%s: %d distinct inputs, want %d", name, len(seen), a.Distinct)
		}
		if !bytes.Equal(a.Input(0, 0), a.Input(0, a.Size)) {
			t.Errorf("%s: size 0 is not the default size", name)
		}
		b.Input(0, size)[0]++
		if !bytes.Equal(a.Input(0, size), b.Input(0, size)) {
			t.Errorf("%s: inputs share memory", name)
		}
	}
}

func TestSeedChangesInputs(t *testing.T) {
	env := environment(t)
	for _, name := range []string{"cpu", "bytes", "skew", "words"} {
		same := true
		for seed := range uint64(8) { // of few pages, two seeds may choose the same order
			env.Seed = seed
			one := find(t, name, env)
			env.Seed = seed + 1
			other := find(t, name, env)
			for i := range one.Distinct {
				same = same && bytes.Equal(one.Input(i, size), other.Input(i, size))
			}
		}
		if same {
			t.Errorf("%s: eight seeds, and the same inputs each time", name)
		}
	}
}

func TestSample(t *testing.T) {
	env := environment(t)
	for sample, want := range map[int]int{0: len(poems), -1: len(poems), 3: 3, 99: len(poems)} {
		env.Sample = sample
		w := find(t, "words", env)
		seen := map[string]bool{}
		for i := range 100 {
			seen[string(w.Input(i, 0))] = true
		}
		if w.Distinct != want || len(seen) != want {
			t.Errorf("sample %d: %d distinct inputs, and %d seen, want %d", sample, w.Distinct, len(seen), want)
		}
	}
}

// Every workload runs, is found right, and is found wrong after any change.
func TestEndToEnd(t *testing.T) {
	env := environment(t)
	env.Latency = time.Millisecond
	for _, name := range workload.Names() {
		w := find(t, name, env)
		distinct := min(w.Distinct, 16)
		results := run(w, distinct)
		for i, r := range results {
			if r.Err != nil {
				t.Fatalf("%s: task %d: %v", name, i, r.Err)
			}
		}
		// The first pass computes what is right, the second remembers it.
		for range 2 {
			for i, r := range results {
				input := w.Input(i, size)
				for _, wrong := range wrongs(r.Output, results[(i+1)%distinct].Output) {
					if err := w.Check(input, wrong); err == nil || strings.Contains(err.Error(), "\n") {
						t.Fatalf("%s: output %.40q of task %d instead of %.40q: err = %v", name, wrong, i, r.Output, err)
					}
				}
				if err := w.Check(input, r.Output); err != nil {
					t.Errorf("%s: task %d: %v", name, i, err)
				}
			}
		}
	}
}

func run(w workload.Workload, n int) []levels.Result {
	serial := &levels.Serial{Funcs: workload.Funcs()}
	defer serial.Close()
	tasks := make([]levels.Task, n)
	for i := range tasks {
		tasks[i] = w.Task(i, size)
	}
	return serial.Run(context.Background(), tasks)
}

// wrongs returns outputs that differ from right; another is that of the next task.
func wrongs(right, another []byte) [][]byte {
	list := [][]byte{nil, right[:len(right)-1], append(bytes.Clone(right), 0), append([]byte{0}, right...), another}
	for _, i := range []int{0, len(right) / 2, len(right) - 1} {
		flipped := bytes.Clone(right)
		flipped[i] ^= 1
		list = append(list, flipped)
	}
	return slices.DeleteFunc(list, func(wrong []byte) bool { return bytes.Equal(wrong, right) })
}

func TestChecksRefuseForeignInputs(t *testing.T) {
	env := environment(t)
	for _, name := range []string{"cpu", "skew", "io", "words"} {
		w := find(t, name, env)
		for _, input := range []string{"", "x", "http://a/page/999", "http://a/page/-100", "http://a/wait?i=x", "::"} {
			if err := w.Check([]byte(input), run(w, 1)[0].Output); err == nil {
				t.Errorf("%s: input %q was accepted", name, input)
			}
		}
	}
}

// The outputs of words, merged, are the counts of the whole corpus.
func TestWordsOfAllPages(t *testing.T) {
	w := find(t, "words", environment(t))
	merged, want := workload.Counts{}, workload.Counts{}
	for i, r := range run(w, w.Distinct) {
		var counts workload.Counts
		if err := errors.Join(r.Err, counts.UnmarshalBinary(r.Output)); err != nil {
			t.Fatalf("task %d: %v", i, err)
		}
		merged.Merge(counts)
	}
	for _, text := range poems {
		want.Merge(workload.PlainCount(text))
	}
	if !maps.Equal(merged, want) || merged.Total() != 21 {
		t.Errorf("%d words: %v, want 21: %v", merged.Total(), merged, want)
	}
}

func TestChecksOverlap(t *testing.T) {
	env := environment(t)
	for _, name := range []string{"cpu", "words"} {
		w := find(t, name, env)
		outputs := run(w, w.Distinct)
		var checkers sync.WaitGroup
		for range 8 {
			checkers.Go(func() {
				for i, r := range outputs {
					if err := w.Check(w.Input(i, size), r.Output); err != nil {
						t.Errorf("%s: task %d: %v", name, i, err)
					}
				}
			})
		}
		checkers.Wait()
	}
}

// What was once found right is remembered, and no file is read again for it.
func TestWordsChecksReadOnce(t *testing.T) {
	dir := folder(t, map[string]string{"a": "so much depends"})
	env := workload.Env{Origin: "http://nowhere", Corpus: open(t, dir)}
	w := find(t, "words", env)
	input, right, wrong := w.Input(0, 0), encode(t, workload.Count("so much depends")), encode(t, workload.Count("so much"))
	if err := w.Check(input, right); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "a")); err != nil {
		t.Fatal(err)
	}
	if err := w.Check(input, right); err != nil {
		t.Errorf("the second check: %v", err)
	}
	if err := w.Check(input, wrong); err == nil {
		t.Error("a wrong output was taken for the one that was right")
	}
}

func TestFetchEndsWithCtx(t *testing.T) {
	arrived, left := make(chan struct{}), make(chan struct{})
	stuck := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
		close(left)
	}))
	defer stuck.Close()

	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(context.Background())
	failed := make(chan error)
	go func() {
		_, err := workload.Funcs()["words"](ctx, []byte(stuck.URL))
		failed <- err
	}()
	<-arrived
	cancel(why)
	if err := <-failed; err != why {
		t.Errorf("%v, want the cause of the end", err)
	}
	<-left
}

func TestChecksum(t *testing.T) {
	list := func(outputs ...string) (b [][]byte) {
		for _, output := range outputs {
			b = append(b, []byte(output))
		}
		return b
	}
	seen := map[uint32]int{}
	for i, outputs := range [][][]byte{list(), list(""), list("", ""), list("ab"), list("a", "b"), list("b", "a"), list("ab", ""), list("", "ab")} {
		sum := workload.Checksum(outputs)
		if sum != workload.Checksum(outputs) {
			t.Errorf("%q has two checksums", outputs)
		}
		if before, ok := seen[sum]; ok {
			t.Errorf("lists %d and %d have the same checksum", before, i)
		}
		seen[sum] = i
	}
	// Known, so that two builds of this program agree: the CRC-32C of nine bytes.
	if got := workload.Checksum(list("a")); got != 0x3beae0b5 {
		t.Errorf("checksum is %#x", got)
	}
}

// A task is a name and bytes; the functions need nothing else.
func ExampleFind() {
	cpu, err := workload.Find("cpu", workload.Env{Seed: 2019})
	if err != nil {
		fmt.Println(err)
		return
	}
	level := &levels.Serial{Funcs: workload.Funcs()}
	defer level.Close()

	tasks := make([]levels.Task, cpu.Distinct)
	for i := range tasks {
		tasks[i] = cpu.Task(i, 1000)
	}
	right := 0
	for i, r := range level.Run(context.Background(), tasks) {
		if r.Err == nil && cpu.Check(tasks[i].Input, r.Output) == nil {
			right++
		}
	}
	fmt.Println(right, "of", len(tasks), "are right")
	// Output: 64 of 64 are right
}

func ExampleFind_unknown() {
	_, err := workload.Find("gpu", workload.Env{})
	fmt.Println(err)
	// Output: no workload is called "gpu": choose one of empty, cpu, io, words, bytes, skew
}
