package python

import "testing"

// WithScript adds to what interpreters run, until the test ends.
func WithScript(tb testing.TB, text string) {
	before := script
	script += text
	tb.Cleanup(func() { script = before })
}

// Pid is the process id of the level's interpreter.
func Pid(l any) int {
	v := l.(*level)
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.now.p.Pid()
}
