package live

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// after is a board after some events, a second apart.
func after(events ...Event) *board {
	b := newBoard()
	for i, e := range events {
		e.At = time.Duration(i+1) * time.Second
		if e.Scene != nil {
			b = b.begin(*e.Scene, e.At)
		} else {
			b.take(e)
		}
	}
	return b
}

func at(lane string, task int, state State, t0, t1 time.Duration) Event {
	return Event{Span: &Span{Lane: lane, Task: task, State: state, T0: int64(t0), T1: int64(t1)}}
}

// What a frame looks like.
func TestFrame(t *testing.T) {
	b := newBoard()
	b = b.begin(Scene{Title: "two workers", Text: "Who is busy?", Lanes: []string{"a", "worker b"}}, 0)
	s := time.Second
	for _, e := range []Event{
		at("a", 0, Running, 1, 2*s), at("a", 1, Waiting, 2*s, 3*s), at("a", 2, Lost, 3*s, 4*s),
		at("worker b", 3, Running, 2*s, 0),
		{Count: &Count{Name: "done", Value: 2}}, {Count: &Count{Name: "lost", Value: 1, Bad: true}},
		{Point: &Point{Series: "gap", Value: 1, Unit: "ms"}}, {Point: &Point{Series: "gap", Value: 40, Unit: "ms"}},
		{Bars: &Bars{Title: "time", Unit: "s", Bars: []Bar{{"one", 4, ""}, {"two", 2, "half"}, {"three", -1, ""}}}},
		{Vote: &Vote{Question: "Which?", Choices: []string{"this", "that"}, Answer: 2}},
		{Table: &Table{Title: "The end", Head: []string{"level", "s"}, Rows: [][]string{{"one", "4.0"}}}},
		{Say: "That was it."},
	} {
		e.At = 2 * s
		b.take(e)
	}
	want := `
-- two workers ----------------------- 4 s -
Who is busy?

a        ###############-------xxxxxxxx 2 x1
worker b                ###############
         0                          4 s
# running   - waiting   x lost

done 2   ! lost 1

gap _#                    now 40, most 40 ms

time
one   ############################ 4 s
two   ############## 2 s half
three ?

? Which?
  a) this
=>b) that

The end
level    s
-----  ---
one    4.0

> That was it.
`
	got := strings.Join(look{width: 44, ascii: true}.frame(b, 4*s, true), "\n")
	if got = "\n" + got + "\n"; got != want {
		t.Errorf("got:%s\nwant:%s", got, want)
	}
}

// A cell shows what fills most of it, but what is lost, again or gone hides all else.
func TestCells(t *testing.T) {
	ms := time.Millisecond
	for _, c := range []struct {
		events []Event
		want   string
	}{
		{[]Event{at("a", 0, Running, 1, 60*ms), at("a", 1, Waiting, 60*ms, 100*ms)}, "#"},
		{[]Event{at("a", 0, Running, 1, 40*ms), at("a", 1, Waiting, 40*ms, 100*ms)}, "-"},
		{[]Event{at("a", 0, Running, 1, 99*ms), at("a", 1, Lost, 99*ms, 100*ms)}, "x"},
		{[]Event{at("a", 0, Again, 1, 2*ms), at("a", 1, Running, 2*ms, 100*ms)}, "@"},
		{[]Event{at("a", 0, Lost, 1, 90*ms), at("a", 1, Dark, 90*ms, 91*ms)}, "%"},
		{[]Event{at("a", 0, Queued, 1, 1*ms)}, "."},
		{[]Event{at("a", 0, Running, 200*ms, 300*ms)}, " "},
		{[]Event{at("a", 0, Running, 50*ms, 150*ms)}, "##"},
	} {
		b := after(c.events...)
		got := look{ascii: true}.bar(b.named["a"].fill(0, time.Duration(len(c.want))*100*ms, len(c.want), 0))
		if got != c.want {
			t.Errorf("%+v: cell is %q, want %q", c.events, got, c.want)
		}
	}
}

