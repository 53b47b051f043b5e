package demo

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/bench/live"
	"github.com/fourlevels/fourlevels/levels"
)

// Every way has its row, in which parts add up to the whole, and the bars of the last scene
// are to scale before they are logarithmic.
func TestMove(t *testing.T) {
	events := staging(t, move, Config{Pace: 0.02}, live.Config{Predict: true, Keys: pressed()})
	table := lastTable(t, move, events)
	if len(table.Rows) != len(moveWays) {
		t.Fatalf("table has %d rows, want one for each of %d ways", len(table.Rows), len(moveWays))
	}
	for i, row := range table.Rows {
		if row[0] != moveWays[i].name || len(row) != len(table.Head) {
			t.Fatalf("row %d is %v", i, row)
		}
		if moveWays[i].shared && !moveShared {
			continue
		}
		var ms []float64
		for _, cell := range row[2:6] {
			v, err := strconv.ParseFloat(cell, 64)
			if err != nil || v < 0 {
				t.Fatalf("row %v: %q is no time", row, cell)
			}
			ms = append(ms, v)
		}
		if sum := ms[0] + ms[1] + ms[2]; ms[3] <= 0 || sum < ms[3]-0.002 || sum > ms[3]+0.002 {
			t.Errorf("row %v: its parts make %.3f ms", row, sum)
		}
	}
	if sent := table.Rows[len(moveWays)-1][1]; sent != "16 B" {
		t.Errorf("the question has %s", sent)
	}
	var logs []bool
	answers := 0
	for _, e := range events {
		if e.Bars != nil {
			logs = append(logs, e.Bars.Log)
		}
		if e.Vote != nil && e.Vote.Answer != 0 {
			answers++
		}
	}
	if !slices.Equal(logs[len(logs)-2:], []bool{false, true}) || answers != 1 {
		t.Errorf("the last bars are logarithmic: %v; %d answers were told", logs[len(logs)-2:], answers)
	}
	checkSpans(t, events)
}

// All functions find the same sum, and a worker that is asked about other numbers loads
// those.
func TestSums(t *testing.T) {
	numbers := moveData(moveSeed, moveNumbers)
	want := uint64(0)
	for _, x := range numbers {
		want += x
	}
	funcs := Funcs()
	for _, w := range moveWays {
		input, err := w.pack(numbers)
		if err != nil {
			t.Fatal(err)
		}
		r := funcs.Do(t.Context(), levels.Task{Func: w.task, Input: input})
		if r.Err != nil {
			t.Fatalf("%s: %v", w.name, r.Err)
		}
		if sum, took, err := unpackSum(r.Output); sum != want || took <= 0 || err != nil {
			t.Errorf("%s: sum %d in %v, %v; want %d", w.name, sum, took, err, want)
		}
	}
	owner := new(moveOwner)
	for _, n := range []int{3, 5} {
		question := moveQuestion()
		question[15], question[13] = byte(n), 0
		if got, err := owner.numbers(question); err != nil || !slices.Equal(got, moveData(moveSeed, n)) {
			t.Errorf("asked about %d numbers: %v, %v", n, got, err)
		}
	}
}

// Bytes that are no numbers are refused.
func TestSumsOfGarbage(t *testing.T) {
	funcs := Funcs()
	for task, inputs := range map[string][]string{
		"sum.json":  {"", "[1,", `["x"]`},
		"sum.gob":   {"", "\x03\x04\x00"},
		"sum.raw":   {"1234567"},
		"sum.owned": {"", "12345678", strings.Repeat("\xff", 16)},
		"waits":     {"", `{"N":"x"}`},
	} {
		for _, input := range inputs {
			if r := funcs.Do(t.Context(), levels.Task{Func: task, Input: []byte(input)}); r.Err == nil {
				t.Errorf("%s takes %q for numbers", task, input)
			}
		}
	}
}

func TestMoveAnswer(t *testing.T) {
	for times, want := range map[time.Duration]int{1: 1, 50: 2, 500: 3} {
		if got := moveAnswer(times*time.Millisecond, time.Millisecond); got != want {
			t.Errorf("%d times as long is answer %d, want %d", times, got, want)
		}
	}
}

func TestMoveEnds(t *testing.T) { ends(t, move, Config{Pace: 0.02}, 4, 1, 2) }
