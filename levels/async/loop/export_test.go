package loop

import "time"

// On calls f on the thread of the loop, and waits until it has.
func (l *Level) On(f func()) {
	done := make(chan bool)
	l.loop.post(func() { f(); close(done) })
	<-done
}

// SetPatience sets how long a fetch may take.
func (l *Level) SetPatience(d time.Duration) { l.On(func() { l.loop.client.patience = d }) }

// Adopt has the loop use a connected socket for the next fetch from a host and port.
func (l *Level) Adopt(fd int, key string) (err error) {
	l.On(func() {
		var c *conn
		addr, _ := resolve(key)
		h := &host{key: key, addr: addr}
		if c, err = l.loop.adopt(fd, h); err == nil {
			h.idle.push(&c.link, c)
		}
	})
	return err
}

// Open returns how many connections there are, and how many requests on them are
// written in part only.
func (l *Level) Open() (conns, partial int) {
	l.On(func() {
		conns = l.loop.client.open
		for _, c := range l.loop.client.conns {
			if c != nil && len(c.rest) > 0 {
				partial++
			}
		}
	})
	return conns, partial
}

// Deliver delivers an event for each connection, as of a generation before its own.
func (l *Level) Deliver(before uint32) {
	l.On(func() {
		for _, c := range l.loop.client.conns {
			if c != nil {
				l.loop.event(event{fd: c.fd, gen: c.gen - before, end: true})
			}
		}
	})
}

// Age makes the connections that are idle now look as if they had been for long, and
// has the loop look.
func (l *Level) Age(by time.Duration) {
	l.On(func() {
		for _, c := range l.loop.client.conns {
			if c != nil && c.fetch == nil {
				c.since = c.since.Add(-by)
			}
		}
		l.loop.client.sweep = time.Now()
	})
}

// Swept reports whether the loop has looked since.
func (l *Level) Swept() (yes bool) {
	l.On(func() { yes = l.loop.client.sweep.IsZero() || l.loop.client.sweep.After(time.Now()) })
	return yes
}

// Queue returns for how many callbacks there is room.
func (l *Level) Queue() (room int) {
	l.On(func() { room = cap(l.loop.ready) })
	return room
}

// SetBuffer sets how much the loop reads in one go.
func (l *Level) SetBuffer(n int) { l.On(func() { l.loop.client.buffer = make([]byte, n) }) }

// Hosts returns how many hosts the loop remembers.
func (l *Level) Hosts() (n int) {
	l.On(func() { n = len(l.loop.client.hosts) })
	return n
}