// A span goes on until its end is told: also by a worker that was lost meanwhile. Its end
// belongs to the scene it began in.
func TestOpenSpans(t *testing.T) {
	b := after(Event{Scene: &Scene{}}, at("a", 0, Running, time.Second, 0))
	if got := b.elapsed(5 * time.Second); got != 4*time.Second {
		t.Errorf("axis is %v, want 4s", got)
	}
	b.take(at("a", 0, Lost, time.Second, 3*time.Second))
	if l := b.named["a"]; len(l.spans) != 1 || l.lost != 1 || len(l.tasks) != 0 || len(l.open) != 0 {
		t.Errorf("after the loss: %+v", l)
	}
	b = after(at("a", 0, Running, 1, 0)).begin(Scene{}, time.Second)
	b.take(at("a", 0, Running, 1, time.Second))
	if len(b.lanes) != 0 {
		t.Errorf("a span of the scene before came back: %+v", b.lanes[0])
	}
}

// Drawn together, the axis ends with the last span, and a span that goes on is as long as
// it was watched.
func TestTogether(t *testing.T) {
	b := newBoard().begin(Scene{Together: true}, 0)
	e := at("late", 0, Running, 2*time.Second, 0)
	e.At = 60 * time.Second // its turn came a minute later
	b.take(e)
	if got := b.elapsed(61 * time.Second); got != 3*time.Second {
		t.Errorf("axis is %v, want 3s", got)
	}
}

// Where there is too little room, lanes and bars are cut, and what is asked and said is not.
func TestTooManyLanes(t *testing.T) {
	b := newBoard().begin(Scene{Title: "high", Text: "Look here."}, 0)
	for i := range 16 {
		b.take(at(fmt.Sprint("lane ", i+1), i, Running, 1, time.Second))
	}
	b.take(Event{Bars: &Bars{Title: "time", Unit: "s", Bars: []Bar{{"one", 4, ""}, {"two", 2, ""}}}})
	b.take(Event{Vote: &Vote{Question: "Which?", Choices: []string{"this", "that", "both", "none"}}})
	b.take(Event{Say: "The caption."})
	for height, more := range map[int]int{24: 8, 16: 12, 10: 12} {
		frame := (&Terminal{look: look{width: 80, ascii: true, projector: true}, height: height, board: b}).moving(time.Second)
		text := strings.Join(frame, "\n")
		for _, want := range []string{"a) this", "d) none", "Hands up", "> The caption."} {
			if !strings.Contains(text, want) {
				t.Errorf("at %d lines there is no %q in:\n%s", height, want, text)
			}
		}
		if n := len(frame); n >= height || height > 10 && !strings.Contains(text, fmt.Sprintf("+ %d more", more)) {
			t.Errorf("%d lines of %d, want %d lanes less:\n%s", n, height, more, text)
		}
	}
}

// A table that is too high for a terminal goes last, and begins with its head.
func TestTooHighTable(t *testing.T) {
	b := newBoard().begin(Scene{Title: "end", Lanes: []string{"a"}}, 0)
	b.take(Event{Table: &Table{Title: "Numbers", Head: []string{"what"}, Rows: slices.Repeat([][]string{{"row"}}, 20)}})
	b.take(Event{Say: "The caption."})
	frame := (&Terminal{look: look{width: 80, ascii: true}, height: 12, board: b}).moving(0)
	if len(frame) != 11 || frame[1] != "Numbers" || frame[9] != "+ 15 more" || frame[10] != "> The caption." {
		t.Errorf("got %d lines:\n%s", len(frame), strings.Join(frame, "\n"))
	}
}

