package lostupdate

import "runtime"

// A Count is a number that is read and written in two steps, like a row of a database.
type Count struct{ n, goroutines int }

// Read returns the number, and then lets another goroutine run. By itself that happens
// just there once in millions of times: too rarely to be seen, too often to be right.
func (c *Count) Read() int {
	n := c.n
	c.goroutines = max(c.goroutines, runtime.NumGoroutine())
	runtime.Gosched()
	return n
}

// Write replaces the number.
func (c *Count) Write(n int) { c.n = n }

// Goroutines is how many the program had when the number was read, at most.
func (c *Count) Goroutines() int { return c.goroutines }
