package simulation

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/fourlevels/fourlevels/levels/machine/store/storetest"
)

// The model answers as the scripts do, whatever is asked in whatever order, and in the
// end knows the same. That is what ties the simulation to the product. For more than CI
// has time for: -rapid.checks=1000 -rapid.steps=200.
func TestModelIsTheScripts(t *testing.T) {
	for _, s := range storetest.Stores {
		t.Run(s.Name, func(t *testing.T) {
			w := newWire(t, s.URL)
			rapid.Check(t, func(rt *rapid.T) { compareOnce(rt, w, NewStore()) })
		})
	}
}

func compareOnce(rt *rapid.T, w *wire, model *Store) {
	model.Now = 1_000_000_000
	p := &pair{T: rt, wire: w, model: model, sent: map[string]int64{}}
	defer w.begin()()
	w.fatal = rt.Fatalf
	rt.Repeat(map[string]func(*rapid.T){
		"enqueue": p.enqueue, "claim": p.claim, "claim more": p.claim, "finish": p.finish, "finish more": p.finish,
		"abort": p.abort, "look": p.look, "revive": p.revive, "move": p.move, "park": p.park, "pause": p.pause, "pass": p.pass,
	})
	p.T = rt
	p.end()
}

// A pair is a model and the scripts, which get the same calls.
type pair struct {
	*rapid.T
	wire  *wire
	model *Store
	sent  map[string]int64 // the last number of a stream
	jobs  int
}

func (p *pair) draw(what string, from ...string) string {
	return rapid.SampledFrom(from).Draw(p.T, what)
}

func (p *pair) number(what string, least, most int) int {
	return rapid.IntRange(least, most).Draw(p.T, what)
}

func (p *pair) maybe(what string) bool { return p.number(what, 0, 3) == 0 }

// equal compares an answer of the model with that of a script.
func (p *pair) equal(name string, args []any, model any) {
	p.Helper()
	p.same(name, args, model, p.wire.run(p.model.Now, name, args...))
}

func (p *pair) same(name string, args []any, model, scripts any) {
	p.Helper()
	if a, b := fmt.Sprintf("%v", model), fmt.Sprintf("%v", scripts); a != b {
		p.Fatalf("%s %v\nmodel   %s\nscripts %s", name, args, a, b)
	}
}

var (
	recordedIDs = []string{"j1", "j2", "j3", "j4", "j5"}
	laneIDs     = []string{"a", "b", "c+"}
	clients     = []string{"c1", "c2"}
)

func (p *pair) message() *Message {
	p.jobs++
	m := &Message{Max: p.number("tries", 1, 3), N: p.jobs}
	if p.maybe("kept") {
		m.Keep = int64(p.number("keep", 1, 3000))
	}
	if p.maybe("dated") {
		m.Enqueued = p.model.Now
	}
	if p.maybe("called") {
		m.Client = p.draw("client", clients...)
	}
	return m
}

func (p *pair) enqueue(rt *rapid.T) {
	p.T = rt
	a := Enqueue{Stream: p.draw("stream", "s1", "s2"), Most: p.number("most", 5, 40), Time: p.maybe("time")}
	a.Number = p.sent[a.Stream] + 1
	if p.maybe("again") {
		a.Number = max(1, a.Number-int64(p.number("how late", 1, 2)))
	}
	p.sent[a.Stream] = max(a.Number, p.sent[a.Stream])
	if p.maybe("cron") {
		a.Cron, a.Tick = "hourly", int64(p.number("tick", 1, 9))
	}
	for range p.number("plain", 0, 4) {
		m := p.message()
		a.Plain = append(a.Plain, Entry{Kind: 'p', ID: "~g" + strconv.Itoa(m.N%2) + "." + strconv.Itoa(m.N), M: m})
	}
	for range p.number("recorded", 0, 3) {
		a.Recorded = append(a.Recorded, Recorded{ID: p.draw("id", recordedIDs...), M: p.message(), At: p.at()})
	}
	clock, verdicts := p.model.Enqueue(a)
	p.equal("enqueue", a.args(), []any{clock, verdicts})
}

