package simulation

import (
	"slices"
	"strings"
)

// atWork is the jobs that run.
func (l *lane) atWork() (jobs []int) {
	for _, t := range l.running {
		jobs = append(jobs, t.item.M.N)
	}
	return jobs
}

// end gathers the verdict of a try, and has it told.
func (l *lane) end(t *try) {
	t.over = true
	if at := slices.Index(l.running, t); at >= 0 {
		l.running = slices.Delete(l.running, at, at+1)
	}
	l.verdicts = append(l.verdicts, t)
	l.free++
	if l.parks && !l.telling {
		l.telling = true
		l.tellAll(l.now + l.lease)
	} else {
		l.wake()
	}
}

// tellAll tells the verdicts that have gathered, while the fetching one is parked.
func (l *lane) tellAll(late int64) {
	if len(l.ending.untold) == 0 && (!l.parks || len(l.verdicts) == 0) {
		l.telling = false
		l.wake()
		return
	}
	if l.now > late {
		l.lose()
	}
	l.exchange(&l.ending, 0, false, func(ok bool, _ Claimed) {
		if ok {
			l.tellAll(l.now + l.lease)
		} else {
			l.soon(100, func() { l.tellAll(late) })
		}
	})
}

// compose makes the calls with which t tells all verdicts, after those that were sent
// without an answer.
func (l *lane) compose(t *teller) []*telling {
	tries := slices.DeleteFunc(l.verdicts, func(v *try) bool { return v.lane != l.id })
	l.verdicts = nil
	if len(tries) > 0 {
		t.number++
		t.untold = append(t.untold, l.finish(t, tries))
	}
	return slices.Clone(t.untold)
}

// steps are what a pipeline holds of calls.
func (l *lane) steps(told []*telling) []func() {
	steps := make([]func(), 0, len(told)+2)
	for _, t := range told {
		steps = append(steps, func() { l.tell(t) })
	}
	return steps
}

// tell is what happens in Redis, and in the ledger, which sees all.
func (s *sim) tell(t *telling) {
	var counts bool
	fallen := s.store.lanes[t.call.Lane] == nil
	t.answer, counts = s.store.Finish(t.call)
	s.mix(uint64(t.answer))
	switch {
	case fallen && t.answer == 0:
		s.fired[LateRefused]++
	case !counts && t.answer == 1:
		s.fired[ToldAgain]++
	}
	if !counts {
		return
	}
	for _, try := range t.tries {
		switch try.kind {
		case 'o':
			s.ledger.outcome(try.item.M.N, try.outcome)
		case 'r':
			s.ledger.jobs[try.item.M.N].again++
			s.ledger.jobs[try.item.M.N].failed++
			s.fired[Retried]++
		case 'b':
			s.fired[GaveBack]++
			s.ledger.jobs[try.item.M.N].again++
		}
	}
}

// told takes note of the calls that t got through, unless the lane has begun anew.
func (l *lane) told(t *teller, told []*telling) {
	if len(told) == 0 || len(t.untold) < len(told) || t.untold[0] != told[0] {
		return
	}
	t.untold = t.untold[len(told):]
	for _, s := range told {
		if s.answer == 0 {
			l.lose()
			return
		}
		for _, p := range s.parts {
			if l.left[p.batch] -= p.ended; l.left[p.batch] == 0 {
				delete(l.left, p.batch)
				if !slices.Contains(s.call.Whole, p.batch) {
					l.empty = append(l.empty, p.batch)
				}
			}
		}
	}
}

// A part is what of a batch is told.
type part struct {
	batch   int64
	ended   int
	indexes []int // of those that have ended well
}

func split(tries []*try) (parts []part) {
	for _, v := range tries {
		at := slices.IndexFunc(parts, func(p part) bool { return p.batch == v.batch })
		if at < 0 {
			at, parts = len(parts), append(parts, part{batch: v.batch})
		}
		parts[at].ended++
		if v.kind == 'o' {
			parts[at].indexes = append(parts[at].indexes, v.index)
		}
	}
	return parts
}

// finish makes the call of that name. See ../report.go.
func (l *lane) finish(t *teller, tries []*try) *telling {
	f := Finish{Lane: l.id, Most: maxDead, Teller: t.name, Number: t.number}
	for _, v := range tries {
		if v.kind != 'o' {
			f.Troubles = append(f.Troubles, Trouble{v.batch, v.index, v.kind, v.after, v.outcome})
			continue
		}
		f.Done++
		f.outcome(v)
	}
	f.Whole, l.empty = l.empty, nil
	parts := split(tries)
	for _, p := range parts {
		if l.left[p.batch] == p.ended {
			f.Whole = append(f.Whole, p.batch)
		} else if len(p.indexes) > 0 {
			f.Ended = append(f.Ended, Indexes{p.batch, p.indexes})
		}
	}
	return &telling{call: f, tries: tries, parts: parts}
}

// outcome adds what is to be kept and answered of a job that is done.
func (f *Finish) outcome(v *try) {
	id, m := v.item.ID, v.item.M
	if v.item.Kind == 'r' {
		f.Recorded = append(f.Recorded, id)
	}
	switch {
	case m.Keep > 0 && v.item.Kind == 'p':
		group, member, _ := strings.Cut(id, ".")
		f.Bags = append(f.Bags, Stow{m.Keep, []string{group}, []Bag{{{member, v.outcome}}}})
	case m.Keep > 0 || v.item.Kind == 'r':
		f.Kept = append(f.Kept, Keep{m.Keep, []Kept{{id, v.outcome}}})
	}
	if m.Client != "" {
		f.Answers = append(f.Answers, Answer{m.Client, []string{id + " " + v.outcome}})
	}
}
