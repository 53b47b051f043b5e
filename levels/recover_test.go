package levels_test

import (
	"context"
	"errors"
	"io/fs"
	"runtime"
	"strings"
	"testing"

	"github.com/fourlevels/fourlevels/levels"
)

// panics returns a function that has an output and then panics with value.
func panics(value any) levels.Func {
	return func(context.Context, []byte) (output []byte, err error) {
		defer func() { output = []byte("half done") }()
		panic(value)
	}
}

func TestRecover(t *testing.T) {
	for _, c := range []struct {
		f   levels.Func
		err string
	}{
		{panics("out of cheese"), "panic: out of cheese"},
		{panics(42), "panic: 42"},
		{panics(fs.ErrNotExist), "panic: file does not exist"},
		{panics(nil), "panic: panic called with nil argument"},
		{func(_ context.Context, input []byte) ([]byte, error) { return input[3:4], nil }, "panic: runtime error: slice bounds out of range"},
		{nil, "panic: runtime error: invalid memory address"},
	} {
		r := levels.Recover(levels.Funcs{"f": c.f}).Do(t.Context(), levels.Task{Func: "f"})
		var p *levels.PanicError
		if !errors.As(r.Err, &p) || r.Output != nil {
			t.Fatalf("%s: result is %q, %v, want a PanicError and no output", c.err, r.Output, r.Err)
		}
		if !strings.HasPrefix(p.Error(), c.err) {
			t.Errorf("error is %q, want %q", p, c.err)
		}
		if c.f != nil && strings.Count(string(p.Stack), "recover_test.go:") < 2 { // the function, and this one
			t.Errorf("%s: the stack does not lead to the function:\n%s", c.err, p.Stack)
		}
	}
}

// errors.Is sees through a panic to the error it was made of, and to nothing if
// it was not made of one.
func TestRecoverUnwraps(t *testing.T) {
	funcs := levels.Recover(levels.Funcs{"error": panics(fs.ErrNotExist), "text": panics("file does not exist")})
	if r := funcs.Do(t.Context(), levels.Task{Func: "error"}); !errors.Is(r.Err, fs.ErrNotExist) {
		t.Errorf("error is %v, want one that is fs.ErrNotExist", r.Err)
	}
	if r := funcs.Do(t.Context(), levels.Task{Func: "text"}); errors.Unwrap(r.Err) != nil {
		t.Errorf("error %v wraps %v, want nothing", r.Err, errors.Unwrap(r.Err))
	}
}

// What does not panic stays as it is, and so do the functions that were given.
func TestRecoverChangesNothingElse(t *testing.T) {
	funcs := levels.Funcs{
		"both":  func(_ context.Context, input []byte) ([]byte, error) { return input, errEnough },
		"panic": panics("enough"),
	}
	safe := levels.Recover(funcs)
	if r := safe.Do(t.Context(), levels.Task{Func: "both", Input: []byte("in")}); string(r.Output) != "in" || r.Err != errEnough {
		t.Errorf("result is %q, %v: want what the function returned", r.Output, r.Err)
	}
	if len(safe) != len(funcs) {
		t.Errorf("%d functions became %d", len(funcs), len(safe))
	}
	defer func() {
		if v := recover(); v != "enough" {
			t.Errorf("the function that was given panics with %v, want what it did before", v)
		}
	}()
	funcs.Do(t.Context(), levels.Task{Func: "panic"})
}

// A Func that ends its goroutine has not panicked, and Recover does not keep
// the goroutine alive.
func TestRecoverLetsGoexitGo(t *testing.T) {
	safe := levels.Recover(levels.Funcs{"goexit": func(context.Context, []byte) ([]byte, error) {
		runtime.Goexit()
		return nil, nil
	}})
	ended, returned := make(chan struct{}), false
	go func() {
		defer close(ended)
		safe.Do(t.Context(), levels.Task{Func: "goexit"})
		returned = true
	}()
	if <-ended; returned {
		t.Error("a task that ended its goroutine returned")
	}
}
