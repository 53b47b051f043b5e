package chaos

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func after(ms int) time.Time { return noon.Add(time.Duration(ms) * time.Millisecond) }

// by tells the tries of these histories apart.
func by(job, worker, try int) Token { return Token{worker, 10*job + try} }

// ran is a try that returned a result, begun so many ms after noon.
func ran(job, worker, try, ms int) Try {
	return Try{Job: job, By: by(job, worker, try), Number: try, Began: after(ms), Ended: after(ms + 1), Result: true}
}

// failed is one that failed by itself.
func failed(job, worker, try, ms int) Try {
	t := ran(job, worker, try, ms)
	t.Result, t.Failed = false, true
	return t
}

// stuck is one that did not end.
func stuck(job, worker, try, ms int) Try {
	return Try{Job: job, By: by(job, worker, try), Number: try, Began: after(ms)}
}

// well is a history with nothing wrong: one job that ran at once, and one whose first worker
// died.
func well() History {
	return History{
		Told:     map[int]Told{1: Acknowledged, 2: Acknowledged},
		Tries:    []Try{ran(1, 1, 1, 0), stuck(2, 1, 1, 1), ran(2, 2, 2, 1100)},
		Recorded: map[int]Outcome{1: {By: by(1, 1, 1)}, 2: {By: by(2, 2, 2)}},
		First:    map[int]Outcome{1: {By: by(1, 1, 1)}},
		Totals:   Totals{Outcomes: 2, Expired: 1},
		Kills:    []Kill{{Worker: 1, At: after(100)}},
		Hits:     map[int][]Span{1: {{From: after(100)}}},
		Lease:    time.Second,
		Lasted:   10 * time.Second,
		Complete: true,
	}
}

// poison adds a job that failed so often, in worker 3, and came to an error.
func poison(job, tries int, came string) func(*History) {
	return func(h *History) {
		h.Told[job], h.Poison, h.Recorded[job] = Acknowledged, map[int]bool{job: true}, Outcome{Err: came}
		for n := range tries {
			h.Tries = append(h.Tries, failed(job, 3, n+1, 3000+10*n))
		}
		h.Outcomes++
		h.Retried += tries - 1
	}
}

// and does one thing after another to a history.
func and(these ...func(*History)) func(*History) {
	return func(h *History) {
		for _, do := range these {
			do(h)
		}
	}
}

// again has job 1 run once more, and says of how many leases the queue says that they ran
// out.
func again(worker, try, ms, expired int) func(*History) {
	return func(h *History) { h.Tries, h.Expired = append(h.Tries, ran(1, worker, try, ms)), expired }
}

// gaveBack has worker 1 be told to leave, and stop job 1.
func gaveBack(h *History) {
	h.Leavers = map[int]time.Time{1: noon}
	h.Tries[0].Result = false
	h.Recorded[1] = Outcome{By: by(1, 2, 2)}
	h.First = nil
}

// leaves has worker 3 be told to leave. It is one of those that hurry.
func leaves(ms int) func(*History) {
	return func(h *History) { h.Leavers = map[int]time.Time{3: after(ms)} }
}

// stops has a try be stopped.
func stops(n int) func(*History) {
	return func(h *History) { h.Tries[n].Failed = false }
}

// hit has a fault meet a worker.
func hit(worker, from, to int) func(*History) {
	return func(h *History) { h.Hits[worker] = append(h.Hits[worker], Span{after(from), after(to)}) }
}

// away has Redis be away.
func away(from, to int) func(*History) {
	return func(h *History) { h.Outages = append(h.Outages, Span{after(from), after(to)}) }
}

