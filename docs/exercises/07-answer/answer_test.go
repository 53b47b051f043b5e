package answer

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fourlevels/fourlevels/levels/pitfall/grade"
	"github.com/fourlevels/fourlevels/levels/thread/pitfalls/leakedanswer"
)

func TestMain(m *testing.M) { grade.Main(m, leakedanswer.Pitfall) }

// Each replica takes so many minutes, and listens to nobody meanwhile.
func deaf(minutes ...int) (all []leakedanswer.Replica) {
	for _, m := range minutes {
		all = append(all, func(context.Context) string {
			took := time.Duration(m) * time.Minute
			time.Sleep(took)
			return "after " + took.String()
		})
	}
	return all
}

// The first answer comes when it is there, whoever has it; and an hour later nobody is left.
func TestFirstAnswer(t *testing.T) {
	for _, minutes := range [][]int{{1, 2, 3}, {3, 2, 1}, {2, 1, 3}, {1}, {4, 4, 4, 4}} {
		grade.Virtual(t, func(t *testing.T) {
			least := time.Hour
			for _, m := range minutes {
				least = min(least, time.Duration(m)*time.Minute)
			}
			start := time.Now()
			answer := First(t.Context(), deaf(minutes...))
			if took := time.Since(start); took != least {
				grade.NotYet(t, "the first answer is there after %v, and First has it after %v", least, took)
			}
			if want := "after " + least.String(); answer != want {
				grade.NotYet(t, "the first answer is %q, not %q", want, answer)
			}
			time.Sleep(time.Hour)
		})
	}
}

// Those that listen are told to stop, and not before there is an answer.
func TestOthersStop(t *testing.T) {
	grade.Virtual(t, func(t *testing.T) {
		start, stopped := time.Now(), make(chan time.Duration, 2)
		listens := func(ctx context.Context) string {
			select {
			case <-ctx.Done():
			case <-time.After(time.Hour):
			}
			stopped <- time.Since(start)
			return "late"
		}
		First(t.Context(), append(deaf(1), listens, listens))
		synctest.Wait()
		if len(stopped) < 2 {
			grade.NotYet(t, "there is an answer, and %d of 2 others are still at work: tell them to stop", 2-len(stopped))
		}
		for range 2 {
			if at := <-stopped; at < time.Minute {
				grade.NotYet(t, "the others are told to stop after %v, before there is an answer", at)
			}
		}
	})
}

// An answer may be there before First waits for one, and is wanted nevertheless. The real
// clock goes here: the goroutine with the answer must be able to overtake First.
func TestAnswerAtOnce(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	runtime.GOMAXPROCS(max(4, runtime.GOMAXPROCS(0)))
	replicas := []leakedanswer.Replica{func(context.Context) string { return "at once" }}
	for range 50 {
		replicas = append(replicas, func(ctx context.Context) string { <-ctx.Done(); return "late" })
	}
	for range 2000 {
		got := make(chan string, 1)
		go func() { got <- First(t.Context(), replicas) }() // ends with First, or with the process
		select {
		case answer := <-got:
			if answer != "at once" {
				grade.NotYet(t, "the first answer is %q, not %q", "at once", answer)
			}
		case <-time.After(5 * time.Second):
			grade.NotYet(t, "an answer that comes at once is lost, and First waits for ever")
		}
	}
}

// The pitfall's own proof: 200 questions to three replicas, and who is left then.
func TestNobodyIsLeft(t *testing.T) {
	grade.Judge(t, leakedanswer.Pitfall, leakedanswer.Observe(First))
}