// Whatever a recording holds, lines stay in their columns and drive no terminal.
func TestHostileText(t *testing.T) {
	for _, evil := range []string{strings.Repeat("x", 10_000), "a\x1b[2Jb\x1b]0;title\x07c", "<script>\"'", "line\nbreak\r\ttab", strings.Repeat("漢字", 200), "\u202egnp", "\xff\xfe"} {
		b := after(Event{Scene: &Scene{Title: evil, Text: evil, Lanes: []string{evil, "b"}}},
			at(evil, 0, Running, time.Second, 2*time.Second), at("b", 1<<62, Lost, 1, 2),
			Event{Count: &Count{Name: evil, Value: 1e300, Unit: evil, Bad: true}},
			Event{Point: &Point{Series: evil, Value: -1e300, Unit: evil}},
			Event{Bars: &Bars{Title: evil, Unit: evil, Log: true, Bars: []Bar{{evil, 1e300, evil}, {evil, 1e-300, evil}}}},
			Event{Vote: &Vote{Question: evil, Choices: []string{evil, evil}, Answer: 99}},
			Event{Table: &Table{Title: evil, Head: []string{evil, evil, evil}, Rows: [][]string{{evil}, {evil, evil, evil, evil}}, Note: evil}},
			Event{Say: evil})
		for _, l := range []look{{width: 80}, {width: 80, ascii: true}, {width: 40, projector: true}} {
			for _, line := range l.frame(b, time.Hour, true) {
				if width(line) > l.width || strings.ContainsAny(line, "\x1b\n\r\t\u202e") {
					t.Errorf("%.20q at width %d: %d columns: %q", evil, l.width, width(line), line)
				}
			}
		}
	}
}

// Colour only repeats: without its escape sequences a frame is the same.
func TestColourOnlyRepeats(t *testing.T) {
	b := after(Event{Scene: &Scene{Title: "a"}}, at("a", 0, Running, 1, time.Second), at("a", 1, Lost, time.Second, 2*time.Second),
		Event{Count: &Count{Name: "lost", Value: 1, Bad: true}}, Event{Bars: &Bars{Title: "b", Bars: []Bar{{"c", 1, ""}}}})
	with := strings.Join(look{width: 80, color: true}.frame(b, 0, true), "\n")
	without := strings.Join(look{width: 80}.frame(b, 0, true), "\n")
	bare := with
	for _, ink := range append([]string{bold, alarm, normal}, inks[Running], inks[Lost]) {
		bare = strings.ReplaceAll(bare, ink, "")
	}
	if with == without || bare != without {
		t.Errorf("with colours:\n%q\nwithout:\n%q", with, without)
	}
}

func TestRoundUp(t *testing.T) {
	s := time.Second
	for d, want := range map[time.Duration]time.Duration{0: s, s: s, s + 1: 2 * s, 3 * s: 5 * s, 6 * s: 10 * s, 11 * s: 20 * s, 1 << 62: 1 << 62} {
		if got := roundUp(d, s); got != want {
			t.Errorf("roundUp(%v) is %v, want %v", d, got, want)
		}
	}
}

func TestFigure(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 12: "12", 1234567: "1234567", 0.5: "0.500", 51.234: "51.2", 1234.5: "1234", -2.5: "-2.50", 1e300: "1.00e+300"} {
		if got := figure(v); got != want {
			t.Errorf("figure(%v) is %q, want %q", v, got, want)
		}
	}
}

// On a linear scale lengths are as the values, on a logarithmic one as their ratios.
func TestLength(t *testing.T) {
	for _, c := range []struct {
		log  bool
		want [3]int
	}{{false, [3]int{1, 10, 100}}, {true, [3]int{10, 55, 100}}} {
		v := Bars{Log: c.log, Bars: []Bar{{"", 1, ""}, {"", 10, ""}, {"", 100, ""}}}
		for i, b := range v.Bars {
			if got := length(v, b.Value, 100); got != c.want[i] {
				t.Errorf("log %v: bar of %v is %d long, want %d", c.log, b.Value, got, c.want[i])
			}
		}
	}
}

// A scene of thousands of spans is drawn in far less than a frame's time: this says how
// long it takes.
func BenchmarkFrame(b *testing.B) {
	board := newBoard().begin(Scene{Title: "many"}, 0)
	for i := range 3000 {
		board.take(at(fmt.Sprint("lane ", i%16), i, Running, time.Duration(i)*time.Millisecond, time.Duration(i+10)*time.Millisecond))
	}
	for b.Loop() {
		look{width: 80}.frame(board, 4*time.Second, false)
	}
}
