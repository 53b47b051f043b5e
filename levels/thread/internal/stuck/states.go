package stuck

import (
	"runtime"
	"strconv"
	"strings"
)

// States are what all goroutines do, by their numbers: running, sleep, chan send,
// sync.Mutex.Lock and so on, in the runtime's words. It stops the world for a moment.
func States() map[int]string {
	trace := make([]byte, 1<<16)
	n := runtime.Stack(trace, true)
	for n == len(trace) { // there is more
		trace = make([]byte, 2*n)
		n = runtime.Stack(trace, true)
	}
	states := map[int]string{}
	for block := range strings.SplitSeq(string(trace[:n]), "\n\n") {
		if id, state := head(block); state != "" {
			states[id] = state
		}
	}
	return states
}

// ID is the number of the goroutine that asks.
func ID() int {
	trace := make([]byte, 64)
	id, _ := head(string(trace[:runtime.Stack(trace, false)]))
	return id
}

// head reads how a goroutine's trace begins: goroutine 7 [chan send, 2 minutes]:
func head(trace string) (id int, state string) {
	number, rest, found := strings.Cut(strings.TrimPrefix(trace, "goroutine "), " [")
	id, err := strconv.Atoi(number)
	end := strings.IndexAny(rest, ",(]")
	if !found || err != nil || end < 0 {
		return 0, ""
	}
	return id, strings.TrimSpace(rest[:end])
}
