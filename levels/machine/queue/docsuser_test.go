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

	"github.com/redis/go-redis/v9"

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
	if storetest.Best().Name == store.Embedded {
		return r.URL
	}
	words := pagesWords(page)
	if words == nil {
		r.Fatal("the page makes no user")
	}
	r.user = words[2].(string)
	r.Cleanup(func() { r.rdb.Do(context.Background(), "ACL", "DELUSER", r.user) })
	return r.setUser(words)
}

// setUser makes a user, and returns the URL for it.
func (r *rig) setUser(words []any) string {
	r.Helper()
	if err := r.rdb.Do(r.Context(), words...).Err(); err != nil {
		r.Fatal(err)
	}
	u, err := url.Parse(r.URL)
	if err != nil {
		r.Fatal(err)
	}
	u.User = url.UserPassword(words[2].(string), "change-me")
	return u.String()
}

// pagesWords is the command of the page that makes the user; nil if there is none.
func pagesWords(page string) (words []any) {
	found := setUser.FindStringSubmatch(page)
	if found == nil {
		return nil
	}
	for _, word := range strings.Fields(strings.NewReplacer("\\\n", " ", "'", "").Replace(found[1])) {
		words = append(words, word)
	}
	return words
}

// suiteUser makes a user who may do what the page's may, with the test's queues, and
// returns the URL for it: so all tests show that this is enough.
func (r *rig) suiteUser() string {
	words := pagesWords(readPage(r.T))
	for i, word := range words {
		if strings.HasPrefix(word.(string), "~") { // a test may have several queues
			words[i] = "~levels" + queue.Version + ":{" + r.Name + "*"
		}
	}
	words[2] = "suite-" + r.Name
	r.Cleanup(func() { r.rdb.Do(context.Background(), "ACL", "DELUSER", words[2]) })
	return r.setUser(words)
}

// The page's user may do nothing else: neither with the keys of others, nor with the server.
func TestPagesUserMayNothingElse(t *testing.T) {
	if storetest.Best().Name == store.Embedded {
		t.Skip("the embedded store has no users")
	}
	page := readPage(t)
	on(t, storetest.Best().URL, func(r *rig) {
		r.Name = "words"
		words := pagesWords(page)
		words[2] = "nothing-else" // what is denied to the other would be held against the page
		r.Cleanup(func() { r.rdb.Do(context.Background(), "ACL", "DELUSER", words[2]) })
		options, err := queue.Options(r.setUser(words))
		if err != nil {
			r.Fatal(err)
		}
		rdb := redis.NewClient(options)
		defer rdb.Close()
		for _, command := range []string{
			"get other", "get levels3:{others}:paused", "set levels3:{word}:x 1", "llen levels3:{wordsmith}:ready",
			"flushall", "flushdb", "keys *", "scan 0", "config get *", "script flush", "acl list", "acl whoami",
			"shutdown nosave", "replicaof no one", "monitor", "client list", "eval return 1 0", "function list", "publish levels3:{words}:x y",
			"module list", "save", "cluster info", "migrate 127.0.0.1 1 levels3:{words}:x 0 1", "restore levels3:{words}:x 0 x",
		} {
			var words []any
			for _, word := range strings.Fields(command) {
				words = append(words, word)
			}
			if err := rdb.Do(r.Context(), words...).Err(); !redis.HasErrorPrefix(err, "NOPERM") {
				r.Errorf("%s: %v, want NOPERM", command, err)
			}
		}
	})
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
