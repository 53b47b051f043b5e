package levels_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/fourlevels/fourlevels/levels"
)

type person struct {
	Name string
	Age  int `json:",omitempty"`
}

// typed are functions with types of their own, and one without JSON.
var typed = levels.Funcs{
	"birthday": levels.JSON(func(_ context.Context, p person) (person, error) {
		p.Age++
		return p, nil
	}),
	"root": levels.JSON(func(_ context.Context, x float64) (float64, error) {
		if x < 0 {
			return 0, errNegative
		}
		return math.Sqrt(x), nil
	}),
	"infinite": levels.JSON(func(context.Context, float64) (float64, error) { return math.Inf(1), nil }),
	"noise":    func(context.Context, []byte) ([]byte, error) { return []byte("}{"), nil },
}

var errNegative = errors.New("no root of a negative number")

func TestJSON(t *testing.T) {
	for _, c := range []struct{ name, input, output, err string }{
		{"birthday", `{"Name":"Ada","Age":36}`, `{"Name":"Ada","Age":37}`, ""},
		{"birthday", `null`, `{"Name":"","Age":1}`, ""},
		{"birthday", `{"Age":"old"}`, "", "decode input: json: cannot unmarshal string"},
		{"birthday", ``, "", "decode input: unexpected end"},
		{"birthday", `{} {}`, "", "decode input: invalid character"},
		{"root", `2.25`, `1.5`, ""},
		{"root", `-1`, "", errNegative.Error()},
		{"infinite", `1`, "", "json: unsupported value: +Inf"},
	} {
		r := typed.Do(t.Context(), levels.Task{Func: c.name, Input: []byte(c.input)})
		if string(r.Output) != c.output || (r.Err == nil) != (c.err == "") {
			t.Errorf("%s of %s is %s, %v, want %s, %s", c.name, c.input, r.Output, r.Err, c.output, c.err)
		} else if r.Err != nil && !strings.Contains(r.Err.Error(), c.err) {
			t.Errorf("%s of %s fails: %v, want %s", c.name, c.input, r.Err, c.err)
		}
	}
}

func TestJSONBadInputIsNotWorkedOn(t *testing.T) {
	f := levels.JSON(func(context.Context, int) (int, error) {
		t.Error("the function is called")
		return 0, nil
	})
	if _, err := f(t.Context(), []byte(`"one"`)); err == nil {
		t.Error("input of a wrong type has no error")
	}
}

func TestMap(t *testing.T) {
	l := &levels.Serial{Funcs: typed}
	roots, err := levels.Map[float64, float64](t.Context(), l, "root", []float64{0, 1, 4, 9})
	if want := []float64{0, 1, 2, 3}; err != nil || !slices.Equal(roots, want) {
		t.Errorf("roots are %v, %v, want %v", roots, err, want)
	}
	roots, err = levels.Map[float64, float64](t.Context(), l, "root", nil)
	if err != nil || len(roots) != 0 {
		t.Errorf("no inputs have %d outputs, %v", len(roots), err)
	}
	people, err := levels.Map[person, person](t.Context(), l, "birthday", []person{{"Ada", 36}, {Name: "Zoe"}})
	if want := []person{{"Ada", 37}, {"Zoe", 1}}; err != nil || !slices.Equal(people, want) {
		t.Errorf("people are %v, %v, want %v", people, err, want)
	}
}

// One input that fails leaves the others their outputs.
func TestMapSomeFail(t *testing.T) {
	l := &levels.Serial{Funcs: typed}
	roots, err := levels.Map[float64, float64](t.Context(), l, "root", []float64{4, -1, 9, -2})
	if want := []float64{2, 0, 3, 0}; !slices.Equal(roots, want) {
		t.Errorf("roots are %v, want %v", roots, want)
	}
	if !errors.Is(err, errNegative) || err.Error() != "input 1: "+errNegative.Error()+"\ninput 3: "+errNegative.Error() {
		t.Errorf("error is %v, want inputs 1 and 3", err)
	}
}

func TestMapFails(t *testing.T) {
	l := &levels.Serial{Funcs: typed}
	for _, c := range []struct {
		name  string
		input float64
		err   string
	}{
		{"nobody", 1, `input 0: no function is called "nobody"`},
		{"noise", 1, "decode output 0: invalid character"},
		{"root", math.NaN(), "encode input 0: json: unsupported value: NaN"},
	} {
		_, err := levels.Map[float64, float64](t.Context(), l, c.name, []float64{c.input})
		if err == nil || !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s of %v: error is %v, want %s", c.name, c.input, err, c.err)
		}
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errEnough)
	if _, err := levels.Map[int, int](ctx, l, "root", []int{4}); !errors.Is(err, errEnough) {
		t.Errorf("ctx has ended: error is %v, want its cause", err)
	}
	l.Close()
	if _, err := levels.Map[int, int](t.Context(), l, "root", []int{4}); !errors.Is(err, levels.ErrClosed) {
		t.Errorf("the level is closed: error is %v", err)
	}
}