// at is when a job is due.
func (p *pair) at() int64 {
	switch p.number("when", 0, 3) {
	case 0:
		return -int64(p.number("in", 1, 3000))
	case 1:
		return p.model.Now + int64(p.number("at", -1000, 3000))
	}
	return 0
}

func (p *pair) claim(rt *rapid.T) {
	p.T = rt
	a := Claim{Lane: p.draw("lane", laneIDs...), Want: p.number("want", 0, 5), Lease: int64(p.number("lease", 1, 4000)),
		New: p.maybe("new"), Since: p.model.Now - int64(p.number("since", 0, 3000)), Most: p.number("most", 1, 4), Tidy: p.maybe("tidy")}
	a.Number = 1
	if held := p.model.lanes[a.Lane]; held != nil {
		a.Number = held.next
		if p.maybe("again") {
			a.Number = max(1, held.next-int64(p.number("how late", 1, 2)))
		}
	}
	p.equal("claim", a.args(), p.model.Claim(a).answer())
}

// finish tells something of one batch of a lane.
func (p *pair) finish(rt *rapid.T) {
	p.T = rt
	a := Finish{Lane: p.draw("lane", laneIDs...), Most: p.number("most", 1, 4), Leave: p.number("leave", 0, 9) == 0, Teller: p.draw("teller", "fetching", "ending"), Number: 1}
	held := p.model.lanes[a.Lane]
	if held != nil {
		a.Number = held.tellers[a.Teller] + 1
		if p.maybe("again") {
			a.Number += int64(p.number("how late", -1, 1))
		}
	}
	if held != nil && len(held.numbers) > 0 {
		p.verdicts(&a, rapid.SampledFrom(held.numbers).Draw(rt, "batch"))
	}
	answer, _ := p.model.Finish(a)
	p.equal("finish", a.args(), int64(answer))
}

// verdicts tells how some of the jobs of a batch ended.
func (p *pair) verdicts(a *Finish, number int64) {
	indexes := Indexes{Batch: number}
	keep, stow := Keep{MS: int64(p.number("keep", 0, 3000))}, Stow{MS: int64(p.number("stow", 1, 3000))}
	bags := map[string]Bag{}
	batch := p.model.batch[place{a.Lane, number}]
	for i, e := range batch {
		if e.Kind == 0 || p.maybe("runs on") {
			continue
		}
		if verdict := p.draw("verdict", "o", "o", "r", "x", "b"); verdict != "o" {
			a.Troubles = append(a.Troubles, Trouble{number, i, verdict[0], int64(p.number("ms", 0, 2000)), "trouble " + strconv.Itoa(i)})
			continue
		}
		a.Done++
		indexes.Index = append(indexes.Index, i)
		outcome := "o" + strings.Repeat("x", i)
		group, member, _ := strings.Cut(e.ID, ".")
		switch {
		case e.Kind == 'r':
			a.Recorded = append(a.Recorded, e.ID)
			keep.Outcomes = append(keep.Outcomes, Kept{e.ID, outcome})
		case p.maybe("bagged"):
			bags[group] = append(bags[group], Kept{member, outcome})
		}
		if p.maybe("answered") {
			a.Answers = append(a.Answers, Answer{p.draw("client", clients...), []string{e.ID + " " + outcome}})
		}
	}
	for _, group := range []string{"~g0", "~g1"} {
		if bags[group] != nil {
			stow.Groups, stow.Bags = append(stow.Groups, group), append(stow.Bags, bags[group])
		}
	}
	if len(stow.Groups) > 0 {
		a.Bags = append(a.Bags, stow)
	}
	if len(keep.Outcomes) > 0 {
		a.Kept = append(a.Kept, keep)
	}
	if len(indexes.Index)+len(a.Troubles) == len(batch) {
		a.Whole = append(a.Whole, number)
	} else if len(indexes.Index) > 0 {
		a.Ended = append(a.Ended, indexes)
	}
}
