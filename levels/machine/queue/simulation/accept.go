package simulation

import "slices"

// accept starts the jobs of a claim, as many as it has places for.
func (l *lane) accept(c Claimed, places int) {
	if c.State == "" { // the answer was to another lane
		return
	}
	if c.State == "lost" {
		l.lose()
		l.free += places
		return
	}
	l.claimed = true
	if c.Clock > 0 {
		l.redisNow, l.redisAt = c.Clock, l.now
	}
	l.since = l.redisNow + l.now - l.redisAt - 1000
	if c.Wait != -2 {
		l.renewed, l.event = l.now, -1
		if c.Wait >= 0 {
			l.event = l.now + c.Wait
		}
		l.keep()
	}
	l.heed(c.Aborts)
	started := 0
	batch := l.next
	var begun []*try
	tries := make([]try, len(c.Items))
	for i, item := range c.Items {
		t := &tries[i]
		*t = try{item: item, lane: l.id, batch: batch, index: i}
		switch {
		case item.Kind == 'p' && l.aborts[item.ID]:
			t.kind, t.outcome = 'o', "a"
		case started == places:
			t.kind = 'b'
		default:
			started++
			begun = append(begun, t)
			continue
		}
		l.verdicts = append(l.verdicts, t)
	}
	if len(c.Items) > 0 {
		l.left[batch] = len(c.Items)
		l.next++
	}
	l.free += places - started
	l.running = append(l.running, begun...)
	for _, t := range begun {
		l.start(t)
	}
}

// heed cancels jobs that shall be aborted, and remembers those that may come.
func (l *lane) heed(ids []string) {
	news := false
	for _, id := range ids {
		if !l.aborts[id] {
			l.aborts[id], news = true, true
		}
	}
	if !news {
		return
	}
	for _, t := range slices.Clone(l.running) {
		if l.aborts[t.item.ID] {
			l.fired[AbortRunning]++
			t.kind, t.outcome = 'o', "a"
			l.end(t)
		}
	}
}

// lose gives up a lane that has fallen: its jobs are others' now.
func (l *lane) lose() {
	l.fired[LaneLost]++
	for _, t := range slices.Clone(l.running) {
		if l.rng.IntN(2) == 0 { // a handler that heeds its ctx
			t.kind = 'b'
			l.end(t)
		}
	}
	l.renew()
	l.keep()
}
