package leakedanswer

import (
	"context"
	"testing"

	"github.com/fourlevels/fourlevels/levels/pitfall"
	"github.com/fourlevels/fourlevels/levels/pitfall/pitfalltest"
)

func TestMain(m *testing.M) { pitfalltest.Main(m, Pitfall) }

func TestPitfall(t *testing.T) { pitfalltest.Prove(t, Pitfall) }

// A repair that waits for the slow ones, or asks only one, is none; and one that receives
// what nobody wants is as good as a buffer.
func TestOtherRepairs(t *testing.T) {
	for name, c := range map[string]struct {
		first func(context.Context, []Replica) string
		right bool
	}{
		"asks one": {func(ctx context.Context, replicas []Replica) string { return replicas[0](ctx) }, false},
		"waits for all": {func(ctx context.Context, replicas []Replica) string {
			answers := begin(ctx, replicas)
			first := <-answers
			<-answers
			<-answers
			return first
		}, false},
		"receives all": {func(ctx context.Context, replicas []Replica) string {
			answers := begin(ctx, replicas)
			first := <-answers
			go func() { <-answers; <-answers }() // until all have answered
			return first
		}, true},
	} {
		seen, err := Observe(c.first)(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if bad := seen.Sum(pitfall.Forbidden); (bad == 0) != c.right {
			t.Errorf("%s: %+v", name, seen.Outcomes)
		}
	}
}

// begin asks all replicas; each answer must be received.
func begin(ctx context.Context, replicas []Replica) <-chan string {
	answers := make(chan string)
	for _, ask := range replicas {
		go func() { answers <- ask(ctx) }()
	}
	return answers
}
