package queue

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// FuzzItem reads what anybody who reaches Redis may have put into a queue. What is taken
// for a job is written and read again without a change, and can be tried and judged; what
// is refused is refused in one short line, without the payload.
func FuzzItem(f *testing.F) {
	plain := message{id: "7-x", max: 3, timeout: 5000, keep: 60000, expires: 1, enqueued: 1 << 40, client: "c", name: "mail.send", payload: []byte("to\nme")}
	f.Add(string(plain.entry()))
	f.Add("r2 a.png " + string((&message{max: 1, name: "echo"}).appendEnvelope(nil)))
	f.Add("r0 a 5 0 0 0 0 - echo\n")
	f.Add("r-9 a 5 0 0 0 0 - echo\n")
	f.Add("pid 1 9223372036854775807 0 0 0 - echo\n")
	f.Add("qid 1 0 0 0 0 - echo\n")
	f.Add("pid 1 0 zero 0 0 - echo\npassword")
	f.Fuzz(func(t *testing.T, item string) {
		var m message
		if err := m.readItem(item); err != nil {
			text := err.Error()
			_, payload, _ := strings.Cut(item, "\n")
			if len(text) > 250 || strings.ContainsAny(text, "\n\x1b") || len(payload) > 7 && strings.Contains(text, payload) {
				t.Errorf("%q is refused with %q", item, text)
			}
			return
		}
		survives(t, m)
		tried(t, &m)
	})
}

// survives fails unless a message is the same once it has been to Redis and back.
func survives(t *testing.T, m message) {
	t.Helper()
	item := m.entry()
	if m.recorded {
		item = append([]byte("r"+number(int64(m.tries))+" "+m.id+" "), m.appendEnvelope(nil)...)
	}
	var again message
	if err := again.readItem(string(item)); err != nil {
		t.Fatalf("%+v became %q: %v", m, item, err)
	}
	same := bytes.Equal(again.payload, m.payload)
	again.payload, m.payload = nil, nil
	if !same || again.id != m.id || !bytes.Equal(again.entry(), m.entry()) || again.tries != m.tries || again.recorded != m.recorded {
		t.Fatalf("%+v became %+v", m, again)
	}
}

// tried fails a job as a worker does, outside of the handler, where a panic ends it.
func tried(t *testing.T, m *message) {
	t.Helper()
	if d := time.Duration(m.timeout) * time.Millisecond; d < 0 {
		t.Errorf("a timeout of %d ms is over before it begins", m.timeout)
	}
	v := verdict{m: m}
	new(endpoint).judge(nil, &v, nil, bytes.ErrTooLarge, 1<<20)
	switch {
	case v.kind != burying && v.kind != retrying, v.kind == retrying && m.tries >= m.max:
		t.Errorf("try %d of %d is followed by %q", m.tries, m.max, v.kind)
	case v.after < 0 || v.after > 10*time.Minute:
		t.Errorf("try %d is followed by one in %v", m.tries, v.after)
	}
}

// FuzzURL gives an address that holds a password in every way that a person may get
// wrong. It is never seen in a message.
func FuzzURL(f *testing.F) {
	for _, s := range [][4]string{
		{"redis://user:", "", "@localhost:6379/0", ""}, {"rediss://:", "#", "@h", ""}, {"redis:/user:", "%zz", "@h:1", "/x"},
		{"user:", "p://", "@h", "?x=1"}, {"pass-", "://x", "@h", ""}, {"unix://u:", "/", "@/tmp/s", "?db=a"}, {"://", ":", "@", "@"}, {"mem:", "\x00", "@", " "},
	} {
		f.Add(s[0], s[1], s[2], s[3])
	}
	f.Fuzz(func(t *testing.T, before, after, at, rest string) {
		const canary = "CANARY-7f3a"
		if strings.Contains(before, "@") || !strings.HasPrefix(at, "@") {
			return // what stands behind the @ is a host, whatever was meant
		}
		url := before + canary + after + at + rest
		if said := Redact(url); strings.Contains(said, canary) {
			t.Errorf("%q is shown as %q", url, said)
		}
		if _, err := Options(url); err != nil && strings.Contains(err.Error(), canary) {
			t.Errorf("%q is refused with %q", url, err)
		}
	})
}
