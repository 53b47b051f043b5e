package stuck

import (
	"sync"
	"testing"
	"time"
)

func TestRunWaitsForThoseThatTakeTheirTime(t *testing.T) {
	var mu sync.Mutex
	if left := New(4).Run(t.Context(), func(int) {
		mu.Lock()
		defer mu.Unlock()
		time.Sleep(5 * time.Millisecond)
	}); left != 0 {
		t.Errorf("%d are left, but all return", left)
	}
}

func TestRunFindsThoseThatWaitForALock(t *testing.T) {
	var mu sync.RWMutex
	mu.Lock()
	returned := make(chan struct{}, 4)
	left := New(4).Run(t.Context(), func(i int) {
		switch i {
		case 0:
		case 1:
			mu.Lock()
			mu.Unlock()
		default:
			mu.RLock()
			mu.RUnlock()
		}
		returned <- struct{}{}
	})
	if left != 3 {
		t.Errorf("%d are left, not 3", left)
	}
	mu.Unlock()
	for range 4 {
		<-returned
	}
}

func TestIdleSeesWhoMayStillDoSomething(t *testing.T) {
	callers, hold, seen := New(3), make(chan struct{}), make(chan bool, 2)
	callers.Run(t.Context(), func(i int) {
		switch i {
		case 0:
			<-hold
		case 1:
			time.Sleep(50 * time.Millisecond)
		default:
			seen <- callers.Idle() // 1 sleeps, or has not come to it yet
			for !callers.Idle() {
				time.Sleep(time.Millisecond)
			}
			seen <- true
			close(hold)
		}
	})
	if first, second := <-seen, <-seen; first || !second {
		t.Errorf("idle: %v, then %v; want false, then true", first, second)
	}
}

func TestStatesAreThoseOfTheRuntime(t *testing.T) {
	for trace, want := range map[string]string{
		"goroutine 7 [chan send, 2 minutes]:\nmain.main()":             "chan send",
		"goroutine 7 [select (durable), synctest bubble 1]:\nmain.f()": "select",
		"goroutine 7 [running]:":                                       "running",
		"goroutine x [running]:":                                       "",
		"":                                                             "",
		"goroutine 7 [runn":                                            "",
	} {
		id, state := head(trace)
		if state != want || want != "" && id != 7 {
			t.Errorf("head(%q) = %d, %q; want %q", trace, id, state, want)
		}
	}
	if states := States(); states[ID()] != "running" {
		t.Errorf("this goroutine, %d, is %q", ID(), states[ID()])
	}
	blocked, done := make(chan int), make(chan struct{})
	for range 500 { // more than fits into one page of text
		go func() { blocked <- 1; done <- struct{}{} }()
	}
	count := func() (n int) {
		for _, state := range States() {
			if state == "chan send" {
				n++
			}
		}
		return n
	}
	for count() < 500 {
		time.Sleep(time.Millisecond)
	}
	for range 500 {
		<-blocked
		<-done
	}
}
