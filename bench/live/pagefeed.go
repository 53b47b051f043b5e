package live

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"time"
)

// pageLog is how many events a browser may be behind, about a minute of a lively show.
const pageLog = 4096

// A feed is what browsers read from. None has a queue of its own: each has a place in a log
// that all share, in which every event is encoded once. Whoever fell out of it gets the
// scene instead, which is shorter than all that led to it.
type feed struct {
	mu    sync.Mutex
	first int      // number of log[0]
	log   [][]byte // the latest events
	stage scenery
	at    time.Duration // of the latest event
	came  time.Time     // and when that was here
	over  bool
	err   error // of the first event that could not be encoded
}

// add takes an event. An event that JSON cannot hold, as a count of NaN, is left out.
func (f *feed) add(e Event) {
	line, err := json.Marshal(e)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.over {
		return
	}
	if err != nil {
		if f.err == nil {
			f.err = fmt.Errorf("page: an event at %v cannot be shown: %w", e.At, err)
		}
		return
	}
	f.at, f.came = e.At, time.Now()
	if !f.stage.add(e, line) {
		return
	}
	f.log = append(f.log, line)
	if more := len(f.log) - pageLog; more >= pageLog {
		f.log = append(make([][]byte, 0, 2*pageLog), f.log[more:]...)
		f.first += more
	}
}

func (f *feed) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.over = true
}

func (f *feed) failure() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// A frame is what a browser is sent at once, as JSON.
type frame struct {
	body []byte
	next int  // the place after it
	news bool // it has more to say than the time
	last bool // nothing will follow
}

// after is the frame for a browser that has seen everything before a place. A place below
// 0 has seen nothing.
func (f *feed) after(place int) frame {
	f.mu.Lock()
	defer f.mu.Unlock()
	next := f.first + len(f.log)
	reset := place < f.first
	var events [][]byte
	if reset {
		events = f.stage.lines()
	} else {
		events = f.log[place-f.first:]
	}
	body := bytes.NewBufferString(`{"reset":` + strconv.FormatBool(reset) + `,"now":` + strconv.FormatInt(int64(f.now()), 10) + `,"events":[`)
	body.Write(bytes.Join(events, []byte(",")))
	body.WriteString("]}")
	return frame{body: body.Bytes(), next: next, news: reset || len(events) > 0, last: f.over}
}

// now is the time on the clock of the show, as far as its events tell. It stops with them.
func (f *feed) now() time.Duration {
	if f.over || f.came.IsZero() {
		return f.at
	}
	return f.at + time.Since(f.came)
}
