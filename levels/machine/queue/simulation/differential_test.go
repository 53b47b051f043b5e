package simulation

import (
	"flag"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
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

// A model with a mistake is found out.
func TestDifferenceIsFound(t *testing.T) {
	flag.Set("rapid.shrinktime", "0s")
	defer flag.Set("rapid.shrinktime", "30s")
	for _, broken := range []Broken{PopWithoutLease, NoRecovery, NoFence, PushWithRetry, NoDeadLetter} {
		w := newWire(t, storetest.Best().URL)
		c := &caught{T: t}
		var checking sync.WaitGroup
		checking.Go(func() {
			rapid.Check(c, func(rt *rapid.T) {
				model := NewStore()
				model.broken = broken
				compareOnce(rt, w, model)
			})
		})
		checking.Wait()
		if !c.failed {
			t.Errorf("%v: the model answers as the scripts do", broken)
		}
	}
}

// A caught test is one whose failure is wanted.
type caught struct {
	*testing.T
	failed bool
}

func (c *caught) Errorf(string, ...any) { c.failed = true }
func (c *caught) Logf(string, ...any)   {}
func (c *caught) Log(...any)            {}
func (c *caught) Fatalf(string, ...any) { c.FailNow() }
func (c *caught) Failed() bool          { return c.failed }
func (c *caught) Fail()                 { c.failed = true }
func (c *caught) FailNow()              { c.failed = true; runtime.Goexit() }

func compareOnce(rt *rapid.T, w *wire, model *Store) {
	model.Now = 1_000_000_000
	p := &pair{T: rt, wire: w, model: model, sent: map[string]int64{}}
	defer w.begin()()
	w.fatal = rt.Fatalf
	rt.Repeat(map[string]func(*rapid.T){
		"enqueue": p.enqueue, "claim": p.claim, "claim more": p.claim, "finish": p.finish, "finish more": p.finish,
		"abort": p.abort, "look": p.look, "revive": p.revive, "move": p.move, "pause": p.pause, "pass": p.pass,
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

// anyIDs draws ids of jobs, with a record and without.
func (p *pair) anyIDs() []string {
	all := slices.Clone(recordedIDs)
	for n := max(1, p.jobs-9); n <= p.jobs; n++ {
		all = append(all, "~g"+strconv.Itoa(n%2)+"."+strconv.Itoa(n))
	}
	return rapid.SliceOfNDistinct(rapid.SampledFrom(all), 1, 3, rapid.ID[string]).Draw(p.T, "ids")
}

func (p *pair) abort(rt *rapid.T) {
	p.T = rt
	ids := p.anyIDs()
	p.equal("abort", anys(ids), p.model.Abort(ids...))
}

func (p *pair) look(rt *rapid.T) {
	p.T = rt
	ids, client := p.anyIDs(), p.draw("client", "", clients[0], clients[1])
	p.looks(client, ids)
}

func (p *pair) looks(client string, ids []string) {
	answers := []any{}
	for _, v := range p.model.Look(client, ids...) {
		answers = append(answers, v.answer())
	}
	args := append([]any{client}, anys(ids)...)
	scripts := p.wire.run(p.model.Now, "look", args...)
	for _, answer := range scripts.([]any) {
		if fields := answer.([]any); len(fields) == 4 { // stores write large numbers in several ways
			fields[2], fields[3] = plainScore(fields[2]), plainScore(fields[3])
		}
	}
	p.same("look", args, answers, scripts)
}

func plainScore(v any) string {
	n, err := strconv.ParseFloat(v.(string), 64)
	if err != nil {
		return ""
	}
	return number(int64(n))
}

func (p *pair) revive(rt *rapid.T) {
	p.T = rt
	ids, which := p.anyIDs(), p.draw("which", "requeue", "drop")
	p.equal("revive", append([]any{which}, anys(ids)...), int64(p.model.Revive(which == "drop", ids...)))
}

// move is what a worker parks with.
func (p *pair) move(rt *rapid.T) {
	p.T = rt
	lane := p.draw("lane", laneIDs...)
	moved := p.wire.do("lmove", p.wire.prefix+"ready", p.wire.prefix+"hand:"+lane, "left", "right")
	if model := p.model.Move(lane); model != (moved != nil) {
		p.Fatalf("model %v, scripts %v", model, moved)
	}
}

func (p *pair) pause(rt *rapid.T) {
	p.T = rt
	on := p.maybe("on")
	if p.model.Pause(on); on {
		p.wire.do("set", p.wire.prefix+"paused", "1")
	} else {
		p.wire.do("del", p.wire.prefix+"paused")
	}
}

// pass lets time pass, and now and then sets the clock back.
func (p *pair) pass(rt *rapid.T) {
	p.T = rt
	p.model.Now += int64(p.number("ms", -500, 3000))
}

// end compares all that is left.
func (p *pair) end() {
	ids := slices.Clone(recordedIDs)
	for n := range p.jobs {
		ids = append(ids, "~g"+strconv.Itoa((n+1)%2)+"."+strconv.Itoa(n+1))
	}
	p.looks("", ids)
	for _, client := range clients {
		if model, scripts := p.model.Replies[client], p.wire.replies(client); !slices.Equal(model, scripts) {
			p.Fatalf("replies to %s:\nmodel   %q\nscripts %q", client, model, scripts)
		}
	}
	i := p.model.Info()
	answer := p.wire.run(p.model.Now, "info").([]any)
	model := []any{i.Now, i.Ready, i.Running, i.Deferred, i.Dead, i.Kept, i.Workers, i.Paused, i.Oldest}
	if a, b := fmt.Sprint(model), fmt.Sprint(answer[:len(model)]); a != b {
		p.Fatalf("info\nmodel   %s\nscripts %s", a, b)
	}
	p.counters(answer[len(model)].([]any))
}

func (p *pair) counters(scripts []any) {
	got := map[string]string{}
	for i := 0; i < len(scripts); i += 2 {
		got[scripts[i].(string)] = scripts[i+1].(string)
	}
	for _, what := range []string{"done", "lost", "retried", "dead", "aborted", "dropped"} {
		want := number(p.model.stat[what])
		if have := got[what]; have != want && !(have == "" && want == "0") {
			p.Fatalf("counter %s: model %s, scripts %q", what, want, have)
		}
	}
}
