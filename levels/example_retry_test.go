package levels_test

import (
	"context"
	"fmt"

	"github.com/fourlevels/fourlevels/levels"
)

// A level may stand around another. This one puts up with workers that go away.
func ExampleRetry() {
	lives := 2
	l := &levels.Retry{Level: &levels.Serial{Funcs: levels.Funcs{
		"work": func(_ context.Context, input []byte) ([]byte, error) {
			if lives--; lives >= 0 {
				return nil, levels.ErrLost
			}
			return input, nil
		},
	}}}
	task := []levels.Task{{Func: "work", Input: []byte("done at last")}}

	for _, r := range l.Run(context.Background(), task) {
		fmt.Println(string(r.Output))
	}
	l.Close()
	for _, r := range l.Run(context.Background(), task) {
		fmt.Println(r.Err)
	}
	// Output:
	// done at last
	// level is closed
}
