package wire_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/internal/wire"
)

var tasks = []levels.Task{
	{Func: "echo", Input: []byte("one")},
	{Func: "echo", Input: []byte{}},
	{Func: "", Input: []byte("nobody")},
	{Func: "words", Input: bytes.Repeat([]byte("x"), 3<<20)},
}

func TestTasksRoundTrip(t *testing.T) {
	var pipe bytes.Buffer
	if err := wire.NewWriter(&pipe).Tasks(tasks); err != nil {
		t.Fatal(err)
	}
	r := wire.NewReader(&pipe)
	got, err := r.Tasks()
	if err != nil || !reflect.DeepEqual(got, tasks) {
		t.Errorf("err %v, or the tasks differ", err)
	}
	if _, err := r.Tasks(); err != io.EOF {
		t.Errorf("after the last frame: %v, want EOF", err)
	}
}

func TestResultsRoundTrip(t *testing.T) {
	var pipe bytes.Buffer
	gone := errors.Join(levels.ErrLost, errors.New("exit status 3"))
	err := wire.NewWriter(&pipe).Results([]levels.Result{{Output: []byte("fine")}, {Err: errors.New("broken")}, {Err: gone}})
	if err != nil {
		t.Fatal(err)
	}
	got := make([]levels.Result, 3)
	if err := all(wire.NewReader(&pipe), got); err != nil {
		t.Fatal(err)
	}
	if string(got[0].Output) != "fine" || got[0].Err != nil {
		t.Errorf("output: %+v", got[0])
	}
	if got[1].Err == nil || got[1].Err.Error() != "broken" || errors.Is(got[1].Err, levels.ErrLost) {
		t.Errorf("failure: %v", got[1].Err)
	}
	if !errors.Is(got[2].Err, levels.ErrLost) || got[2].Err.Error() != gone.Error() {
		t.Errorf("lost: %v", got[2].Err)
	}
}

// all reads frames until dst is full.
func all(r *wire.Reader, dst []levels.Result) error {
	for len(dst) > 0 {
		n, err := r.Results(dst)
		if err != nil {
			return err
		}
		dst = dst[n:]
	}
	return nil
}

// A will has no results, and those of a frame may be fewer than are awaited, not more.
func TestWill(t *testing.T) {
	var pipe bytes.Buffer
	w, r := wire.NewWriter(&pipe), wire.NewReader(&pipe)
	late := fmt.Errorf("too slow: %w", context.DeadlineExceeded)
	if err := errors.Join(w.Will(), w.Results([]levels.Result{{Err: late}}), w.Results(make([]levels.Result, 3))); err != nil {
		t.Fatal(err)
	}
	got := make([]levels.Result, 2)
	if n, err := r.Results(got); n != 0 || err != nil {
		t.Errorf("a will is %d results, %v", n, err)
	}
	if n, err := r.Results(got); n != 1 || err != nil || !errors.Is(got[0].Err, context.DeadlineExceeded) || got[0].Err.Error() != late.Error() {
		t.Errorf("%d results, %v: %v", n, err, got[0].Err)
	}
	if n, err := r.Results(got); err == nil {
		t.Errorf("three results fit into %d", n)
	}
}

// Appending to one field must not write into its neighbour.
func TestFieldsDoNotShareCapacity(t *testing.T) {
	got, err := wire.Tasks(wire.AppendTasks(nil, tasks[:2]))
	if err != nil {
		t.Fatal(err)
	}
	_ = append(got[0].Input, "overwrites"...)
	if got[1].Func != "echo" || len(got[1].Input) != 0 {
		t.Errorf("the neighbour is now %+v", got[1])
	}
}

func TestEveryCutIsAnError(t *testing.T) {
	whole := wire.AppendTasks(nil, tasks[:3])
	for n := range whole {
		if _, err := wire.Tasks(whole[:n]); err == nil {
			t.Errorf("%d of %d bytes were accepted as tasks", n, len(whole))
		}
	}
	whole = wire.AppendResults(nil, []levels.Result{{Output: []byte("a")}, {Err: io.EOF}})
	for n := range whole {
		if err := wire.Results(whole[:n], make([]levels.Result, 2)); err == nil {
			t.Errorf("%d of %d bytes were accepted as results", n, len(whole))
		}
	}
}

