package simulation

import (
	"fmt"
	"slices"
	"strconv"

	"pgregory.net/rapid"
)

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

// park is what it sends before.
func (p *pair) park(rt *rapid.T) {
	p.T = rt
	lane := p.draw("lane", laneIDs...)
	p.model.Park(lane)
	p.equal("park", []any{lane}, 1)
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
