package simulation

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// A wire runs the scripts themselves, on a queue of its own whose clock the test sets.
type wire struct {
	*testing.T
	fatal   func(format string, args ...any) // ends the comparison
	rdb     *redis.Client
	prefix  string
	scripts map[string]*redis.Script
}

const asksTime = "redis.call('TIME')"

func newWire(t *testing.T, url string) *wire {
	options, err := queue.Options(url)
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{T: t, fatal: t.Fatalf, rdb: redis.NewClient(options), scripts: map[string]*redis.Script{}}
	t.Cleanup(func() { w.rdb.Close() })
	common := source(t, "queue")
	if strings.Count(common, asksTime) != 1 {
		t.Fatalf("queue.lua asks for the time in %d places, want 1", strings.Count(common, asksTime))
	}
	common = strings.Replace(common, asksTime, "redis.call('HMGET', prefix .. 'clock', 's', 'us')", 1)
	for _, name := range []string{"enqueue", "claim", "finish", "abort", "look", "revive", "info"} {
		w.scripts[name] = redis.NewScript(common + source(t, name))
	}
	park, asks := source(t, "park"), asksTime+"[1]"
	if strings.Count(park, asks) != 1 {
		t.Fatalf("park.lua asks for the time in %d places, want 1", strings.Count(park, asks))
	}
	w.scripts["park"] = redis.NewScript(strings.Replace(park, asks, "redis.call('HGET', prefix .. 'clock', 's')", 1))
	return w
}

func source(t *testing.T, name string) string {
	text, err := os.ReadFile("../lua/" + name + ".lua")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// begin gives the wire a new queue. The function removes it.
func (w *wire) begin() (end func()) {
	w.prefix = "levels" + queue.Version + ":{" + rand.Text() + "}:"
	return func() {
		keys, err := w.rdb.Keys(context.Background(), w.prefix+"*").Result()
		if err == nil && len(keys) > 0 {
			err = w.rdb.Del(context.Background(), keys...).Err()
		}
		if err != nil {
			w.Error(err)
		}
	}
}

func (w *wire) do(args ...any) any {
	v, err := w.rdb.Do(context.Background(), args...).Result()
	if err != nil && err != redis.Nil {
		w.fatal("%v: %v", args, err)
	}
	return v
}

func (w *wire) run(now int64, name string, args ...any) any {
	w.do("hset", w.prefix+"clock", "s", now/1000, "us", now%1000*1000)
	v, err := w.scripts[name].Run(context.Background(), w.rdb, []string{w.prefix + "ready"}, args...).Result()
	if err != nil && err != redis.Nil {
		w.fatal("%s %v: %v", name, args, err)
	}
	return v
}

func envelope(m *Message) string {
	client := m.Client
	if client == "" {
		client = "-"
	}
	return fmt.Sprintf("%d 0 %d 0 %d %s t\n%d", m.Max, m.Keep, m.Enqueued, client, m.N)
}

func (a Enqueue) args() []any {
	args := []any{a.Stream, a.Number, a.Most, a.Cron, a.Tick, len(a.Plain), flagOf(a.Time)}
	for _, e := range a.Plain {
		args = append(args, "p"+e.ID+" "+envelope(e.M))
	}
	for _, r := range a.Recorded {
		args = append(args, r.ID, envelope(r.M), r.At)
	}
	return args
}

func (a Claim) args() []any {
	return []any{a.Lane, a.Number, a.Want, a.Lease, flagOf(a.New), a.Since, a.Most, flagOf(a.Tidy)}
}

func flagOf(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

func (c Claimed) answer() any {
	items := []any{}
	for _, i := range c.Items {
		text := ""
		if i.M != nil {
			text = envelope(i.M)
		}
		switch i.Kind {
		case 'p':
			text = "p" + i.ID + " " + text
		case 'r':
			text = "r" + strconv.Itoa(i.Tries) + " " + i.ID + " " + text
		}
		items = append(items, text)
	}
	return []any{c.Clock, c.State, c.Wait, anys(c.Aborts), items}
}

func anys[T any](list []T) []any {
	out := make([]any, len(list))
	for i := range list {
		out[i] = list[i]
	}
	return out
}

func section[T any](args []any, items ...T) []any {
	return append(append(args, len(items)), anys(items)...)
}

func (a Finish) args() []any {
	args := section([]any{a.Lane, a.Most, flagOf(a.Leave), a.Teller, a.Number, a.Done}, a.Recorded...)
	for _, k := range a.Kept {
		var pairs []string
		for _, o := range k.Outcomes {
			pairs = append(pairs, o.ID, o.Outcome)
		}
		args = section(append(args, "k", k.MS), pairs...)
	}
	for _, b := range a.Bags {
		var pairs []string
		for i, group := range b.Groups {
			pairs = append(pairs, group, b.Bags[i].text())
		}
		args = section(append(args, "g", b.MS), pairs...)
	}
	for _, b := range a.Answers {
		args = section(append(args, "a", b.Client), b.Texts...)
	}
	for _, t := range a.Troubles {
		args = append(args, "t", t.Batch, t.Index, string(t.Verdict), t.MS, t.Text)
	}
	for _, b := range a.Ended {
		args = section(append(args, "s", b.Batch), b.Index...)
	}
	if len(a.Whole) > 0 {
		args = section(append(args, "d"), a.Whole...)
	}
	return args
}

func (b Bag) text() string {
	text := strconv.Itoa(len(b)) + " "
	for _, k := range b {
		text += k.ID + " " + strconv.Itoa(len(k.Outcome)) + " " + k.Outcome
	}
	return text
}

func (v Sight) answer() any {
	switch {
	case v.Outcome != "":
		return []any{"o", v.Outcome}
	case v.M == nil:
		return []any{"n"}
	}
	return []any{v.State, envelope(v.M), score(v.Due), score(v.Died)}
}

func score(n int64) string {
	if n == 0 {
		return ""
	}
	return number(n)
}

// replies is what a client's stream holds.
func (w *wire) replies(client string) (texts []string) {
	for _, entry := range w.do("xrange", w.prefix+"reply:"+client, "-", "+").([]any) {
		fields := entry.([]any)[1].([]any)
		for i := 1; i < len(fields); i += 2 {
			texts = append(texts, fields[i].(string))
		}
	}
	return texts
}
