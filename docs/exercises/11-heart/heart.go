// Package heart answers requests on an event loop. This is the only file that you change.
package heart

import "github.com/fourlevels/fourlevels/levels/async/tinyloop"

// Answer answers one request. The loop calls it; render makes the page, which takes its
// time; answer sends it.
//
// Your part: the loop hears everybody else while a page is made.
func Answer(l *tinyloop.Loop, page string, render func(page string) string, answer func(html string)) {
	answer(render(page))
}
