package queue

import (
	"slices"
	"strconv"
	"strings"
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
	var done int
	var recorded, troubles []any
	kept, told, indexes := map[int64][]any{}, map[string][]any{}, map[int64][]any{}
	bags := map[int64]bags{}
	ended := map[int64]int{}
	for _, v := range verdicts {
		ended[v.batch]++
		if v.kind != finished {
			troubles = append(troubles, "t", v.batch, v.index, string(v.kind), ceil(v.after), v.outcome)
			continue
		}
		done++
		indexes[v.batch] = append(indexes[v.batch], v.index)
		if v.m.recorded {
			recorded = append(recorded, v.m.id)
		}
		group, member, grouped := strings.Cut(v.m.id, ".")
		switch {
		case v.m.keep > 0 && !v.m.recorded && grouped && len(v.outcome) <= maxBagged:
			if bags[v.m.keep] == nil {
				bags[v.m.keep] = map[string]*bag{}
			}
			bags[v.m.keep].add(group, member, v.outcome)
		case v.m.keep > 0 || v.m.recorded:
			kept[v.m.keep] = append(kept[v.m.keep], v.m.id, v.outcome)
		}
		if v.m.client != "" {
			told[v.m.client] = append(told[v.m.client], v.m.id+" "+v.outcome)
		}
	}
	args := make([]any, 0, 16+len(recorded)+4*len(verdicts))
	args = append(args, l.id, l.queue.config.MaxDead, false, t.name, t.number, done, len(recorded))
	args = append(args, recorded...)
	for ms, pairs := range kept {
		args = append(append(args, "k", ms, len(pairs)), pairs...)
	}
	for ms, groups := range bags {
		args = append(args, "g", ms, 2*len(groups))
		for group, b := range groups {
			args = append(args, group, b.text())
		}
	}
	for client, texts := range told {
		args = append(append(args, "a", client, len(texts)), texts...)
	}
	args = append(args, troubles...)
	whole := l.empty
	l.empty = nil
	for batch, n := range ended {
		if l.left[batch] == n {
			whole = append(whole, batch)
		} else if len(indexes[batch]) > 0 {
			args = append(append(args, "s", batch, len(indexes[batch])), indexes[batch]...)
		}
	}
	if len(whole) > 0 {
		args = append(append(args, "d", len(whole)), whole...)
	}
	return &step{script: finishScript, args: args, ended: ended, whole: whole}
}

// Bags are by the group of their jobs.
type bags map[string]*bag

// A bag holds short outcomes of plain jobs of one group, which are kept in Redis
// as one text: see lua/queue.lua.
type bag struct {
	n     int
	items []byte
}

// maxBagged is the length of the longest outcome that goes into a bag.
const maxBagged = 1024

func (b bags) add(group, member, outcome string) {
	g := b[group]
	if g == nil {
		g = &bag{}
		b[group] = g
	}
	g.n++
	g.items = append(append(g.items, member...), ' ')
	g.items = append(strconv.AppendInt(g.items, int64(len(outcome)), 10), ' ')
	g.items = append(g.items, outcome...)
}

func (b *bag) text() []byte {
	return append(append(strconv.AppendInt(nil, int64(b.n), 10), ' '), b.items...)
}
