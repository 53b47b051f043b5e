package queue

import (
	"slices"
	"time"
)

// start has a job run.
func (l *lane) start(t *try) {
	t.ctx.parent, t.ctx.attempt = l.ctx, &t.attempt
	t.attempt.from(&t.message, l.shard.name)
	l.running[t] = true
	l.jobs.Add(1) // drain waits for it
	l.worker.crew.run(t)
}

// A try is a job that runs.
type try struct {
	*lane
	message message
	attempt Attempt
	ctx     tryContext
	verdict verdict
}

func (t *try) run() {
	defer t.end()
	t.worker.attempt(t)
}

// end gathers the verdict, and has it told.
func (t *try) end() {
	l := t.lane
	t.ctx.end(nil)
	l.mu.Lock()
	delete(l.running, t)
	l.verdicts = append(l.verdicts, t.verdict)
	tell := l.parked && !l.telling
	l.telling = l.telling || tell
	l.mu.Unlock()
	l.slots.release(1)
	if tell {
		l.tellAll()
	} else {
		l.ring()
	}
	l.jobs.Done()
}

// tellAll tells the verdicts that have gathered, until there are none or the
// fetching goroutine is awake and does it. If Redis does not hear for a lease, it
// knows by then: the lane has fallen.
func (l *lane) tellAll() {
	for late := time.Now().Add(l.worker.config.Lease); ; {
		l.mu.Lock()
		if len(l.ending.untold) == 0 && (!l.parked || len(l.verdicts) == 0) {
			l.telling = false
			l.mu.Unlock()
			l.ring()
			return
		}
		if time.Now().After(late) {
			l.lose()
		}
		l.mu.Unlock()
		if _, err := l.exchange(&l.ending, 0, false); err != nil {
			time.Sleep(breathing)
		} else {
			late = time.Now().Add(l.worker.config.Lease)
		}
	}
}

// toTell reports whether there are verdicts for the fetching goroutine to tell.
func (l *lane) toTell() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.verdicts)+len(l.fetching.untold) > 0
}

// A teller tells verdicts. Redis counts what it tells once, by its number.
type teller struct {
	name   string
	number int64
	untold []*step // what was not answered yet
}

// compose makes the scripts with which t tells all verdicts, after those that
// were sent without an answer.
func (l *lane) compose(t *teller) []*step {
	verdicts := slices.DeleteFunc(l.verdicts, func(v verdict) bool { return v.lane != l.id }) // of a lane that fell: they would be refused
	for l.verdicts = nil; len(verdicts) > 0; {
		n, size := 0, 0
		for n < len(verdicts) && n < maxScript && size < maxBytes {
			size += len(verdicts[n].outcome)
			n++
		}
		t.number++
		t.untold = append(t.untold, l.finish(t, verdicts[:n]))
		verdicts = verdicts[n:]
	}
	return slices.Clone(t.untold)
}

// told takes note of the scripts that t got through, unless the lane has begun
// anew meanwhile.
func (l *lane) told(t *teller, steps []*step) {
	if len(steps) == 0 || len(t.untold) < len(steps) || t.untold[0] != steps[0] {
		return
	}
	t.untold = t.untold[len(steps):]
	for _, s := range steps {
		if n, err := s.reply.Int(); err == nil && n == 0 {
			l.lose()
			return
		}
		for batch, n := range s.ended {
			if l.left[batch] -= n; l.left[batch] == 0 {
				delete(l.left, batch)
				if !slices.Contains(s.whole, any(batch)) {
					l.empty = append(l.empty, batch)
				}
			}
		}
	}
}

// finish makes the script of that name. A batch goes as a whole when nothing of
// it is left but what this script tells, and no other that is under way.
func (l *lane) finish(t *teller, verdicts []verdict) *step {
	r := report{kept: map[int64][]any{}, bags: map[int64]bags{}, told: map[string][]any{}, indexes: map[int64][]any{}, ended: map[int64]int{}}
	for _, v := range verdicts {
		r.add(v)
	}
	args := make([]any, 0, 16+len(r.recorded)+4*len(verdicts))
	args = append(args, l.id, l.queue.config.MaxDead, false, t.name, t.number, r.done)
	args = r.append(append(args, len(r.recorded)))
	whole := l.empty
	l.empty = nil
	for batch, n := range r.ended {
		if l.left[batch] == n {
			whole = append(whole, batch)
		} else if indexes := r.indexes[batch]; len(indexes) > 0 {
			args = append(append(args, "s", batch, len(indexes)), indexes...)
		}
	}
	if len(whole) > 0 {
		args = append(append(args, "d", len(whole)), whole...)
	}
	return &step{script: finishScript, args: args, ended: r.ended, whole: whole}
}
