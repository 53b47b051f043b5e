package queue

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A message is a job on its way. In Redis it is an envelope, one line of text
// and the payload after it, so that redis-cli shows what there is:
//
//	<max tries> <timeout> <keep> <expires> <enqueued> <client that waits, or -> <task>\n<payload>
//
// Times are in ms. The scripts read the first, the third and the sixth field.
type message struct {
	id       string
	tries    int  // how often it was begun, with this time; 0 before the first
	recorded bool // it has a record

	max      int   // tries
	timeout  int64 // of a try; 0 means none
	keep     int64 // how long its outcome is kept; 0 means not
	expires  int64 // when it must have begun, by Redis' clock; 0 means any time
	enqueued int64 // when it was, by Redis' clock
	client   string
	name     string // of its task
	payload  []byte

	at int64 // before it is enqueued: 0 is now, -n in n ms, n at the time n; and expires counts from now
}

// appendEnvelope appends m as it lies in Redis.
func (m *message) appendEnvelope(b []byte) []byte {
	for _, n := range [...]int64{int64(m.max), m.timeout, m.keep, m.expires, m.enqueued} {
		b = append(strconv.AppendInt(b, n, 10), ' ')
	}
	if m.client == "" {
		b = append(b, '-')
	}
	b = append(append(append(b, m.client...), ' '), m.name...)
	return append(append(b, '\n'), m.payload...)
}

// entry returns a plain message as it lies in the list.
func (m *message) entry() []byte {
	b := make([]byte, 0, 1+len(m.id)+1+64+len(m.client)+len(m.name)+len(m.payload))
	return m.appendEnvelope(append(append(append(b, 'p'), m.id...), ' '))
}

// readItem reads what the script claim answers: "p<id> <envelope>" or
// "r<tries> <id> <envelope>". What it can read stands in m even if it fails.
func (m *message) readItem(item string) error {
	if item == "" {
		return errors.New("it is empty")
	}
	kind, rest := item[0], item[1:]
	m.tries = 1
	if kind == 'r' {
		tries, after, _ := strings.Cut(rest, " ")
		m.recorded, rest = true, after
		var err error
		if m.tries, err = strconv.Atoi(tries); err != nil || m.tries < 1 {
			return errors.New("its number of tries cannot be read")
		}
	}
	var ok bool
	if m.id, rest, ok = strings.Cut(rest, " "); !ok {
		return errors.New("it has no envelope")
	}
	return m.readEnvelope(rest)
}

// What the numbers of an envelope may be: more is no length or no time that Go, or JSON, can
// tell. Whoever reaches Redis can write anything there.
const (
	longest = math.MaxInt64 / int64(time.Millisecond)
	latest  = 253402300799999 // the end of the year 9999, in ms
)

var largest = [5]int64{math.MaxInt, longest, longest, latest, latest}

func (m *message) readEnvelope(s string) error {
	head, payload, ok := strings.Cut(s, "\n")
	if !ok {
		return errors.New("its envelope has no end")
	}
	var numbers [5]int64
	for i := range numbers {
		var field string
		field, head, ok = strings.Cut(head, " ")
		n, err := strconv.ParseInt(field, 10, 64)
		if !ok || err != nil || n < 0 || n > largest[i] {
			return fmt.Errorf("field %d of its envelope, %.40q, is not a number from 0 to %d", i+1, field, largest[i])
		}
		numbers[i] = n
	}
	m.max, m.timeout, m.keep, m.expires, m.enqueued = int(numbers[0]), numbers[1], numbers[2], numbers[3], numbers[4]
	if m.client, m.name, ok = strings.Cut(head, " "); !ok || m.name == "" {
		return errors.New("its envelope names no task")
	}
	if m.client == "-" {
		m.client = ""
	}
	m.payload = []byte(payload)
	return nil
}

// The first letter of an outcome says how a job ended.
const (
	ended   = 'o' // the output follows
	buried  = 'x' // the reason follows
	aborted = 'a'
	expired = 'e'
)

// readOutcome turns an outcome into what its caller gets.
func readOutcome(s string) (output []byte, err error) {
	if s == "" {
		return nil, fmt.Errorf("%w: the outcome cannot be read", ErrUnknown)
	}
	switch text := s[1:]; s[0] {
	case ended:
		return []byte(text), nil
	case buried:
		return nil, &DeadError{Reason: text}
	case aborted:
		return nil, ErrAborted
	case expired:
		return nil, ErrExpired
	}
	return nil, fmt.Errorf("%w: the outcome %.20q cannot be read", ErrUnknown, s)
}

// checkName checks an id or a name: they travel between spaces.
func checkName(what, s string, most int) error {
	switch {
	case s == "":
		return fmt.Errorf("%s is empty", what)
	case len(s) > most:
		return fmt.Errorf("%s %.20q… has %d bytes: at most %d may be used", what, s, len(s), most)
	case !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		return fmt.Errorf("%s %q has a space or a control character in it, or is no UTF-8", what, s)
	}
	return nil
}
