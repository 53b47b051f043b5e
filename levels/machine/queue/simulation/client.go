package simulation

import (
	"strconv"
	"strings"
)

// A client follows ../post.go and ../inbox.go: it numbers what it sends, repeats it
// until there is an answer or its patience ends, and reads the outcomes of its calls.
type client struct {
	*process
	name    string
	cursor  int // what it has read of its replies
	reading bool
	senders []*sender
}

// A sender is a stream of numbers: one call at a time.
type sender struct {
	*client
	stream string
	number int64
	jobs   []int // under way
	refuse []int // the queue was full
}

// Of what kind a job is follows from its number.
const (
	poisonEvery = 1999
	failsEvery  = 53
	mostReady   = 3000
	maxTries    = 5
)

func (s *sim) newClient() *client {
	c := &client{process: &process{sim: s}}
	c.begin()
	return c
}

func (c *client) begin() {
	c.names++
	c.name, c.cursor, c.reading, c.senders = "c"+strconv.Itoa(c.names), 0, false, nil
	for i := range 2 {
		s := &sender{client: c, stream: c.name + "." + strconv.Itoa(i)}
		c.senders = append(c.senders, s)
		c.soon(c.between(0, 50), s.produce)
	}
}

// die is SIGKILL: what was under way is unknown, and what was refused is another's.
func (c *client) die() {
	c.fired[ProducerKilled]++
	c.life++
	c.stoppedTo, c.reading = 0, true // it reads nothing more
	for _, s := range c.senders {
		s.unknown()
		c.spare, s.refuse = append(c.spare, s.refuse...), nil
	}
	for i := range c.ledger.jobs {
		if c.ledger.jobs[i].caller == c {
			c.ledger.hangUp(i)
		}
	}
	c.soon(c.between(10, 200), c.begin)
}

func (s *sender) unknown() {
	for _, n := range s.jobs {
		s.ledger.jobs[n].unknown = true
		s.ledger.hangUp(n)
		s.fired[Unknown]++
	}
	s.jobs = nil
}

// produce takes jobs and sends them.
func (s *sender) produce() {
	s.jobs = nil
	for want := s.between(1, 40); want > 0; want-- {
		switch {
		case len(s.refuse) > 0:
			s.jobs, s.refuse = append(s.jobs, s.refuse[0]), s.refuse[1:]
		case len(s.spare) > 0:
			s.jobs, s.spare = append(s.jobs, s.spare[0]), s.spare[1:]
		case s.produced < s.config.Jobs:
			s.jobs = append(s.jobs, s.produced)
			s.produced++
		}
	}
	if len(s.jobs) == 0 {
		s.soon(100, s.produce)
		return
	}
	s.number++
	call := Enqueue{Stream: s.stream, Number: s.number, Most: mostReady}
	var plain, recorded []int
	messages := make([]Message, len(s.jobs))
	for i, n := range s.jobs {
		m := &messages[i]
		m.Max, m.N = maxTries, n
		f := &s.ledger.jobs[n]
		f.attempted = true
		switch kind := n % 10; kind {
		case 0, 1, 5:
			r := Recorded{ID: s.labels[n].recorded, M: m}
			if kind == 1 {
				r.At = -s.between(1, 500)
			}
			if kind == 0 {
				m.Keep = 5000
			}
			call.Recorded = append(call.Recorded, r)
			recorded = append(recorded, n)
		default:
			if kind == 2 {
				m.Keep = 5000
			}
			call.Plain = append(call.Plain, Entry{'p', s.labels[n].plain, m})
			plain = append(plain, n)
		}
		if kind := n % 10; kind == 3 || kind == 4 || kind == 5 {
			m.Client = s.name
			if f.caller == nil {
				s.ledger.calls++
			}
			f.caller = s.client
		}
	}
	s.jobs = append(plain, recorded...) // the order of the verdicts
	s.insist(call, 10, s.now+5000)
}

// insist sends a call again until it is answered, or there is no patience left.
func (s *sender) insist(call Enqueue, wait, late int64) {
	verdicts := ""
	s.send([]func(){func() {
		if last := s.store.sent[call.Stream]; last.number >= call.Number {
			s.fired[SentAgain]++
		}
		_, verdicts = s.store.Enqueue(call)
	}}, func(ok bool) {
		switch {
		case ok:
			s.settle(verdicts)
			s.soon(s.pace(), s.produce)
		case s.now > late:
			s.unknown()
			s.produce()
		default:
			s.soon(wait, func() { s.insist(call, min(2*wait, 500), late) })
		}
	})
}

// pace is how long a producer waits between two calls: there is more to do at some
// times than at others.
func (s *sender) pace() int64 {
	switch {
	case len(s.refuse) > 0:
		return s.between(100, 1000)
	case s.now/2000%3 == 0:
		return 0
	}
	return s.between(0, 150)
}

func (s *sender) settle(verdicts string) {
	for i, n := range s.jobs {
		f := &s.ledger.jobs[n]
		switch verdicts[i] {
		case '1':
			s.ledger.acked(n)
		case 'f':
			s.fired[Full]++
			s.refuse = append(s.refuse, n)
			s.ledger.hangUp(n)
		default: // it is there: the number was forgotten
			f.unknown = true
		}
	}
	s.jobs = nil
}

// hear has clients read what has come for them.
func (s *sim) hear() {
	for _, c := range s.clients {
		if texts := s.store.Replies[c.name]; len(texts) > c.cursor && !c.reading {
			c.reading = true
			c.read(len(texts))
		}
	}
}

func (c *client) read(to int) {
	if c.chance(300) || c.now < c.cutTo {
		c.fired[ReadAgain]++
		c.soon(100, func() { c.read(to) })
		return
	}
	c.soon(c.between(1, 3), func() {
		for _, text := range c.store.Replies[c.name][c.cursor:to] {
			id, outcome, _ := strings.Cut(text, " ")
			n, _ := strconv.Atoi(id[max(1, strings.LastIndexByte(id, '.')+1):])
			c.ledger.answered(n, c, outcome)
		}
		c.cursor, c.reading = to, false
		c.hear()
	})
}

// latest is some of the jobs that were enqueued last.
func (s *sim) latest() (jobs []int) {
	for range 3 {
		if n := s.produced - 1 - s.rng.IntN(200); n >= 0 {
			jobs = append(jobs, n)
		}
	}
	return jobs
}

// abort ends jobs.
func (c *client) abort(jobs []int) {
	var ids []string
	for _, n := range jobs {
		c.ledger.jobs[n].unwanted = true
		switch n % 10 {
		case 0, 1, 5:
			ids = append(ids, c.labels[n].recorded)
		default:
			ids = append(ids, c.labels[n].plain)
		}
	}
	var insist func()
	insist = func() {
		letters := ""
		c.send([]func(){func() { letters = c.store.Abort(ids...) }}, func(ok bool) {
			if !ok {
				c.soon(100, insist)
			} else if strings.Contains(letters, "a") {
				c.fired[AbortWaiting]++
			}
		})
	}
	insist()
}
