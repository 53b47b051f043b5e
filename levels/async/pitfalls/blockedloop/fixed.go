package blockedloop

import "github.com/fourlevels/fourlevels/levels/async/tinyloop"

// fixed has the page rendered by an executor, and answers when the loop is told.
func fixed(l *tinyloop.Loop, page string, render func(string) string, answer func(string)) {
	var html string
	l.Execute(
		func() { html = render(page) },
		func() { answer(html) },
	)
}
