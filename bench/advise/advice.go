package advise

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
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

// An axis is one thing about the question that may be larger or smaller.
type axis struct {
	name string
	get  func(Question) float64
	set  func(*Question, float64)
	text func(float64) string
	from float64 // where to begin if the question has none of it; 0 means not at all
}

var axes = []axis{
	{"of CPU a task", func(q Question) float64 { return q.CPU.Seconds() }, func(q *Question, v float64) { q.CPU = time.Duration(v * 1e9) }, seconds, 1e-7},
	{"of waiting a task", func(q Question) float64 { return q.Wait.Seconds() }, func(q *Question, v float64) { q.Wait = time.Duration(v * 1e9) }, seconds, 0},
	{"of payload", func(q Question) float64 { return float64(q.Payload) }, func(q *Question, v float64) { q.Payload = int(v) }, bytes, 0},
}

// crossovers are the nearest points of the question at which another level becomes, or
// ceases to be, as fast as the one to take; and how many tasks in flight are enough.
func (c *Costs) crossovers(a Advice, names []string) (found []string) {
	nearest, text := math.Inf(1), ""
	for _, x := range axes {
		for _, step := range []float64{1.05, 1 / 1.05} {
			if far, what := c.walk(a, names, x, step); far < nearest {
				nearest, text = far, what
			}
		}
	}
	if text != "" {
		found = append(found, text)
	}
	l, q := c.Level(a.Take), a.Question
	if q.Wait == 0 || c.Cores == 0 {
		return found
	}
	held := (q.CPU + q.Wait).Seconds() + l.Late
	work := (q.CPU.Seconds() + l.CPU.At(float64(q.Payload)) + l.Wake) / (l.processors(q, c.Cores) * l.Efficiency)
	enough := max(work, l.HandOver.At(float64(q.Payload)))
	return append(found, fmt.Sprintf("above %.0f tasks in flight, %s gains nothing more from waiting tasks: processors or hand-over are the limit", math.Ceil(held/enough), a.Take))
}

// walk goes along an axis until the set of the fastest changes, for up to three decades.
func (c *Costs) walk(a Advice, names []string, x axis, step float64) (far float64, text string) {
	at := x.get(a.Question)
	if at == 0 && (step < 1 || x.from == 0) {
		return math.Inf(1), "" // tasks that begin to wait are another question
	}
	begin := max(at, x.from)
	was := fast(a.Take, a.Ties)
	for v := begin; v < begin*1000 && v > begin/1000 && v < 3600; v *= step {
		if x.name == axes[2].name && v > 1<<20 {
			break
		}
		q := a.Question
		x.set(&q, v)
		var all []Prediction
		for _, name := range names {
			if l := c.Level(name); l != nil {
				all = append(all, l.Predict(q, c.Cores))
			}
		}
		now := fast(choose(all))
		if slices.Equal(was, now) {
			continue
		}
		return math.Abs(math.Log(v / begin)), change(was, now, a.Take, x, v, step)
	}
	return math.Inf(1), ""
}

// fast are all that are as fast as the fastest, in a fixed order.
func fast(take string, ties []string) []string { return append([]string{take}, ties...) }

// change says what is different at v.
func change(was, now []string, take string, x axis, v, step float64) string {
	where := fmt.Sprintf("from %s %s on", x.text(v), x.name)
	if step < 1 {
		where = fmt.Sprintf("below %s %s", x.text(v), x.name)
	}
	if !slices.Contains(now, take) {
		return fmt.Sprintf("%s, %s is faster than %s", where, now[0], take)
	}
	for _, level := range now {
		if !slices.Contains(was, level) {
			return fmt.Sprintf("%s, %s is as fast as %s", where, level, take)
		}
	}
	for _, level := range was {
		if !slices.Contains(now, level) {
			return fmt.Sprintf("%s, %s is slower than %s", where, level, take)
		}
	}
	return ""
}

func list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
