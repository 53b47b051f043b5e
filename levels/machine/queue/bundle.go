package queue

import (
	"fmt"
	"slices"

	"github.com/redis/go-redis/v9"
)

// A bundle is what travels in one pipeline.
type bundle struct {
	parcels []*parcel
	steps   []*step
	streams []*stream
}

// pack takes parcels that wait and makes the scripts that send them. The
// messages of a script stand with the plain ones first, in the order of the
// parcels otherwise.
func (p *post) pack() (b bundle) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, size, taken := 0, 0, 0
	for _, c := range p.waiting {
		if n > 0 && (n+len(c.messages) > maxMessages || size > maxBytes || c.cron != "" || b.parcels[0].cron != "") {
			break
		}
		taken++
		p.length -= len(c.messages)
		if c.cancelled {
			continue
		}
		c.taken = true
		b.parcels = append(b.parcels, c)
		for _, m := range c.messages {
			n, size = n+1, size+len(m.payload)
		}
	}
	p.waiting = slices.Delete(p.waiting, 0, taken) // which forgets them, too
	if len(b.parcels) == 0 {                       // all were cancelled
		return b
	}
	var plain, recorded []*message
	for chunk := range chunks(b.parcels) {
		plain, recorded = plain[:0], recorded[:0]
		for _, m := range chunk {
			if m.recorded {
				recorded = append(recorded, m)
			} else {
				plain = append(plain, m)
			}
		}
		s := p.stream()
		b.streams = append(b.streams, s)
		args := make([]any, 0, 7+len(plain)+3*len(recorded))
		args = append(args, s.name, number(s.sent), p.maxLength, b.parcels[0].cron, b.parcels[0].tick, len(plain), p.shard.clock.stale())
		for _, m := range plain {
			args = append(args, m.entry())
		}
		for _, m := range recorded {
			args = append(args, m.id, m.appendEnvelope(nil), m.at)
		}
		b.steps = append(b.steps, &step{script: enqueueScript, args: args})
	}
	return b
}

// chunks yields the messages of parcels, as many at a time as a script takes.
func chunks(parcels []*parcel) func(yield func([]*message) bool) {
	return func(yield func([]*message) bool) {
		var chunk []*message
		size := 0
		for _, c := range parcels {
			for _, m := range c.messages {
				chunk, size = append(chunk, m), size+len(m.payload)
				if len(chunk) == maxScript || size > maxBytes {
					if !yield(chunk) {
						return
					}
					chunk, size = chunk[:0], 0
				}
			}
		}
		if len(chunk) > 0 {
			yield(chunk)
		}
	}
}

// unpack reads the verdicts, and hands each parcel its own.
func (p *post) unpack(parcels []*parcel, steps []*step) error {
	i := 0
	verdict := map[*message]byte(nil)
	for chunk := range chunks(parcels) {
		letters, err := p.verdicts(steps[i].reply, len(chunk))
		if err != nil {
			return err
		}
		i++
		if i == 1 && len(steps) == 1 && uniform(chunk) { // the letters stand in the messages' order
			for _, c := range parcels {
				c.verdicts, letters = letters[:len(c.messages)], letters[len(c.messages):]
			}
			return nil
		}
		if verdict == nil {
			verdict = map[*message]byte{}
		}
		for _, recorded := range []bool{false, true} {
			for _, m := range chunk {
				if m.recorded == recorded {
					verdict[m], letters = letters[0], letters[1:]
				}
			}
		}
	}
	for _, c := range parcels {
		for _, m := range c.messages {
			c.verdicts = append(c.verdicts, verdict[m])
		}
	}
	return nil
}

// uniform reports whether all messages, or none, have a record.
func uniform(messages []*message) bool {
	for _, m := range messages {
		if m.recorded != messages[0].recorded {
			return false
		}
	}
	return true
}

// verdicts reads the answer of the script enqueue.
func (p *post) verdicts(reply *redis.Cmd, n int) ([]byte, error) {
	fields, err := reply.Slice()
	if err != nil {
		return nil, err
	}
	if len(fields) == 2 {
		now, _ := fields[0].(int64)
		letters, _ := fields[1].(string)
		if len(letters) == n {
			if now > 0 {
				p.shard.clock.set(now)
			}
			return []byte(letters), nil
		}
	}
	return nil, fmt.Errorf("%w: enqueue: the answer %.80q cannot be read", ErrUnknown, fmt.Sprint(fields))
}
