package machine

import (
	"fmt"
	"strconv"
	"strings"
)

// keyHeader carries the key of a request. It is not called Idempotency-Key, with which
// net/http would send a request again by itself, and say the same as the first time: a
// worker that was started in between would run it twice.
const keyHeader = "Fourlevels-Request"

// workerHeader carries the name of the worker that answers, and in a request of the one
// that is to run it: one address may lead to several, or to a new one, and each knows only
// what it ran itself.
const workerHeader = "Fourlevels-Worker"

// A key names a request: it is the one of that number that its sender sends.
type key struct {
	sender string
	number uint64
	again  bool // it was sent before, and may have come
	pinned bool // no other worker than this one may have got it; not a part of the text
}

func (k key) String() string {
	s := k.sender + "/" + strconv.FormatUint(k.number, 10)
	if k.again {
		s += "/again"
	}
	return s
}

// parseKey reads what String wrote.
func parseKey(s string) (key, error) {
	rest, again := strings.CutSuffix(s, "/again")
	sender, number, _ := strings.Cut(rest, "/")
	n, err := strconv.ParseUint(number, 10, 64)
	if err != nil || len(sender) < 16 || len(sender) > 64 || strings.ContainsFunc(sender, notAlphanumeric) {
		return key{}, fmt.Errorf("the key %.40q is none: want SENDER/NUMBER in %s", s, keyHeader)
	}
	return key{sender: sender, number: n, again: again}, nil
}

func notAlphanumeric(r rune) bool {
	return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}
