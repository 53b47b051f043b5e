package chaos

import (
	"fmt"
	"slices"
	"time"
)

// Counts are those of Jepsen's checker of queues, and what explains them.
type Counts struct {
	Attempted    int `json:"attempted"`    // jobs that were tried to be left
	Acknowledged int `json:"acknowledged"` // of which their producers were told that they are in the queue
	OK           int `json:"ok"`           // attempted, ran to an end, and have that result
	Lost         int `json:"lost"`         // acknowledged, and did not end, or have no result
	Unexpected   int `json:"unexpected"`   // have a result that no try returned, an error, one result and later another, or were never attempted
	Duplicated   int `json:"duplicated"`   // ran to an end more than once
	Recovered    int `json:"recovered"`    // not acknowledged, and ran to an end all the same
	Dead         int `json:"dead"`         // poison, and given up after the tries that it has

	Unknown    int `json:"unknown"`    // attempted, and it is not known whether they are in the queue
	Groundless int `json:"groundless"` // of which no fault is the reason
	Unanswered int `json:"unanswered"` // attempted, and nothing was said

	Twice       int `json:"recordedTwice"` // outcomes more than there are jobs that ended
	Uncounted   int `json:"uncounted"`     // outcomes fewer than there are jobs that have one
	Executions  int `json:"executions"`    // tries that began
	Extra       int `json:"extra"`         // of which are not the first of their job
	Unexplained int `json:"unexplained"`   // of which no fault and no failed try of their job is the reason
	Expired     int `json:"leaseExpiries"` // tries whose lease ran out, as the queue has counted them
	Retried     int `json:"retried"`       // tries that failed, as poison does, and were followed by another
	Returned    int `json:"givenBack"`     // tries that a worker stopped, when it was told to leave
	Over        int `json:"over"`          // extra executions over these three
	Crashed     int `json:"crashed"`       // workers that died by themselves

	Starved     int `json:"starved"`     // times that a process stood still, though no fault of ours had it do so
	Late        int `json:"late"`        // jobs of dead workers that waited for longer than a lease and tolerance, and met no other fault
	Overwhelmed int `json:"overwhelmed"` // rounds in which the machine stood still for most of the time
	Incomplete  int `json:"incomplete"`  // rounds that did not come to an end

	Examples []string `json:"examples,omitempty"` // of what is wrong, the first few
	Delays   []string `json:"delays,omitempty"`   // of what is late, which must not take the places of those
}

// A Recovery is how long the jobs of killed workers waited to begin again.
type Recovery struct {
	Clear     []time.Duration // while Redis was there, and no other fault hit them
	Disturbed []time.Duration // Redis was away for some of the time, or got no processor, or a worker took them, and was hit before they began
}

// Judge counts.
func (h History) Judge() (c Counts, r Recovery) {
	byJob := map[int][]Try{}
	for _, t := range h.Tries {
		byJob[t.Job] = append(byJob[t.Job], t)
	}
	c.Attempted, c.Executions, c.Extra = len(h.Told), len(h.Tries), len(h.Tries)-len(byJob)
	ended := 0
	for _, job := range h.jobs(byJob) {
		tries := byJob[job]
		slices.SortFunc(tries, func(a, b Try) int { return a.Began.Compare(b.Began) })
		_, recorded := h.Recorded[job]
		if c.judge(job, h, tries) || recorded || h.Poison[job] && len(tries) > 0 { // it may be dead
			ended++
		}
		c.explain(job, h, tries)
	}
	c.Twice, c.Uncounted = max(0, h.Outcomes-ended), max(0, len(h.Recorded)-h.Outcomes)
	c.Starved = h.starvings()
	if h.overwhelmed() {
		c.Overwhelmed = 1
	}
	c.Expired, c.Retried = h.Expired, h.Retried
	c.Over = max(0, c.Extra-c.Expired-c.Retried-c.Returned)
	c.Crashed = len(h.Died)
	for _, obituary := range h.Died {
		c.example("%s", obituary)
	}
	if !h.Complete {
		c.Incomplete = 1
	}
	return c, c.recover(h, byJob)
}

// jobs are the numbers of all jobs that anybody knows, in order.
func (h History) jobs(byJob map[int][]Try) (jobs []int) {
	for job := range h.Told {
		jobs = append(jobs, job)
	}
	for job := range byJob {
		jobs = append(jobs, job)
	}
	for job := range h.Recorded {
		jobs = append(jobs, job)
	}
	slices.Sort(jobs)
	return slices.Compact(jobs)
}

