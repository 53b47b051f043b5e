package halfcomposed

import "github.com/fourlevels/fourlevels/levels/async/tinyloop"

// fixed waits for sockets and for processes alike: on the loop.
func fixed(l *tinyloop.Loop, fetch Fetch, ask Ask, answer func(string)) {
	fetch(func(page string) {
		var says string
		l.Execute(
			func() { says = ask(page) },
			func() { answer(says) },
		)
	})
}
