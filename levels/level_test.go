package levels_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/leveltest"
)

func TestConformance(t *testing.T) {
	open := func(testing.TB) levels.Level { return &levels.Serial{Funcs: leveltest.Funcs()} }
	leveltest.Suite{Open: open, Inline: true}.Run(t)
}

// A level around a level is a level.
func TestRetryConformance(t *testing.T) {
	open := func(testing.TB) levels.Level {
		return &levels.Retry{Level: &levels.Serial{Funcs: leveltest.Funcs()}, Tries: 3}
	}
	leveltest.Suite{Open: open, Inline: true}.Run(t)
}

var errEnough = errors.New("the caller has had enough")

// Serial starts no task after one of them, here the second, has ended ctx.
func TestSerialStops(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	var ran []string
	l := &levels.Serial{Funcs: levels.Funcs{
		"work": func(_ context.Context, input []byte) ([]byte, error) {
			if ran = append(ran, string(input)); len(ran) == 2 {
				cancel(errEnough)
			}
			return input, nil
		},
	}}
	var tasks []levels.Task
	for _, input := range []string{"a", "b", "c", "d"} {
		tasks = append(tasks, levels.Task{Func: "work", Input: []byte(input)})
	}
	results := l.Run(ctx, tasks)
	if want := []string{"a", "b"}; !slices.Equal(ran, want) {
		t.Errorf("tasks %q ran, want %q", ran, want)
	}
	for i, r := range results {
		if done := i < 2; done != (r.Err == nil) || !done && !errors.Is(r.Err, errEnough) {
			t.Errorf("result %d: error is %v", i, r.Err)
		}
	}
}

func TestDo(t *testing.T) {
	funcs := levels.Funcs{
		"both": func(_ context.Context, input []byte) ([]byte, error) { return input, errEnough },
	}
	r := funcs.Do(t.Context(), levels.Task{Func: "both", Input: []byte("in")})
	if string(r.Output) != "in" || r.Err != errEnough {
		t.Errorf("result is %q, %v: want what the function returned", r.Output, r.Err)
	}

	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errEnough)
	if r := (levels.Funcs{}).Do(ctx, levels.Task{Func: "nobody"}); r.Err != errEnough {
		t.Errorf("ctx has ended: error is %v, want its cause", r.Err)
	}
}

// The name in the error is quoted and cut: it may have come over a network.
func TestDoUnknownFunc(t *testing.T) {
	for name, want := range map[string]string{
		"nobody":                  `"nobody"`,
		"":                        `""`,
		"two\nlines":              `"two\nlines"`,
		strings.Repeat("x", 1000): `"` + strings.Repeat("x", 80) + `"`,
	} {
		r := levels.Funcs(nil).Do(t.Context(), levels.Task{Func: name})
		if r.Err == nil || r.Err.Error() != "no function is called "+want {
			t.Errorf("%.20q: error is %v, want it to name %s", name, r.Err, want)
		}
	}
}
