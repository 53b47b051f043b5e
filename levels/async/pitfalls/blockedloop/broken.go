package blockedloop

import "github.com/fourlevels/fourlevels/levels/async/tinyloop"

// broken answers a request for a page; the loop calls it.
func broken(l *tinyloop.Loop, page string, render func(string) string, answer func(string)) {
	answer(render(page)) // WRONG: for 80 ms the loop hears nobody else
}
