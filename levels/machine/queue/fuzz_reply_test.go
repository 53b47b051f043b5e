package queue

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// A shape is what an answer of Redis looks like, for a fuzzer to change: a line each for
// a list of n, a whole number, a text, or nil.
//
//	*5  :1700000000000  +ok  _
//
// It claims no more than is there: a list ends with the lines.
func shape(lines *[]string, depth int) any {
	if len(*lines) == 0 || depth > 8 {
		return nil
	}
	line := (*lines)[0]
	*lines = (*lines)[1:]
	switch {
	case strings.HasPrefix(line, "*"):
		list := []any{}
		for n, _ := strconv.Atoi(line[1:]); len(list) < n && len(*lines) > 0; {
			list = append(list, shape(lines, depth+1))
		}
		return list
	case strings.HasPrefix(line, ":"):
		n, _ := strconv.ParseInt(line[1:], 10, 64)
		return n
	case strings.HasPrefix(line, "+"):
		return line[1:]
	}
	return nil
}

// An answerer gives every script the same answer.
type answerer struct {
	redis.UniversalClient
	answer any
}

func (a answerer) EvalSha(context.Context, string, []string, ...any) *redis.Cmd {
	return redis.NewCmdResult(a.answer, nil)
}

// FuzzReplies has Redis, or what stands in its place, answer what it likes to all that
// the queue asks. It may be believed or not. But what is made of it is of the kinds that
// there are: a state that has a name, a time that can be written down, a verdict for each
// job; and an error is short.
func FuzzReplies(f *testing.F) {
	for _, lines := range []string{
		"*5 :1700000000000 +ok :-1 *1 +aborted *2 +pid~3~0~0~0~0~-~echo\nhello +r2~a~3~0~0~0~0~-~echo\n",
		"*5 :-9 +lost :9223372036854775807 *0 *1 +r0~a~3~0~0~0~0~-~echo\n",
		"*2 :1700000000000 +ooxf", "*2 :0 +",
		"*1 *2 +reply:c *2 *2 +1-0 *2 + +id~oyes *2 +2-0 *1 +odd",
		"*1 *2 +o +oyes", "*1 *4 +z3~why +3~0~0~0~0~-~echo\nx +inf +NaN",
		"*1 *4 +x3~why +3~0~0~0~9223372036854775807~-~echo\nx + +1e99",
		"*10 :1 :2 :3 :4 :5 :6 :7 :1 :9 *2 +done +7",
		"*10 :9223372036854775807 :-2 :3 :4 :5 :6 :7 :1 :9223372036854775807 *3 +done +x +odd",
		"*1 *4 +id +1e300 +x5~gone +1~0~0~0~0~-~echo\n",
	} {
		f.Add(strings.NewReplacer(" ", "\r\n", "~", " ").Replace(lines))
	}
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Split(text, "\r\n")
		answer := shape(&lines, 0)
		s := newShard(&link{rdb: answerer{answer: answer}, where: "there"}, "q")
		claims(t, s, answer)
		listed(t, s)
		const jobs = 3
		letters, err := (&post{shard: s}).verdicts(redis.NewCmdResult(answer, nil), jobs)
		if short(t, err); err == nil && len(letters) != jobs {
			t.Errorf("%d verdicts for %d jobs", len(letters), jobs)
		}
		for _, text := range second(readStream(answer)) {
			_, err := readOutcome(text)
			short(t, err)
		}
		_, err = s.abort(t.Context(), []string{"a"})
		short(t, err)
		_, err = s.revive(t.Context(), "drop", []string{"a"})
		short(t, err)
	})
}

func second[A, B any](_ A, b B) B { return b }

// short fails if an error is more than a line and a half: answers may be megabytes.
// The reason of a dead letter is the handler's, which is cut when it is written.
func short(t *testing.T, err error) {
	t.Helper()
	if dead := (*DeadError)(nil); err != nil && !errors.As(err, &dead) && len(err.Error()) > 300 {
		t.Errorf("the error has %d bytes: %.400q", len(err.Error()), err)
	}
}

// claims takes an answer for that of the script claim, and each of its items for a job.
func claims(t *testing.T, s *shard, answer any) {
	t.Helper()
	c, err := s.readClaim(redis.NewCmdResult(answer, nil))
	if short(t, err); err != nil {
		return
	}
	if c.wait < 0 && c.wait != notLooked && c.wait != -time.Millisecond {
		t.Errorf("there is something to tidy in %v", c.wait)
	}
	if !slices.Contains([]string{"ok", "paused", "lost"}, c.state) {
		t.Errorf("the lane is %q", c.state)
	}
	l := &lane{aborts: map[string]time.Time{}}
	for i, item := range c.items {
		if try := l.unpack(item, i, c.now); try.verdict.kind == 0 {
			survives(t, try.message)
		}
	}
}

// listed takes an answer for that of the scripts that tell how things stand.
func listed(t *testing.T, s *shard) {
	t.Helper()
	infos, err := s.look(t.Context(), "", []string{"a"})
	short(t, err)
	dead, err := s.deadLetters(t.Context(), 10)
	short(t, err)
	for _, info := range append(infos, dead...) {
		if _, err := json.Marshal(info); err != nil {
			t.Errorf("%+v cannot be written down: %v", info, err)
		}
		if !slices.Contains([]Status{Queued, Deferred, Running, Done, Dead, Unknown}, info.Status) {
			t.Errorf("job %q is %q", info.ID, info.Status)
		}
	}
	info, err := s.info(t.Context())
	if short(t, err); err != nil {
		return
	}
	if _, err := json.Marshal(info); err != nil || info.Oldest < 0 {
		t.Errorf("%+v cannot be: %v", info, err)
	}
}
