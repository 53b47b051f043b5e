package halfcomposed

import "github.com/fourlevels/fourlevels/levels/async/tinyloop"

// broken fetches a page, and asks a worker process what it says.
func broken(l *tinyloop.Loop, fetch Fetch, ask Ask, answer func(string)) {
	fetch(func(page string) {
		answer(ask(page)) // WRONG: the loop waits for one process, and seven have nothing to do
	})
}
