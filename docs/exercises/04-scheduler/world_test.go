package scheduler

import "fmt"

// A world is what both threads see.
type world struct {
	n      int
	locks  map[string]string // who has it
	thing  bool
	asleep bool
}

// A thread is a program, and how far it has come.
type thread struct {
	name  string
	steps []step
	at    int
	saw   int // what it has read
}

// A step is done, and says what it did; if it must wait it is not done, and says "".
type step func(w *world, t *thread) string

func locks(x string) step {
	return func(w *world, t *thread) string {
		if w.locks[x] != "" {
			return ""
		}
		w.locks[x] = t.name
		return "locks " + x
	}
}

func unlocks(x string) step {
	return func(w *world, _ *thread) string {
		delete(w.locks, x)
		return "unlocks " + x
	}
}

func reads(w *world, t *thread) string {
	t.saw = w.n
	return fmt.Sprint("reads ", t.saw)
}

func writes(w *world, t *thread) string {
	w.n = t.saw + 1
	return fmt.Sprint("writes ", w.n)
}

func looks(w *world, t *thread) string {
	if w.thing {
		t.saw = 1
		return "sees it"
	}
	return "sees nothing"
}

func sleeps(w *world, t *thread) string {
	if t.saw == 1 {
		return "need not sleep"
	}
	w.asleep = true
	return "sleeps"
}

func goesOn(w *world, _ *thread) string {
	if w.asleep {
		return ""
	}
	return "goes on"
}

func puts(w *world, _ *thread) string {
	w.thing = true
	return "puts it there"
}

func rings(w *world, _ *thread) string {
	w.asleep = false
	return "rings"
}

// play lets the threads run as scheduled. Its end is what has come of it, and "" while the
// threads could still go on.
func (g game) play(schedule string) (did []string, end string) {
	w := &world{locks: map[string]string{}}
	a, b := &thread{name: "A", steps: g.a}, &thread{name: "B", steps: g.b}
	for _, letter := range schedule {
		t := a
		if letter == 'B' {
			t = b
		}
		switch said := t.next(w); {
		case t.at == len(t.steps) && said == "":
			did = append(did, t.name+" has nothing left to do")
		case said == "":
			did = append(did, t.name+" must wait")
		default:
			did = append(did, t.name+" "+said)
		}
	}
	return did, w.end(a, b)
}

func (t *thread) next(w *world) (said string) {
	if t.at < len(t.steps) {
		if said = t.steps[t.at](w, t); said != "" {
			t.at++
		}
	}
	return said
}

// end is how it stands if nobody can do another step.
func (w *world) end(a, b *thread) string {
	var wait []string
	for _, t := range []*thread{a, b} {
		if t.at == len(t.steps) {
			continue
		}
		if !w.stuck(t) {
			return ""
		}
		wait = append(wait, t.name)
	}
	switch len(wait) {
	case 0:
		return fmt.Sprint("n is ", w.n)
	case 1:
		return wait[0] + " waits for ever"
	}
	return "A and B wait for ever"
}

// stuck tries the next step in a copy of the world.
func (w *world) stuck(t *thread) bool {
	copied, again := *w, *t
	copied.locks = map[string]string{}
	for x, who := range w.locks {
		copied.locks[x] = who
	}
	return t.steps[t.at](&copied, &again) == ""
}

// possible tries all schedules for one that reaches the end, and returns it.
func (g game) possible(begin string) (schedule string, ok bool) {
	_, end := g.play(begin)
	if end != "" || len(begin) == len(g.a)+len(g.b) {
		return begin, end == g.want
	}
	for _, letter := range "AB" {
		if schedule, ok = g.possible(begin + string(letter)); ok {
			return schedule, true
		}
	}
	return "", false
}