// judge counts one job, and reports whether it ran to an end.
func (c *Counts) judge(job int, h History, tries []Try) (ended bool) {
	told, attempted := h.Told[job]
	outcome, recorded := h.Recorded[job]
	first, early := h.First[job]
	results := 0
	returned := false // that which was recorded
	for _, t := range tries {
		if t.Result {
			results++
			returned = returned || t.By == outcome.By
		}
	}
	ended = results > 0
	if results > 1 {
		c.Duplicated++
	}
	switch told {
	case Acknowledged:
		c.Acknowledged++
	case Unknown:
		c.Unknown++
		if !h.doubtful(job) {
			c.Groundless++
			c.example("job %d: nobody knows whether it is in, and no fault is the reason", job)
		}
	case Unanswered:
		c.Unanswered++
		c.example("job %d: nobody was told anything", job)
	}
	switch {
	case !attempted:
		c.Unexpected++
		c.example("job %d was never left, and is there", job)
	case early && recorded && first != outcome:
		c.Unexpected++
		c.example("job %d came to %v, and then to %v", job, first, outcome)
	case h.Poison[job] && recorded && outcome.Err != "" && results == 0 && !h.miscounted(tries, outcome):
		c.Dead++
	case h.Poison[job] && recorded:
		c.Unexpected++
		c.example("job %d is poison: tried %d times, and came to %.40q (%s)", job, len(tries), outcome.Err, tell(tries))
	case recorded && outcome.Err != "":
		c.Unexpected++
		c.example("job %d came to %.40q", job, outcome.Err)
	case recorded && !returned:
		c.Unexpected++
		c.example("job %d has %v, which returned none", job, outcome)
	case told == Acknowledged && !(ended && recorded):
		c.Lost++
		c.example("job %d is lost: acknowledged, begun %d times, ended %d times, no outcome because of: %v", job, len(tries), results, h.Silent[job])
	case ended:
		c.OK++
		if told != Acknowledged {
			c.Recovered++
		}
	}
	return ended
}

// explain counts the tries of a job that nothing explains.
func (c *Counts) explain(job int, h History, tries []Try) {
	for _, t := range tries {
		if h.givenBack(t) {
			c.Returned++
		}
	}
	if odd := h.unexplained(tries); len(odd) > 0 {
		c.Unexplained += len(odd)
		c.example("job %d ran again for no reason (%s)", job, tell(tries))
	}
}

func (c *Counts) example(format string, args ...any) { few(&c.Examples, fmt.Sprintf(format, args...)) }

// few adds an example to a list, unless there are enough.
func few(list *[]string, example string) {
	if len(*list) < 5 {
		*list = append(*list, example)
	}
}

// tolerance is how much longer than a lease a dead worker's job may wait. The queue needs
// far less; a machine that is busy with other things does not.
const tolerance = time.Second

// recover finds the jobs that a worker had begun when it was killed, and when each began
// again, and counts those that waited for too long.
func (c *Counts) recover(h History, byJob map[int][]Try) (r Recovery) {
	killed := map[int]time.Time{}
	for _, k := range h.Kills {
		killed[k.Worker] = k.At
	}
	for job, tries := range byJob {
		for i, t := range tries[:len(tries)-1] {
			at, dead := killed[t.By.Worker]
			if again := tries[i+1]; dead && t.Ended.IsZero() && again.Began.After(at) {
				waited := Span{at, again.Began}
				disturbed := again.Number > t.Number+1 || slices.ContainsFunc(h.Outages, waited.overlaps) || h.starved(again.By.Worker, waited)
				r.add(waited, disturbed)
				if over := waited.To.Sub(waited.From) - h.Lease; !disturbed && over > tolerance {
					c.Late++
					few(&c.Delays, fmt.Sprintf("job %d of a dead worker waited for %v (%s)", job, (h.Lease+over).Round(time.Millisecond), tell(tries)))
				}
			}
		}
	}
	return r
}

func (r *Recovery) add(waited Span, disturbed bool) {
	d := waited.To.Sub(waited.From)
	if disturbed {
		r.Disturbed = append(r.Disturbed, d)
	} else {
		r.Clear = append(r.Clear, d)
	}
}

// broken are the promises of which the counts say that they were not kept.
func (c Counts) broken() (promises []string) {
	for _, p := range []struct {
		n    int
		says string
	}{
		{c.Lost, "acknowledged jobs are lost"},
		{c.Unexpected, "jobs came to what they should not have"},
		{c.Unanswered, "calls were never answered"},
		{c.Groundless, "producers were told that nobody knows, and no fault is the reason"},
		{c.Twice, "outcomes were recorded twice"},
		{c.Uncounted, "outcomes are there and were not counted"},
		{c.Unexplained, "extra executions are not explained"},
		{c.Over, "extra executions are more than the queue has counted reasons for"},
		{c.Crashed, "workers died by themselves"},
		{c.Overwhelmed, "rounds show nothing: the machine stood still for most of the time"},
		{c.Incomplete, "rounds did not come to an end after the faults"},
	} {
		if p.n > 0 {
			promises = append(promises, fmt.Sprintf("%d %s", p.n, p.says))
		}
	}
	if c.Acknowledged == 0 {
		promises = append(promises, "no job was acknowledged: nothing was shown")
	}
	return promises
}
