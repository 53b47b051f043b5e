package pipes

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"github.com/fourlevels/fourlevels/levels/pitfall/grade"
	"github.com/fourlevels/fourlevels/levels/process/pitfalls/fullpipes"
)

func TestMain(m *testing.M) { grade.Main(m, fullpipes.Pitfall) }

// A few short questions fit into any pipe, whatever the order.
func TestShort(t *testing.T) {
	questions := [][]byte{[]byte("who?"), {}, []byte("line\nby\nline")}
	var sent, answers bytes.Buffer
	for _, q := range questions {
		frame(&answers, answerTo(q))
	}
	got, err := Ask(closer{&sent}, &answers, questions)
	check(t, "short", questions, got, err)
	var want bytes.Buffer
	for _, q := range questions {
		frame(&want, q)
	}
	if !bytes.Equal(sent.Bytes(), want.Bytes()) {
		grade.NotYet(t, "the three questions were sent as %q, not as %q", sent.Bytes(), want.Bytes())
	}
}

// The pitfall's own proof: 400 questions of 1 KiB to a real process.
func TestTwoPipes(t *testing.T) {
	grade.Judge(t, fullpipes.Pitfall, fullpipes.Observe(func(to io.WriteCloser, from io.Reader, lines []string) (answers []string, err error) {
		var questions [][]byte
		for _, line := range lines {
			questions = append(questions, []byte(line))
		}
		all, err := Ask(&frames{to: to}, &frames{from: bufio.NewReader(from)}, questions)
		for _, answer := range all {
			answers = append(answers, string(answer))
		}
		return answers, err
	}))
}

// What comes out of one Read is up to the pipe: here, it is one byte.
func TestBits(t *testing.T) {
	questions := [][]byte{[]byte("who?"), {}, []byte("line\nby\nline")}
	var answers bytes.Buffer
	for _, q := range questions {
		frame(&answers, answerTo(q))
	}
	got, err := Ask(closer{io.Discard}, iotest.OneByteReader(&answers), questions)
	check(t, "answers that come byte by byte", questions, got, err)
}

// Three sizes, through pipes that hold nothing. Time is virtual: who waits for ever is
// seen at once.
func TestSizes(t *testing.T) {
	for _, size := range []struct{ bytes, many int }{{1, 2000}, {1 << 10, 400}, {300 << 10, 8}} {
		grade.Virtual(t, func(t *testing.T) {
			questions := make([][]byte, size.many)
			for i := range questions {
				questions[i] = bytes.Repeat([]byte{byte(i)}, size.bytes)
			}
			p := start(t, len(questions)+1, false)
			to := &slow{WriteCloser: p.to}
			answers, err := Ask(to, p.from, questions)
			if to.closing.Load() != to.closed.Load() {
				grade.NotYet(t, "Ask has returned while to was still being closed: something goes on behind its back")
			}
			check(t, fmt.Sprintf("%d questions of %d bytes", size.many, size.bytes), questions, answers, err)
			synctest.Wait()
			select {
			case <-p.gone:
			default:
				grade.NotYet(t, "Ask has returned, but the process still waits for a question: to is not closed")
			}
		})
	}
}

// A process that dies is an error, not a hang, and leaves nothing behind; so is one that
// reads on, but has closed its output.
func TestDeath(t *testing.T) {
	for _, readsOn := range []bool{false, true} {
		grade.Virtual(t, func(t *testing.T) {
			p := start(t, 10, readsOn)
			answers, err := Ask(p.to, p.from, make([][]byte, 100))
			if err == nil {
				grade.NotYet(t, "the process ended after 10 answers of 100; Ask returned %d, and no error", len(answers))
			}
		})
	}
}

func check(t *testing.T, what string, questions, answers [][]byte, err error) {
	t.Helper()
	if err != nil {
		grade.NotYet(t, "%s: %v", what, err)
	}
	if len(answers) != len(questions) {
		grade.NotYet(t, "%s: %d answers to %d questions", what, len(answers), len(questions))
	}
	for i, q := range questions {
		if want := answerTo(q); !bytes.Equal(answers[i], want) {
			at := 0
			for at < min(len(want), len(answers[i])) && want[at] == answers[i][at] {
				at++
			}
			grade.NotYet(t, "%s: answer %d is wrong from byte %d on", what, i, at)
		}
	}
}
