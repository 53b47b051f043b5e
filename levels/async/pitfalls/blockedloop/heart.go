package blockedloop

import (
	"context"
	"time"

	"github.com/fourlevels/fourlevels/levels/async/tinyloop"
	"github.com/fourlevels/fourlevels/levels/pitfall"
)

const (
	work    = 80 * time.Millisecond // of computing, for a page
	beat    = 10 * time.Millisecond // from one heartbeat to the next
	longest = time.Second           // to wait for an answer that does not come
)

// render computes for a while, and has a page.
func render(page string) string {
	for start := time.Now(); time.Since(start) < work; {
		pitfall.Spin(10_000)
	}
	return "<h1>" + page + "</h1>"
}

// wait is what an idle server does instead of answering.
func wait(l *tinyloop.Loop, answered func(string)) { l.After(3*beat, func() { answered("") }) }

// silence runs a server with a heart, which is asked for a page, and returns the longest
// time from one heartbeat to the next.
func silence(serve func(l *tinyloop.Loop, answered func(string))) (worst time.Duration) {
	tinyloop.Run(func(l *tinyloop.Loop) {
		over := false
		l.After(beat/2, func() { serve(l, func(string) { over = true }) })
		start, last := time.Now(), time.Now()
		var heart func()
		heart = func() {
			worst = max(worst, time.Since(last))
			last = time.Now()
			if !over && time.Since(start) < longest {
				l.After(beat, heart)
			}
		}
		l.After(beat, heart)
	})
	return worst
}

// Observe runs a way to answer requests.
func Observe(answer func(l *tinyloop.Loop, page string, render func(string) string, answer func(string))) pitfall.Variant {
	return func(context.Context) (pitfall.Seen, error) {
		right, wrong := 0, 0
		worst := silence(func(l *tinyloop.Loop, answered func(string)) {
			answer(l, "home", render, func(html string) {
				if html == "<h1>home</h1>" {
					right++
				} else {
					wrong++
				}
				answered(html)
			})
		})
		return pitfall.Seen{Took: worst, Outcomes: []pitfall.Outcome{
			{What: "request answered", Verdict: pitfall.Expected, Count: right},
			{What: "request answered wrongly or never", Verdict: pitfall.Forbidden, Count: wrong + max(0, 1-right-wrong)},
		}}, nil
	}
}
