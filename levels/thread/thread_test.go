package thread_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/leveltest"
	"github.com/fourlevels/fourlevels/levels/thread"
)

// open returns a level, or ends the test.
func open(tb testing.TB, c thread.Config) levels.Level {
	tb.Helper()
	l, err := thread.New(c)
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

// each runs a subtest for each variant, with help and without.
func each(t *testing.T, test func(t *testing.T, c thread.Config)) {
	for _, variant := range thread.Variants {
		for _, help := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/help=%v", variant, help), func(t *testing.T) {
				test(t, thread.Config{Variant: variant, Help: help})
			})
		}
	}
}

func TestConformance(t *testing.T) {
	each(t, func(t *testing.T, c thread.Config) {
		c.Funcs = leveltest.Funcs()
		leveltest.Suite{Inline: c.Help, Patience: 5 * time.Minute, Open: func(tb testing.TB) levels.Level { return open(tb, c) }}.Run(t)
	})
}

func TestUnknownVariant(t *testing.T) {
	_, err := thread.New(thread.Config{Variant: "fibre"})
	if err == nil || !strings.Contains(err.Error(), `thread: variant "fibre" is unknown: have ["crew" "channel" "per-task"]`) {
		t.Errorf("error is %v", err)
	}
}
