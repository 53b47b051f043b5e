package simulation

import (
	"fmt"
	"testing"

	"github.com/fourlevels/fourlevels/levels/machine/store/storetest"
)

// What a lane tells counts in the order of its numbers, and is not lost if a later number
// comes first and both come again: a server that starts anew may lack the script for the
// first of two, and have it for the second.
func TestToldInOrder(t *testing.T) {
	for _, s := range storetest.Stores {
		t.Run(s.Name, func(t *testing.T) {
			w := newWire(t, s.URL)
			defer w.begin()()
			const now = 1_000_000_000
			w.run(now, "enqueue", Enqueue{Stream: "s", Number: 1, Most: 9, Plain: []Entry{
				{Kind: 'p', ID: "~g.1", M: &Message{Max: 3, N: 1}}, {Kind: 'p', ID: "~g.2", M: &Message{Max: 3, N: 2}},
			}}.args()...)
			w.run(now, "claim", Claim{Lane: "a", Number: 1, Want: 2, Lease: 1000, New: true, Most: 9, Tidy: true}.args()...)
			ended := Finish{Lane: "a", Most: 9, Teller: "fetching", Number: 1, Done: 1, Ended: []Indexes{{1, []int{0}}}}
			left := Finish{Lane: "a", Most: 9, Teller: "fetching", Number: 2, Leave: true}
			for i, c := range []struct {
				tells Finish
				want  int64
			}{{left, 0}, {ended, 1}, {left, 1}, {left, 0}} {
				if got := w.run(now, "finish", c.tells.args()...); got != c.want {
					t.Errorf("call %d, number %d: %v, want %d", i+1, c.tells.Number, got, c.want)
				}
			}
			if back := w.do("lrange", w.prefix+"ready", 0, -1); fmt.Sprint(back) != fmt.Sprint([]string{"p~g.2 " + envelope(&Message{Max: 3, N: 2})}) {
				t.Errorf("the queue holds %q, want the second job only, which nobody told of", back)
			}
		})
	}
}

// A try that failed counts, in whatever order it and its worker's leave are told: else what
// fails would be tried more often than it may be.
func TestToldInOrderCountsTheTry(t *testing.T) {
	for _, s := range storetest.Stores {
		t.Run(s.Name, func(t *testing.T) {
			w := newWire(t, s.URL)
			defer w.begin()()
			const now = 1_000_000_000
			job := []Entry{{Kind: 'p', ID: "~g.1", M: &Message{Max: 3, N: 1}}}
			w.run(now, "enqueue", Enqueue{Stream: "s", Number: 1, Most: 9, Plain: job}.args()...)
			w.run(now, "claim", Claim{Lane: "a", Number: 1, Want: 1, Lease: 1000, New: true, Most: 9, Tidy: true}.args()...)
			failed := Finish{Lane: "a", Most: 9, Teller: "fetching", Number: 1, Troubles: []Trouble{{1, 0, 'r', 0, "it fails"}}}
			left := Finish{Lane: "a", Most: 9, Teller: "fetching", Number: 2, Leave: true}
			for _, tells := range []Finish{left, failed, left} {
				w.run(now, "finish", tells.args()...)
			}
			if state := w.do("hget", w.prefix+"state", "~g.1"); state != "q1 it fails" {
				t.Errorf("the job's state is %q, want one try that counts", state)
			}
		})
	}
}
