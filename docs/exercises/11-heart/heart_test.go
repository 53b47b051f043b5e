package heart

import (
	"fmt"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/async/pitfalls/blockedloop"
	"github.com/fourlevels/fourlevels/levels/async/tinyloop"
	"github.com/fourlevels/fourlevels/levels/pitfall/grade"
)

func TestMain(m *testing.M) { grade.Main(m, blockedloop.Pitfall) }

const (
	requests = 4
	beat     = time.Second
)

// render takes minutes, which are virtual.
func render(page string) string {
	time.Sleep(3 * time.Minute)
	return "<h1>" + page + "</h1>"
}

// Each request gets its own page, once, and on the loop.
func TestPages(t *testing.T) {
	grade.Virtual(t, func(t *testing.T) {
		var answers [requests][]string
		elsewhere := false
		tinyloop.Run(func(l *tinyloop.Loop) {
			for i := range requests {
				Answer(l, fmt.Sprint("page ", i), render, func(html string) {
					answers[i] = append(answers[i], html)
					elsewhere = elsewhere || !strings.Contains(string(debug.Stack()), "tinyloop.Run(")
				})
			}
		})
		if elsewhere {
			grade.NotYet(t, "answer was called on another goroutine than the loop's")
		}
		for i, got := range answers {
			switch want := fmt.Sprintf("<h1>page %d</h1>", i); {
			case len(got) == 0:
				grade.NotYet(t, "the loop has ended, and request %d has no answer", i)
			case len(got) > 1:
				grade.NotYet(t, "request %d was answered %d times", i, len(got))
			case got[0] != want:
				grade.NotYet(t, "request %d got %q, not %q", i, got[0], want)
			}
		}
	})
}

// While pages are made, the heart beats on time: in virtual time, exactly.
func TestHeart(t *testing.T) {
	grade.Virtual(t, func(t *testing.T) {
		var still time.Duration
		start := time.Now()
		tinyloop.Run(func(l *tinyloop.Loop) {
			left, last := requests, start
			var heart func()
			heart = func() {
				still = max(still, time.Since(last))
				last = time.Now()
				if left > 0 && time.Since(start) < time.Hour {
					l.After(beat, heart)
				}
			}
			l.After(beat, heart)
			for i := range requests {
				l.After(beat/2, func() {
					Answer(l, fmt.Sprint("page ", i), render, func(string) { left-- })
				})
			}
		})
		if still > beat {
			grade.NotYet(t, "while pages were made, the heart stood still for %v", still)
		}
		if took := time.Since(start); took > 4*time.Minute {
			grade.NotYet(t, "%d pages of 3 minutes each took %v: they wait for each other", requests, took)
		}
	})
}

// The pitfall's own proof, with real computing.
func TestSilence(t *testing.T) {
	grade.Judge(t, blockedloop.Pitfall, blockedloop.Observe(Answer))
}
