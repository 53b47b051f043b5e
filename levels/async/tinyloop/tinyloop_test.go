package tinyloop_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fourlevels/fourlevels/levels/async/tinyloop"
)

// Callbacks come when they are due, whatever they were asked for before.
func TestAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var order []int
		start := time.Now()
		tinyloop.Run(func(l *tinyloop.Loop) {
			for _, i := range []int{3, 1, 2} {
				l.After(time.Duration(i)*time.Second, func() {
					order = append(order, i)
					if i == 3 {
						l.After(time.Second, func() { order = append(order, 4) })
					}
				})
			}
		})
		if took := time.Since(start); !slices.Equal(order, []int{1, 2, 3, 4}) || took != 4*time.Second {
			t.Errorf("order %v, in %v", order, took)
		}
	})
}

// What another does holds nobody up, and what the loop does holds up all.
func TestExecute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var late [2]time.Duration
		for i, where := range []func(l *tinyloop.Loop, work func()){
			func(_ *tinyloop.Loop, work func()) { work() },
			func(l *tinyloop.Loop, work func()) { l.Execute(work, func() {}) },
		} {
			start := time.Now()
			tinyloop.Run(func(l *tinyloop.Loop) {
				l.After(time.Second, func() { late[i] = time.Since(start) - time.Second })
				where(l, func() { time.Sleep(10 * time.Second) })
			})
		}
		if late != [2]time.Duration{9 * time.Second, 0} {
			t.Errorf("late by %v", late)
		}
	})
}

func TestRunOfNothing(t *testing.T) {
	tinyloop.Run(func(*tinyloop.Loop) {})
}
