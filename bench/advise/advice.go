package advise

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// simplest are the levels by what one has to run and to know for them. The first is taken
// where they are equally fast.
var simplest = []string{"async", "thread", "process", "machine/rpc", "machine/queue"}

// An Advice answers a [Question].
type Advice struct {
	Question    Question     `json:"question"`
	Predictions []Prediction `json:"predictions"` // in the order of Levels
	Take        string       `json:"take"`
	Ties        []string     `json:"ties"` // others that are as fast, within the error
	Why         string       `json:"why"`
	Sure        string       `json:"sure"`
	Crossovers  []string     `json:"crossovers"`
	Warnings    []string     `json:"warnings"`
}

// Ask predicts what each level of names would take for the question, and recommends one of
// them. No names mean all.
func (c *Costs) Ask(q Question, names []string) Advice {
	a := Advice{Question: q, Warnings: c.beyond(q)}
	if len(names) == 0 {
		names = Levels
	}
	for _, name := range Levels {
		if l := c.Level(name); l != nil && slices.Contains(names, name) {
			a.Predictions = append(a.Predictions, l.Predict(q, c.Cores))
		}
	}
	a.Take, a.Ties = choose(a.Predictions)
	if a.Take == "" {
		return a
	}
	p := a.of(a.Take)
	a.Why = a.why(p)
	a.Sure = a.sure(p)
	a.Crossovers = c.crossovers(a, names)
	return a
}

func (a *Advice) of(level string) *Prediction {
	for i := range a.Predictions {
		if a.Predictions[i].Level == level {
			return &a.Predictions[i]
		}
	}
	return nil
}

// choose is the simplest of the levels that are as fast as the fastest, and the others of
// those. The yardstick is not to be taken.
func choose(all []Prediction) (take string, ties []string) {
	var best Prediction
	for _, p := range all {
		if p.Level != serial && p.Throughput > best.Throughput {
			best = p
		}
	}
	for _, name := range simplest {
		for _, p := range all {
			switch {
			case p.Level != name || !tied(p, best):
			case take == "":
				take = name
			default:
				ties = append(ties, name)
			}
		}
	}
	return take, ties
}

// tied reports whether p is as fast as best, as far as can be told.
func tied(p, best Prediction) bool {
	return p.Throughput*(1+max(p.Error, best.Error)) >= best.Throughput
}

func (a *Advice) why(p *Prediction) string {
	because := map[string]string{
		ByHandOver:   "handing the tasks over takes longer than they do: larger tasks would gain more than another level",
		ByProcessors: "the processors are busy all the time: more of them would help, and more tasks in flight would not",
		ByPlaces:     "tasks wait most of the time, so what counts is how many are in flight: %.0f of them here, on processors that are not full",
	}[p.Limit]
	if strings.Contains(because, "%") {
		because = fmt.Sprintf(because, p.Throughput*p.Full)
	}
	rest := ""
	switch s := a.of(serial); {
	case len(a.Ties) > 0:
		rest = fmt.Sprintf(" Within the error %s would be as fast, so the simplest is taken.", list(a.Ties))
	case s != nil && tied(*s, *p):
		rest = " A plain loop would be as fast: serial is within the error."
	case s != nil:
		rest = fmt.Sprintf(" It does %s times what a plain loop does, and no other is within its error.", three(p.Throughput/s.Throughput))
	default:
		rest = " No other is within its error."
	}
	return upper(because) + "." + rest
}

// sure says how far the choice can be trusted.
func (a *Advice) sure(p *Prediction) string {
	margin := math.Inf(1)
	for _, other := range a.Predictions {
		if other.Level != p.Level && other.Level != serial && !slices.Contains(a.Ties, other.Level) {
			margin = min(margin, p.Throughput/other.Throughput)
		}
	}
	text := fmt.Sprintf("figures within about %.0f %%", 100*p.Error)
	switch {
	case len(a.Ties) > 0:
		return "a tie in speed, " + text
	case math.IsInf(margin, 1):
		return "nothing to compare with, " + text
	case margin > 1+3*p.Error:
		return fmt.Sprintf("very: the next is %s times slower, %s", three(margin), text)
	}
	return fmt.Sprintf("somewhat: the next is %s times slower, %s", three(margin), text)
}

// beyond says what of the question was not measured on this machine.
func (c *Costs) beyond(q Question) (warnings []string) {
	add := func(format string, args ...any) { warnings = append(warnings, fmt.Sprintf(format, args...)) }
	if q.Hosts > 1 {
		add("not measured here: %d hosts. Machines are taken to be like this one, and to share nothing but the caller.", q.Hosts)
	}
	if q.Cores > 0 && q.Cores != c.Cores {
		add("not measured here: %d cores. What was measured with %d is taken to hold for each.", q.Cores, c.Cores)
	}
	if q.RTT > 0 {
		add("not measured here: %v between caller and machines. Only the lone latency was, from delayed connections.", q.RTT)
	}
	if q.InFlight > 0 {
		add("not measured here: %d tasks in flight at each level. Memory and speed of a place are taken to stay the same.", q.InFlight)
	}
	if q.Payload > Payloads[len(Payloads)-1] {
		add("not measured here: payloads above %s.", bytes(float64(Payloads[len(Payloads)-1])))
	}
	return warnings
}

func list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
