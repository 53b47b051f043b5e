package overload

import (
	"fmt"
	"io"
	"time"
)

// A Row is what became of one level.
type Row struct {
	Level  string        `json:"level"`
	Store  string        `json:"store,omitempty"`
	AtOnce int           `json:"at_once"`
	For    time.Duration `json:"for"`
	Times  int           `json:"times"`
	Tries  int           `json:"tries"` // this one, and those before that came back late

	Rate      float64       `json:"rate"`      // tasks a second that the level can do
	Took      time.Duration `json:"took"`      // the storm
	Attempted int64         `json:"attempted"` // calls of the storm, each of one task
	Done      int64         `json:"done"`      // that had their result before it was over

	OK         int64  `json:"ok"`         // that had it at last
	Refused    int64  `json:"refused"`    // with levels.ErrFull
	Failed     int64  `json:"failed"`     // with another error
	Unanswered int64  `json:"unanswered"` // that were given up
	Example    string `json:"example,omitempty"`

	Deepest int           `json:"deepest"`        // that anything was seen to wait
	Cap     int           `json:"cap"`            // that it may be
	Steady  int64         `json:"steady_bytes"`   // the most memory before the storm; 0 if nobody knows
	Peak    int64         `json:"peak_bytes"`     // in it, and after
	Back    time.Duration `json:"back,omitempty"` // until the throughput was back; 0 means never
}

const (
	enough = 0.95 // of the throughput before is as much as before

	soon = 2 * time.Second // is when it should be back

	spare = 64 << 20 // bytes beyond twice the steady memory
)

// Broken is what must not be on any machine, however busy.
func (r *Row) Broken() (broken []string) {
	say := func(is bool, format string, args ...any) {
		if is {
			broken = append(broken, r.Level+": "+fmt.Sprintf(format, args...))
		}
	}
	say(r.Deepest > r.Cap, "%d tasks waited, of at most %d", r.Deepest, r.Cap)
	say(r.Refused == 0, "nothing was turned away: no bound, or no overload")
	say(r.Failed > 0, "%d calls failed, and not because it is full: %s", r.Failed, r.Example)
	say(r.Unanswered > 0, "%d calls had no answer in time", r.Unanswered)
	lost := r.Attempted - r.OK - r.Refused - r.Failed - r.Unanswered
	say(lost != 0, "%d calls had no end", lost)
	return broken
}

// late reports whether the throughput came back late, or never.
func (r *Row) late() bool { return r.Back == 0 || r.Back > soon }

// Slow is what should not be, on a machine that has nothing else to do.
func (r *Row) Slow() (slow []string) {
	say := func(is bool, format string, args ...any) {
		if is {
			slow = append(slow, r.Level+": "+fmt.Sprintf(format, args...))
		}
	}
	asked := float64(r.Attempted) / r.Took.Seconds() / r.Rate
	say(asked < 0.9*float64(r.Times), "only %.1f times as much as it can do was asked for, not %d times", asked, r.Times)
	say(r.Peak > 2*r.Steady+spare, "it held %s of memory, over twice the %s before and %s", mb(r.Peak), mb(r.Steady), mb(spare))
	say(r.Back == 0, "its throughput did not come back")
	say(r.Back > soon, "its throughput was back after %v, not within %v", r.Back.Round(10*time.Millisecond), soon)
	return slow
}

func mb(bytes int64) string { return fmt.Sprintf("%.0fMB", float64(bytes)/(1<<20)) }

// Write writes rows as a table of 80 columns, and what is wrong with them.
func Write(w io.Writer, rows []*Row) {
	fmt.Fprintf(w, "%-23s %5s %6s %5s %7s %5s %9s %7s %5s\n%-23s %5s %6s %5s %7s %5s %9s %7s %5s\n",
		"level", "able", "asked", "done", "turned", "other", "deepest", "MB", "back",
		"", "/s", "/s", "/s", "away", "error", "of most", "up from", "s")
	for _, r := range rows {
		back := "never"
		if r.Back > 0 {
			back = fmt.Sprintf("%.1f", r.Back.Seconds())
		}
		second := r.Took.Seconds()
		fmt.Fprintf(w, "%-23s %5.0f %6.0f %5.0f %7d %5d %9s %7s %5s\n", r.Level, r.Rate, float64(r.Attempted)/second, float64(r.Done)/second,
			r.Refused, r.Failed+r.Unanswered, fmt.Sprintf("%d/%d", r.Deepest, r.Cap), fmt.Sprintf("%d<%d", r.Steady>>20, r.Peak>>20), back)
	}
	fmt.Fprintln(w)
	for _, r := range rows {
		if r.Tries > 1 {
			fmt.Fprintf(w, "%s: this is try %d; it was late before\n", r.Level, r.Tries)
		}
	}
	wrong := Wrong(rows)
	for _, text := range wrong {
		fmt.Fprintln(w, "BROKEN:", text)
	}
	if len(wrong) == 0 {
		fmt.Fprintln(w, "all were as fast again, within bounds, and lost nothing")
	}
}

// Wrong is all that is wrong with the rows.
func Wrong(rows []*Row) (wrong []string) {
	for _, r := range rows {
		wrong = append(append(wrong, r.Broken()...), r.Slow()...)
	}
	return wrong
}
