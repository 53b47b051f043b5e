package advise

import (
	"fmt"
	"math"
	"slices"
	"time"
)

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
