package levels_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/fourlevels/fourlevels/levels"
)

var upper = levels.Funcs{
	"upper": func(_ context.Context, input []byte) ([]byte, error) { return bytes.ToUpper(input), nil },
}

// A batch may hold a task that fails: each has a result of its own.
func ExampleSerial() {
	l := &levels.Serial{Funcs: upper}
	defer l.Close()

	results := l.Run(context.Background(), []levels.Task{
		{Func: "upper", Input: []byte("machines")},
		{Func: "lower", Input: []byte("PROCESSES")},
		{Func: "upper", Input: []byte("threads")},
	})
	for _, r := range results {
		fmt.Printf("%q %v\n", r.Output, r.Err)
	}
	// Output:
	// "MACHINES" <nil>
	// "" no function is called "lower"
	// "THREADS" <nil>
}

// naturals yields one task after another, and never ends.
func naturals(yield func(levels.Task) bool) {
	for i := 0; yield(levels.Task{Func: "upper", Input: fmt.Appendf(nil, "task %d", i)}); i++ {
	}
}

// Whoever has seen enough leaves the loop. The tasks need not come to an end,
// and the results come as they are done.
func ExampleStream() {
	l := &levels.Serial{Funcs: upper}
	defer l.Close()

	n := 0
	for i, r := range levels.Stream(context.Background(), l, naturals, 10) {
		if string(r.Output) != fmt.Sprint("TASK ", i) {
			fmt.Println("task", i, "went wrong:", r.Err)
		}
		if n++; n == 1000 {
			break
		}
	}
	fmt.Println(n, "tasks done")
	// Output:
	// 1000 tasks done
}

func ExampleInOrder() {
	l := &levels.Serial{Funcs: upper}
	defer l.Close()

	for i, r := range levels.InOrder(levels.Stream(context.Background(), l, naturals, 1)) {
		if i == 3 {
			break
		}
		fmt.Println(i, string(r.Output))
	}
	// Output:
	// 0 TASK 0
	// 1 TASK 1
	// 2 TASK 2
}

// The types are on the outside. What travels are bytes.
func ExampleJSON() {
	type Rectangle struct{ Width, Height int }

	funcs := levels.Funcs{
		"area": levels.JSON(func(_ context.Context, r Rectangle) (int, error) { return r.Width * r.Height, nil }),
	}
	for _, input := range []string{`{"Width": 3, "Height": 4}`, `{"Width": "wide"}`} {
		r := funcs.Do(context.Background(), levels.Task{Func: "area", Input: []byte(input)})
		fmt.Println(string(r.Output), r.Err != nil)
	}
	// Output:
	// 12 false
	//  true
}

func ExampleMap() {
	l := &levels.Serial{Funcs: levels.Funcs{
		"half": levels.JSON(func(_ context.Context, n int) (int, error) {
			if n%2 != 0 {
				return 0, fmt.Errorf("%d is odd", n)
			}
			return n / 2, nil
		}),
	}}
	defer l.Close()

	halves, err := levels.Map[int, int](context.Background(), l, "half", []int{10, 11, 12})
	fmt.Println(halves, err)
	// Output: [5 0 6] input 1: 11 is odd
}

// A panic ends the program, unless it is made the error of its task.
func ExampleRecover() {
	l := &levels.Serial{Funcs: levels.Recover(levels.Funcs{
		"fifth": func(_ context.Context, input []byte) ([]byte, error) { return input[4:5], nil },
	})}
	defer l.Close()

	results := l.Run(context.Background(), []levels.Task{
		{Func: "fifth", Input: []byte("four")},
		{Func: "fifth", Input: []byte("levels")},
	})
	for _, r := range results {
		fmt.Printf("%q %v\n", r.Output, r.Err)
	}
	var p *levels.PanicError
	if errors.As(results[0].Err, &p) {
		fmt.Println("there is a stack:", len(p.Stack) > 0)
	}
	// Output:
	// "" panic: runtime error: slice bounds out of range [:5] with capacity 4
	// "l" <nil>
	// there is a stack: true
}
