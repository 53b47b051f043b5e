package thread_test

import (
	"fmt"
	"os"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/leveltest"
	"github.com/fourlevels/fourlevels/levels/thread"
)

// slack is for threads of the runtime's own: Go keeps those that idle.
const slack = 10

// After Close the threads are gone, also those that tasks have ended, also in the
// long run.
func TestThreadsGoHome(t *testing.T) {
	each(t, func(t *testing.T, c thread.Config) {
		before := threads(t)
		for range 3 {
			m := newMeeting(crewSize)
			c.Funcs, c.Threads = levels.Recover(faulty(m)), crewSize
			l := open(t, c)
			if !c.Help {
				if n := meet(t, l, m); n < crewSize {
					t.Errorf("with %d tasks at work there are %d threads", crewSize, n)
				}
				for i, r := range l.Run(t.Context(), slices.Repeat([]levels.Task{{Func: "exit"}}, 100)) {
					if r.Err == nil {
						t.Errorf("task %d has ended its goroutine, and has no error", i)
					}
				}
			}
			if err := leveltest.Faults(t.Context(), l, 1, false); err != nil {
				t.Error(err)
			}
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		}
		wait := time.Now().Add(20 * time.Second) // for the system to end them
		for threads(t) > before+slack && time.Now().Before(wait) {
			time.Sleep(time.Millisecond)
		}
		if after := threads(t); after > before+slack {
			t.Errorf("there were %d threads, and after three levels of %d there are %d", before, crewSize, after)
		}
	})
}

// More threads than Go allows are refused, and not the end of the program. As many
// as the message offers are really to be had, and all levels share them.
func TestTooManyThreads(t *testing.T) {
	for _, variant := range thread.Variants {
		output, err := inChild(t, variant, func(variant string) {
			if err := tooMany(t, variant); err != nil {
				fmt.Println(err)
				os.Exit(1)
			}
		})
		if err != nil {
			t.Errorf("%s: %v\n%s", variant, err, output)
		}
	}
}

var refusal = regexp.MustCompile(`^thread: \d+ threads asked for, but the Go runtime allows 100 and \d+ exist or are promised: ask for at most (\d+)$`)

func tooMany(t *testing.T, variant string) error {
	debug.SetMaxThreads(100)
	most, err := offer(variant)
	if err != nil {
		return err
	}
	m := newMeeting(most)
	c := thread.Config{Variant: variant, Threads: most, Funcs: faulty(m)}
	l, err := thread.New(c)
	if err != nil {
		return fmt.Errorf("%d threads were offered: %w", most, err)
	}
	go func() { m.in.Wait(); close(m.over) }() // Run waits for it
	for _, r := range l.Run(t.Context(), slices.Repeat([]levels.Task{{Func: "meet"}}, most)) {
		if r.Err != nil {
			return r.Err
		}
	}
	c.Threads = 10
	if _, err := thread.New(c); err == nil || !refusal.MatchString(err.Error()) {
		return fmt.Errorf("beside %d threads of 100, 10 more: error is %v", most, err)
	}
	l.Close()
	l, err = thread.New(c)
	if err != nil {
		return fmt.Errorf("after Close: %w", err)
	}
	return l.Close()
}

// offer returns how many threads there may be.
func offer(variant string) (int, error) {
	_, err := thread.New(thread.Config{Variant: variant, Threads: 20_000})
	if err == nil {
		return 0, fmt.Errorf("20000 threads were not refused")
	}
	words := refusal.FindStringSubmatch(err.Error())
	if words == nil {
		return 0, fmt.Errorf("the refusal is %q", err)
	}
	most, err := strconv.Atoi(words[1])
	if err == nil && (most < 50 || most > 90) {
		err = fmt.Errorf("of 100 threads %d are offered", most)
	}
	return most, err
}