func TestHostileFrames(t *testing.T) {
	for name, frame := range map[string]string{
		"length over the limit": "\xff\xff\xff\xff",
		"long claim, no bytes":  "\x03\xff\xff\xff",
		"count without entries": "\x00\x00\x00\x01\x7f",
		"bytes after the end":   "\x00\x00\x00\x02\x00\x00",
	} {
		if _, err := wire.NewReader(strings.NewReader(frame)).Tasks(); err == nil || err == io.EOF {
			t.Errorf("%s: err = %v", name, err)
		}
	}
	if _, err := wire.NewReader(strings.NewReader("")).Results(make([]levels.Result, 1)); err != io.ErrUnexpectedEOF {
		t.Errorf("results that never come: %v", err)
	}
	if err := wire.Results(wire.AppendResults(nil, make([]levels.Result, 2)), make([]levels.Result, 3)); err == nil {
		t.Error("two results were accepted for three tasks")
	}
}

func TestFit(t *testing.T) {
	small := make([]levels.Task, 5)
	if n, err := wire.Fit(small); n != 5 || err != nil {
		t.Errorf("small tasks: %d, %v", n, err)
	}
	large := []levels.Task{{Input: make([]byte, 3<<20)}, {}, {}}
	if n, err := wire.Fit(large); n != 1 || err != nil {
		t.Errorf("a large task first: %d, %v", n, err)
	}
	if _, err := wire.Fit([]levels.Task{{Input: make([]byte, wire.Limit)}}); err == nil {
		t.Error("a task over the limit was accepted")
	}
}

func TestOutputsOverTheLimitBecomeErrors(t *testing.T) {
	half := make([]byte, wire.Limit/2)
	b := wire.AppendResults(nil, []levels.Result{{Output: half}, {Output: half}, {Output: []byte("small")}})
	if len(b) > wire.Limit {
		t.Fatalf("%d bytes", len(b))
	}
	got := make([]levels.Result, 3)
	if err := wire.Results(b, got); err != nil {
		t.Fatal(err)
	}
	if got[0].Err != nil || got[1].Err == nil || string(got[2].Output) != "small" {
		t.Errorf("errors are %v, %v, %v", got[0].Err, got[1].Err, got[2].Err)
	}
}

// On a pipe there is no limit to the results of a batch together.
func TestManyLargeResults(t *testing.T) {
	var pipe bytes.Buffer
	large := bytes.Repeat([]byte("x"), 1<<20)
	sent := make([]levels.Result, 80)
	for i := range sent {
		sent[i].Output = large
	}
	if err := wire.NewWriter(&pipe).Results(sent); err != nil {
		t.Fatal(err)
	}
	got := make([]levels.Result, len(sent))
	if err := all(wire.NewReader(&pipe), got); err != nil {
		t.Fatal(err)
	}
	for i, r := range got {
		if r.Err != nil || !bytes.Equal(r.Output, large) {
			t.Errorf("result %d: %d bytes, %v", i, len(r.Output), r.Err)
		}
	}
}

// A count claims two bytes for each of its entries, and they must be there.
func TestCountClaimsNoMemory(t *testing.T) {
	b := append([]byte{0x80, 0x80, 0x80, 0x20}, make([]byte, 1<<20)...) // 64 Mi tasks in one MiB
	if n := testing.AllocsPerRun(1, func() {
		if _, err := wire.Tasks(b); err == nil {
			t.Error("accepted")
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzTasks(f *testing.F) {
	f.Add(wire.AppendTasks(nil, tasks[:3]))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := wire.Tasks(b)
		if err != nil {
			return
		}
		again, err := wire.Tasks(wire.AppendTasks(nil, got))
		if err != nil || !reflect.DeepEqual(got, again) {
			t.Errorf("tasks change on the way: %v", err)
		}
	})
}
