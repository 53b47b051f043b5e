package chaos

import (
	"reflect"
	"testing"
	"time"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func after(ms int) time.Time { return noon.Add(time.Duration(ms) * time.Millisecond) }

// ran is a try that returned a result, begun so many ms after noon.
func ran(job, worker, try, ms int) Try {
	return Try{Job: job, By: Token{worker, try}, Began: after(ms), Ended: after(ms + 1), Result: true}
}

// stuck is one that did not end.
func stuck(job, worker, try, ms int) Try {
	return Try{Job: job, By: Token{worker, try}, Began: after(ms)}
}

// well is a history with nothing wrong: one job that ran at once, and one whose first worker
// died.
func well() History {
	return History{
		Told:     map[int]Told{1: Acknowledged, 2: Acknowledged},
		Tries:    []Try{ran(1, 1, 1, 0), stuck(2, 1, 1, 1), ran(2, 2, 2, 1100)},
		Recorded: map[int]Outcome{1: {By: Token{1, 1}}, 2: {By: Token{2, 2}}},
		Totals:   Totals{Outcomes: 2, Expired: 1},
		Kills:    []Kill{{Worker: 1, At: after(100)}},
		Complete: true,
	}
}

// poison adds a job that was tried so often, and came to an error.
func poison(job, tries int, came string) func(*History) {
	return func(h *History) {
		h.Told[job], h.Poison, h.Recorded[job] = Acknowledged, map[int]bool{job: true}, Outcome{Err: came}
		for n := range tries {
			h.Tries = append(h.Tries, stuck(job, 1, n+1, 10+n))
		}
		h.Outcomes++
		h.Retried += tries - 1
	}
}

// Each thing that can go wrong is found, and by its name; what is right is not.
func TestJudge(t *testing.T) {
	for _, test := range []struct {
		name   string
		spoil  func(*History)
		broken []string
	}{
		{"nothing", func(*History) {}, nil},
		{"a job that did not run", func(h *History) { h.Told[3] = Acknowledged }, []string{"1 acknowledged jobs are lost"}},
		{"a job that began, and no more", func(h *History) { h.Told[3], h.Tries = Acknowledged, append(h.Tries, stuck(3, 1, 1, 2)) }, []string{"1 acknowledged jobs are lost"}},
		{"a job whose result is not there", func(h *History) { h.Told[3], h.Tries = Acknowledged, append(h.Tries, ran(3, 1, 1, 2)) }, []string{"1 acknowledged jobs are lost"}},
		{"a job that nobody left", func(h *History) { h.Tries, h.Outcomes = append(h.Tries, ran(3, 1, 1, 2)), 3 }, []string{"1 jobs came to what they should not have"}},
		{"a job that was given up", func(h *History) { h.Recorded[2] = Outcome{Err: "its worker died"} }, []string{"1 jobs came to what they should not have"}},
		{"a result of a try that returned none", func(h *History) { h.Recorded[2] = Outcome{By: Token{1, 1}} }, []string{"1 jobs came to what they should not have"}},
		{"a call without an answer", func(h *History) { h.Told[3] = Unanswered }, []string{"1 calls were never answered"}},
		{"an outcome on top of another", func(h *History) { h.Outcomes++ }, []string{"1 outcomes were recorded twice"}},
		{"a job that ran again for no reason", func(h *History) { h.Tries = append(h.Tries, stuck(1, 2, 2, 5)) }, []string{"1 extra executions are not explained"}},
		{"a round without an end", func(h *History) { h.Complete = false }, []string{"1 rounds did not come to an end after the faults"}},
		{"a job that may not be there, and is not", func(h *History) { h.Told[3] = Unknown }, nil},
		{"poison that is dead", poison(3, 3, "poison"), nil},
		{"poison that is not", func(h *History) { poison(3, 3, "poison")(h); delete(h.Recorded, 3) }, []string{"1 acknowledged jobs are lost"}},
		{"poison that has a result", poison(3, 3, ""), []string{"1 jobs came to what they should not have"}},
		{"poison that was tried too often", poison(3, 6, "poison"), []string{"1 jobs came to what they should not have"}},
		{"nothing acknowledged", func(h *History) { *h = History{Complete: true} }, []string{"no job was acknowledged: nothing was shown"}},
	} {
		h := well()
		test.spoil(&h)
		c, _ := h.Judge()
		if got := c.broken(); !reflect.DeepEqual(got, test.broken) {
			t.Errorf("%s: got %q, want %q", test.name, got, test.broken)
		}
		if len(c.Examples) == 0 && c.Lost+c.Unexpected > 0 {
			t.Errorf("%s: there is no example", test.name)
		}
	}
}

// What is counted is what happened.
func TestCounts(t *testing.T) {
	h := well()
	h.Told[3], h.Told[4] = Unknown, Unknown
	h.Tries = append(h.Tries, ran(3, 1, 1, 3), ran(3, 3, 2, 2000)) // stopped, and went on
	h.Outcomes, h.Expired = 3, 2
	c, r := h.Judge()
	want := Counts{Attempted: 4, Acknowledged: 2, OK: 3, Duplicated: 1, Recovered: 1, Unknown: 2, Executions: 5, Extra: 2, Expired: 2}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got  %+v\nwant %+v", c, want)
	}
	if !reflect.DeepEqual(r, Recovery{Clear: []time.Duration{time.Second}}) {
		t.Errorf("%+v, want one second", r)
	}
	h.Outages = []Span{{after(200), after(300)}}
	if _, r = h.Judge(); len(r.Clear) != 0 || len(r.Disturbed) != 1 {
		t.Errorf("%+v, want one that was disturbed", r)
	}
	h.Outages, h.Tries[2].By.Try = nil, 3 // nobody began the second
	if _, r = h.Judge(); len(r.Clear) != 0 || len(r.Disturbed) != 1 {
		t.Errorf("%+v, want one that was taken in vain", r)
	}
}

// Whoever is told to leave loses no lease, and a fault that never struck shows nothing.
func TestReport(t *testing.T) {
	for name, test := range map[string]struct {
		faults []*Fault
		broken []string
	}{
		"all leave":   {[]*Fault{{Kind: "leave", Strikes: 1}}, []string{"1 leases ran out, though whoever left could end its jobs or give them back"}},
		"one is dead": {[]*Fault{{Kind: "leave", Strikes: 1}, {Kind: "kill", Strikes: 1}}, []string{}},
		"no strike":   {[]*Fault{{Kind: "kill", Means: "a worker is killed"}}, []string{"this never struck: a worker is killed"}},
	} {
		r := newReport(Config{})
		r.add(well(), test.faults, "redis")
		if r.close(); !reflect.DeepEqual(r.Broken, test.broken) {
			t.Errorf("%s: got %q, want %q", name, r.Broken, test.broken)
		}
	}
}