// doubt has nobody know of a job whether it is in, because the producers were cut off.
func doubt(job int) func(*History) {
	return func(h *History) {
		h.Told[job], h.Doubts = Unknown, map[int]Span{job: {after(0), after(5000)}}
		h.Cuts = append(h.Cuts, Span{after(100), after(200)})
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
		{"a result of a try that returned none", func(h *History) { h.Recorded[2] = Outcome{By: by(2, 1, 1)} }, []string{"1 jobs came to what they should not have"}},
		{"a call without an answer", func(h *History) { h.Told[3] = Unanswered }, []string{"1 calls were never answered"}},
		{"an outcome on top of another", func(h *History) { h.Outcomes++ }, []string{"1 outcomes were recorded twice"}},
		{"an outcome that changes", func(h *History) { h.First[2] = Outcome{By: by(2, 1, 1)} }, []string{"1 jobs came to what they should not have"}},
		{"an outcome that is not counted", func(h *History) { h.Outcomes-- }, []string{"1 outcomes are there and were not counted"}},
		{"poison of which only that is known", func(h *History) { poison(3, 5, "poison")(h); doubt(3)(h); delete(h.Recorded, 3) }, nil},
		{"an outcome on top, and poison that never was", func(h *History) { h.Outcomes++; doubt(3)(h); h.Poison = map[int]bool{3: true} }, []string{"1 outcomes were recorded twice"}},
		{"a job that ran again for no reason", again(2, 2, 5, 2), []string{"1 extra executions are not explained"}},
		{"a try that ran twice", func(h *History) { again(1, 2, 5, 2)(h); h.Tries[3].Number = 1 }, []string{"1 extra executions are not explained"}},
		{"a lease that ran out, and was not counted", and(again(2, 2, 2000, 1), hit(1, 50, 60)), []string{"1 extra executions are more than the queue has counted reasons for"}},
		{"a worker that was stopped", and(again(2, 2, 2000, 2), hit(1, 50, 60)), nil},
		{"a worker that was killed for good, later", again(2, 2, 2000, 2), nil},
		{"a worker that got no processor", and(twice(3), starves(3, 200, 1300)), nil},
		{"a machine that had none for anybody", and(twice(3), starves(everybody, 200, 1300)), nil},
		{"a machine that stood still most of the time", and(starves(everybody, 0, 600), func(h *History) { h.Lasted = time.Second }), []string{"1 rounds show nothing: the machine stood still for most of the time"}},
		{"another worker that got none", and(twice(3), starves(4, 200, 1300)), []string{"1 extra executions are not explained"}},
		{"a worker that was stopped before it began", and(again(2, 1, 1500, 2), hit(2, 0, 1400), func(h *History) { h.Hits[1] = nil }), []string{"1 extra executions are not explained"}}, // that of job 2
		{"a worker that was stopped, and the job was not its own before", and(again(2, 2, 1500, 2), hit(2, 0, 1400), func(h *History) { h.Hits[1] = nil }), []string{"2 extra executions are not explained"}},
		{"a worker that was stopped too late", and(again(4, 2, 50, 2), again(5, 3, 60, 3), hit(4, 70, 80)), []string{"2 extra executions are not explained"}},
		{"Redis that was away", and(again(2, 2, 50, 2), away(10, 20)), nil},
		{"Redis that was away later", and(again(2, 2, 50, 2), away(60, 70)), []string{"1 extra executions are not explained"}},
		{"a job that a leaver gave back", and(again(2, 2, 50, 1), gaveBack), nil},
		{"a leaver that went without a word", and(again(2, 2, 50, 2), gaveBack, func(h *History) { h.Tries[0].Ended = time.Time{} }), []string{"1 extra executions are not explained"}},
		{"a job that was stopped by nobody", and(again(2, 2, 50, 2), gaveBack, func(h *History) { h.Leavers = nil }), []string{"1 extra executions are not explained"}},
		{"a worker that died", func(h *History) { h.Died = []string{"worker 3: panic"} }, []string{"1 workers died by themselves"}},
		{"a round without an end", func(h *History) { h.Complete = false }, []string{"1 rounds did not come to an end after the faults"}},
		{"a job that may not be there, and is not", doubt(3), nil},
		{"a job that may not be there, and Redis was away", and(doubt(3), away(5000, 5100), func(h *History) { h.Cuts, h.Doubts[3] = nil, Span{after(0), after(5050)} }), nil},
		{"a job that may not be there, and no fault was", func(h *History) { h.Told[3] = Unknown }, []string{"1 producers were told that nobody knows, and no fault is the reason"}},
		{"a job that may not be there, and faults were later", and(doubt(3), away(6000, 6100), func(h *History) { h.Cuts = nil }), []string{"1 producers were told that nobody knows, and no fault is the reason"}},
		{"a job that may not be there, and faults were long ago", and(doubt(3), func(h *History) { h.Doubts[3] = Span{after(401), after(5000)} }), []string{"1 producers were told that nobody knows, and no fault is the reason"}},
		{"poison that is dead", poison(3, 5, "poison"), nil},
		{"poison that was given up too early", poison(3, 1, "poison"), []string{"1 jobs came to what they should not have"}},
		{"poison that lost its worker in between", and(poison(3, 4, "poison"), hit(3, 3025, 3026)), nil},
		{"poison of which one try never began", and(poison(3, 4, "poison"), hit(9, 2900, 3001), func(h *History) { h.Tries[6].Number++ }), nil},
		{"poison with a gap, and no fault in it", and(poison(3, 4, "poison"), func(h *History) { h.Tries[6].Number++ }), []string{"1 jobs came to what they should not have"}},
		{"poison whose last try never began", and(poison(3, 4, "its worker died"), hit(9, 3100, 3200)), nil},
		{"poison tried too often, and a fault", and(poison(3, 6, "poison"), hit(3, 3025, 3026)), []string{"1 jobs came to what they should not have"}},
		{"poison that was given back once", and(poison(3, 6, "poison"), leaves(3005), stops(4)), nil},
		{"poison that failed when the grace was over", and(poison(3, 6, "poison"), leaves(3000)), nil},
		{"poison that failed as the grace ended", and(poison(3, 5, "poison"), leaves(2990)), nil},
		{"poison that failed within the grace", and(poison(3, 6, "poison"), leaves(3010)), []string{"1 jobs came to what they should not have"}},
		{"poison that was given back, and has lost a try by it", and(poison(3, 5, "poison"), leaves(3005), stops(4)), []string{"1 jobs came to what they should not have"}},
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

// twice has a job run in worker 3, and a lease later in worker 5, though neither was hit.
func twice(job int) func(*History) {
	return func(h *History) {
		h.Told[job], h.Recorded[job] = Acknowledged, Outcome{By: by(job, 5, 2)}
		h.Tries = append(h.Tries, ran(job, 3, 1, 0), ran(job, 5, 2, 1500))
		h.Outcomes, h.Expired = h.Outcomes+1, h.Expired+1
	}
}

// starves has a worker stand still.
func starves(worker, from, to int) func(*History) {
	return func(h *History) { h.Starved = map[int][]Span{worker: {{after(from), after(to)}}} }
}

// What is counted is what happened.
func TestCounts(t *testing.T) {
	h := well()
	doubt(3)(&h)
	h.Told[4] = Unknown
	h.Tries = append(h.Tries, ran(3, 1, 1, 3), ran(3, 3, 2, 2000)) // its worker died before it said so
	h.Outcomes, h.Expired = 3, 2
	c, r := h.Judge()
	want := Counts{Attempted: 4, Acknowledged: 2, OK: 3, Duplicated: 1, Recovered: 1, Unknown: 2, Groundless: 1, Executions: 5, Extra: 2, Expired: 2}
	c.Examples = nil // tested above
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
	h.Outages, h.Tries[2].Number = nil, 3 // nobody began the second
	if _, r = h.Judge(); len(r.Clear) != 0 || len(r.Disturbed) != 1 {
		t.Errorf("%+v, want one that was taken in vain", r)
	}
}

// A job that waits for too long is named. That is a broken promise only if it is more than
// one in a hundred, of a hundred at least.
func TestLate(t *testing.T) {
	for _, test := range []struct{ jobs, late, broken int }{{99, 99, 0}, {100, 1, 0}, {100, 2, 1}, {300, 3, 0}} {
		h := well()
		for job := range test.jobs - 1 { // the first is in it
			waits := 1100
			if job < test.late {
				waits = 2200
			}
			h.Told[10+job], h.Recorded[10+job] = Acknowledged, Outcome{By: by(10+job, 2, 2)}
			h.Tries = append(h.Tries, stuck(10+job, 1, 1, 1), ran(10+job, 2, 2, waits))
			h.Outcomes, h.Expired = h.Outcomes+1, h.Expired+1
		}
		r := newReport(Config{})
		r.add(h, []*Fault{{Kind: "kill", Strikes: 1}}, storeInfo{log: "always"})
		r.close()
		late := min(test.late, test.jobs-1)
		if r.Sum.Late != late || len(r.Broken) != test.broken || len(r.Sum.Delays) != min(late, 5) {
			t.Errorf("%+v: %d are late, %q, such as %q", test, r.Sum.Late, r.Broken, r.Sum.Delays)
		}
		var b strings.Builder
		if r.Write(&b); strings.Count(b.String(), "  late: seed 0: job ") != min(late, 5) {
			t.Errorf("%+v: none is named:\n%s", test, &b)
		}
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
		r.add(well(), test.faults, storeInfo{log: "always"})
		if r.close(); !reflect.DeepEqual(r.Broken, test.broken) {
			t.Errorf("%s: got %q, want %q", name, r.Broken, test.broken)
		}
	}
}

// What is late, and breaks nothing, does not hide an example of what does.
func TestLateHidesNothing(t *testing.T) {
	r := newReport(Config{})
	for range 10 {
		h := well()
		h.Tries[2].Began, h.Tries[2].Ended = after(2200), after(2201)
		r.add(h, nil, storeInfo{log: "always"})
	}
	h := well()
	again(2, 2, 5, 2)(&h)
	r.add(h, nil, storeInfo{log: "always"})
	var b strings.Builder
	r.close()
	if r.Write(&b); r.Sum.Late != 10 || !strings.Contains(b.String(), "  such as: seed 10: job 1 ran again for no reason") {
		t.Errorf("%d are late, and the other is hidden:\n%s", r.Sum.Late, &b)
	}
}

// Of one round too little is known: that is a broken promise, however many rounds went well.
// Of a few jobs a share says nothing.
func TestUnknown(t *testing.T) {
	for _, test := range []struct{ jobs, unknown, broken int }{{many, 51, 1}, {many, 50, 0}, {many - 1, many - 2, 0}} {
		r := newReport(Config{Seed: 7})
		for round := range 20 {
			h := well()
			h.Doubts, h.Cuts = map[int]Span{}, []Span{{after(100), after(200)}}
			for job := 10; len(h.Told) < test.jobs; job++ {
				h.Told[job], h.Recorded[job] = Acknowledged, Outcome{By: by(job, 1, 1)}
				if round == 3 && job < 10+test.unknown {
					h.Told[job], h.Doubts[job] = Unknown, Span{after(0), after(5000)}
				}
				h.Tries, h.Outcomes = append(h.Tries, ran(job, 1, 1, 3)), h.Outcomes+1
			}
			r.add(h, []*Fault{{Kind: "kill", Strikes: 1}}, storeInfo{log: "always"})
		}
		r.close()
		if len(r.Broken) != test.broken || test.broken == 1 && !strings.Contains(r.Broken[0], "51 of 1000 producers were told that nobody knows, with seed 10: ") {
			t.Errorf("%+v: got %q", test, r.Broken)
		}
	}
}

// A report is no wider than 80 columns, however large its numbers are.
func TestWidth(t *testing.T) {
	r := newReport(Config{Way: Forget, Seed: math.MaxUint64, Workers: 64, Lease: 1500 * time.Millisecond})
	for range shown {
		h := well()
		poison(3, 6, strings.Repeat("very long ", 9))(&h)
		r.add(h, []*Fault{{Kind: "kill"}}, storeInfo{"redis-7.0.15", "always"})
	}
	for i := range r.Rounds {
		for _, row := range rows {
			*row.of(&r.Rounds[i]), *row.of(&r.Sum) = 1_000_000, 30_000_000
		}
	}
	r.close()
	var b strings.Builder
	r.Write(&b)
	for line := range strings.Lines(b.String()) {
		if len(line) > 81 { // with its end
			t.Errorf("wider than 80 columns: %q", line)
		}
	}
	for _, want := range []string{"\nattempted       1000000 1000000 1000000 30000000  ", "such as: seed 18446744073709551615: job 3 is poison"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("there is no %q in\n%s", want, &b)
		}
	}
}
