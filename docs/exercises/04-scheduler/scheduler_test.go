package scheduler

import (
	"strings"
	"testing"

	"github.com/fourlevels/fourlevels/levels/pitfall/grade"
)

func TestMain(m *testing.M) { grade.Main(m) }

// A game is two programs, and what is to go wrong with them.
type game struct {
	name string
	a, b []step
	want string // the end to reach
}

var games = []game{
	{"Count", []step{reads, writes}, []step{reads, writes}, "n is 1"},
	{"Doors", []step{locks("x"), locks("y"), unlocks("y"), unlocks("x")}, []step{locks("y"), locks("x"), unlocks("x"), unlocks("y")}, "A and B wait for ever"},
	{"Bell", []step{looks, sleeps, goesOn}, []step{puts, rings}, "A waits for ever"},
	{"Locked", []step{locks("x"), reads, writes, unlocks("x")}, []step{locks("x"), reads, writes, unlocks("x")}, "n is 1"},
}

// judge plays a student's schedule.
func (g game) judge(t *testing.T, schedule string) {
	t.Helper()
	if strings.EqualFold(strings.TrimSpace(schedule), "none") {
		if _, ok := g.possible(""); ok {
			grade.NotYet(t, "%s: there is a schedule after which %s", g.name, g.want)
		}
		return
	}
	schedule = strings.ToUpper(strings.Join(strings.Fields(schedule), ""))
	if strings.Trim(schedule, "AB") != "" || schedule == "" || len(schedule) > 100 {
		grade.NotYet(t, "%s: a schedule is a word of A and B, not %.20q", g.name, schedule)
	}
	did, end := g.play(schedule)
	told := strings.Join(did, ", ")
	switch {
	case end == "":
		grade.NotYet(t, "%s: %s: that is not the end, for somebody can go on", g.name, told)
	case end != g.want:
		grade.NotYet(t, "%s: %s: in the end %s, and you want: %s", g.name, told, end, g.want)
	}
	t.Logf("%s: %s: in the end %s", g.name, told, end)
}

func TestCount(t *testing.T)  { games[0].judge(t, Count) }
func TestDoors(t *testing.T)  { games[1].judge(t, Doors) }
func TestBell(t *testing.T)   { games[2].judge(t, Bell) }
func TestLocked(t *testing.T) { games[3].judge(t, Locked) }
