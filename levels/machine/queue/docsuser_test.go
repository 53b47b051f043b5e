package queue_test

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
	"github.com/fourlevels/fourlevels/levels/machine/store"
	"github.com/fourlevels/fourlevels/levels/machine/store/storetest"
)

// All that the library can do, the page's user may.
func TestPagesUserMayUseTheQueue(t *testing.T) {
	page := readPage(t)
	on(t, storetest.Best().URL, func(r *rig) {
		r.Name = "words"
		r.leaves(results...)
		url := r.pagesUser(page)
		for _, c := range []queue.Config{{Name: "words"}, {Name: "words", Shards: 2}} {
			r.exercise(r.openAt(url, c))
		}
		r.noDenials()
	})
}

// exercise uses every script and every command.
func (r *rig) exercise(q *queue.Queue) {
	ctx := r.Context()
	check := func(what string, err error) {
		r.Helper()
		if err != nil {
			r.Errorf("%s: %v", what, err)
		}
	}
	fail := queue.NewTask[int, int]("fail", queue.Backoff(time.Millisecond, time.Millisecond), queue.MaxTries(2))
	ticked := make(chan bool, 100)
	w := r.worker(q, queue.WorkerConfig{})
	queue.Handle(w, double, doubles)
	queue.Handle(w, echo, func(_ context.Context, s string) (string, error) { ticked <- true; return s, nil })
	queue.Handle(w, fail, func(context.Context, int) (int, error) { return 0, errors.New("no") })
	check("cron", queue.Cron(w, "@every 1s", echo, "tick"))

	check("pause", q.Pause(ctx))
	aborted, err := double.Enqueue(ctx, q, 1, queue.Track())
	check("enqueue", err)
	_, err = aborted.Abort(ctx)
	check("abort", err)
	stop := r.work(w)
	check("resume", q.Resume(ctx))
	_, err = double.Call(ctx, q, 1)
	check("call", err)
	deferred, err := double.Enqueue(ctx, q, 2, queue.In(50*time.Millisecond), queue.KeepFor(time.Second))
	check("enqueue", err)
	_, err = deferred.Wait(ctx)
	check("wait", err)

	dead, err := fail.Enqueue(ctx, q, 3, queue.Track())
	check("enqueue", err)
	for _, revive := range []func(context.Context) (int, error){q.RequeueAll, q.DropAll} {
		if _, err := dead.Wait(ctx); !errors.Is(err, queue.ErrDead) {
			r.Errorf("a job that fails ends with %v", err)
		}
		letters, err := q.DeadLetters(ctx, 10)
		check("dead letters", err)
		n, err := revive(ctx)
		check("revive", err)
		if len(letters) != 1 || n != 1 {
			r.Errorf("%d dead letters, %d revived", len(letters), n)
		}
	}
	get(r, "a tick", ticked)
	stop()
	_, err = q.Info(ctx)
	check("info", err)
}

// The page's user may run each command that the scripts have in them, on whatever
// path.
func TestPagesUserMayRunTheScripts(t *testing.T) {
	allowed := setUser.FindString(readPage(t))
	files, err := filepath.Glob(filepath.Join("lua", "*.lua"))
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts: ", err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, call := range inScript.FindAllStringSubmatch(string(source), -1) {
			if !strings.Contains(allowed, " +"+strings.ToLower(call[1])+" ") {
				t.Errorf("%s runs %s, which the user of docs/queue.md may not", file, call[1])
			}
		}
	}
}

// pagesUser makes the user of Redis that the page tells to make, and returns the URL
// for it. The embedded store has no users: there it is the store's own.
func (r *rig) pagesUser(page string) string {
	r.Helper()
	found := setUser.FindStringSubmatch(page)
	if found == nil {
		r.Fatal("the page makes no user")
	}
	if storetest.Best().Name == store.Embedded {
		return r.URL
	}
	var args []any
	for _, word := range strings.Fields(strings.NewReplacer("\\\n", " ", "'", "").Replace(found[1])) {
		args = append(args, word)
	}
	if err := r.rdb.Do(r.Context(), args...).Err(); err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { r.rdb.Do(context.Background(), "ACL", "DELUSER", args[2]) })
	u, err := url.Parse(r.URL)
	if err != nil {
		r.Fatal(err)
	}
	r.user = args[2].(string)
	u.User = url.UserPassword(r.user, "change-me")
	return u.String()
}

// noDenials checks that Redis has denied the page's user nothing. What it has denied
// others, in other tests, is in the same log.
func (r *rig) noDenials() {
	r.Helper()
	if storetest.Best().Name == store.Embedded {
		return
	}
	log, err := r.rdb.ACLLog(r.Context(), 100).Result()
	if err != nil {
		r.Fatal(err)
	}
	for _, denied := range log {
		if denied.Username != r.user {
			continue
		}
		r.Errorf("Redis denied %s: %s %s", denied.Username, denied.Reason, denied.Object)
	}
}
