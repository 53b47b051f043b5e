package queue

import (
	"context"
	"crypto/sha1"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// Version is that of the keys and scripts. It is part of every key, so that
// programs of different versions never meet.
const Version = "3"

// A shard is one queue in Redis, or one of the parts of a queue. Its keys carry
// the same tag in braces, so that a cluster keeps them in one place.
type shard struct {
	link   *link
	name   string
	prefix string
	key    []string // the one that the scripts are given; they make the others from it
	clock  clock
}

func newShard(l *link, name string) *shard {
	prefix := "levels" + Version + ":{" + name + "}:"
	return &shard{link: l, name: name, prefix: prefix, key: []string{prefix + "ready"}}
}

// A clock shows Redis' time. It is set by every answer and runs on by this
// process' monotonic clock, so it does not matter what the clock on the wall shows.
type clock struct {
	mu  sync.Mutex
	now int64
	at  time.Time
}

func (c *clock) set(ms int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now, c.at = ms, time.Now()
}

// read returns Redis' time in ms, and 0 if it never answered.
func (c *clock) read() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now == 0 {
		return 0
	}
	return c.now + time.Since(c.at).Milliseconds()
}

// stale reports whether the clock should be set again: two clocks drift apart.
func (c *clock) stale() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Since(c.at) > 5*time.Second
}

// A script is run by its digest; a server that does not know it is given it.
type script struct{ source, sha string }

func newScript(source string) script { return bareScript(common + source) }

func bareScript(source string) script {
	sum := sha1.Sum([]byte(source)) // what Redis names scripts by
	sc := script{source, hex.EncodeToString(sum[:])}
	scripts = append(scripts, sc)
	return sc
}

var scripts []script // all

//go:embed lua/queue.lua
var common string

//go:embed lua/enqueue.lua
var enqueueSource string

//go:embed lua/claim.lua
var claimSource string

//go:embed lua/finish.lua
var finishSource string

//go:embed lua/abort.lua
var abortSource string

//go:embed lua/look.lua
var lookSource string

//go:embed lua/time.lua
var timeSource string

//go:embed lua/park.lua
var parkSource string

//go:embed lua/revive.lua
var reviveSource string

var (
	enqueueScript = newScript(enqueueSource)
	claimScript   = newScript(claimSource)
	finishScript  = newScript(finishSource)
	abortScript   = newScript(abortSource)
	lookScript    = newScript(lookSource)
	reviveScript  = newScript(reviveSource)
	timeScript    = newScript(timeSource)
	parkScript    = bareScript(parkSource)
)

// loadScripts gives all scripts to a server. One that is missing behind a command
// that blocks would be missed late.
func loadScripts(ctx context.Context, rdb redis.UniversalClient) error {
	for _, sc := range scripts {
		if err := rdb.ScriptLoad(ctx, sc.source).Err(); err != nil {
			return err
		}
	}
	return nil
}

// A step is a script in a pipeline.
type step struct {
	script script
	args   []any
	reply  *redis.Cmd

	ended map[int64]int // of finish: how many jobs of each batch
	whole []any         //            and the batches that go
}

// pipeline runs scripts in one round trip: first some, then a command that may
// block, if there is one, then the others. If the server lacks a script it gets
// them, and all scripts are run again: every one may be. The command is not, for it may
// have moved a job already.
func (s *shard) pipeline(ctx context.Context, rdb redis.UniversalClient, first []*step, between func(redis.Pipeliner), then ...*step) error {
	err := s.once(ctx, rdb, first, between, then)
	if !redis.HasErrorPrefix(err, "NOSCRIPT") {
		return err
	}
	if err := loadScripts(ctx, rdb); err != nil {
		return err
	}
	return s.once(ctx, rdb, first, nil, then)
}

func (s *shard) once(ctx context.Context, rdb redis.UniversalClient, first []*step, between func(redis.Pipeliner), then []*step) error {
	if len(first) == 0 && between == nil && len(then) == 1 {
		then[0].reply = rdb.EvalSha(ctx, then[0].script.sha, s.key, then[0].args...)
		return ignoreNil(then[0].reply.Err())
	}
	_, err := rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, st := range first {
			st.reply = p.EvalSha(ctx, st.script.sha, s.key, st.args...)
		}
		if between != nil {
			between(p)
		}
		for _, st := range then {
			st.reply = p.EvalSha(ctx, st.script.sha, s.key, st.args...)
		}
		return nil
	})
	if err = ignoreNil(err); err != nil {
		return err
	}
	for _, steps := range [...][]*step{first, then} { // a wait in vain may hide an error
		for _, st := range steps {
			if err := ignoreNil(st.reply.Err()); err != nil {
				return err
			}
		}
	}
	return nil
}

// run runs one script, and again while no answer comes and ctx lasts: that is
// safe with every script.
func (s *shard) run(ctx context.Context, sc script, args ...any) (*redis.Cmd, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	st := &step{script: sc, args: args}
	err := s.insist(ctx, func() error { return s.pipeline(ctx, s.link.rdb, nil, nil, st) })
	return st.reply, err
}

// askTime sets the clock.
func (s *shard) askTime(ctx context.Context) error {
	reply, err := s.run(ctx, timeScript)
	if err != nil {
		return err
	}
	now, err := reply.Int64()
	if err != nil {
		return fmt.Errorf("time of Redis at %s: %w", s.link.where, err)
	}
	s.clock.set(now)
	return nil
}

// insist repeats an exchange with Redis until it is answered, or ctx ends. An
// error is ErrRefused if Redis said no, and ErrUnknown if something was sent and
// no answer came.
func (s *shard) insist(ctx context.Context, exchange func() error) error {
	sent := false
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, 500*time.Millisecond) {
		err := exchange()
		noteLoading(s.link.where, err)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, redis.ErrClosed):
			return ErrClosed
		case isReply(err) && !passes(err) && sent:
			return fmt.Errorf("%w: %w", ErrUnknown, err)
		case isReply(err) && !passes(err):
			return s.link.refused(err)
		case !isReply(err) && !notSent(err):
			sent = true
		}
		if ctx.Err() == nil {
			pause(ctx, wait)
		}
		if ctx.Err() != nil {
			switch {
			case sent:
				return fmt.Errorf("%w: no answer from Redis at %s: %w", ErrUnknown, s.link.where, Advise(err))
			case isReply(err):
				return s.link.refused(err)
			}
			return fmt.Errorf("reach Redis at %s: %w", s.link.where, Advise(err))
		}
	}
}

// patience bounds how long an operation asks Redis again: until its ctx ends, or
// five seconds.
func patience(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, 5*time.Second)
}

// texts reads a list of strings.
func texts(v any) []string {
	list, _ := v.([]any)
	out := make([]string, len(list))
	for i := range list {
		out[i], _ = list[i].(string)
	}
	return out
}

// abort ends jobs by their ids, and returns the letters of the script.
func (s *shard) abort(ctx context.Context, ids []string) (letters string, err error) {
	ctx, cancel := patience(ctx)
	defer cancel()
	for len(ids) > 0 {
		n := min(len(ids), maxScript)
		reply, err := s.run(ctx, abortScript, anys(nil, ids[:n])...)
		if err != nil {
			return letters, err
		}
		text, err := reply.Text()
		if err != nil {
			return letters, err
		}
		letters, ids = letters+text, ids[n:]
	}
	return letters, nil
}

// maxScript is how many jobs one run of a script handles: more would keep Redis
// from everything else for more than a millisecond, and some Lua's stack is small.
const maxScript = 500

func anys(to []any, texts []string) []any {
	for _, t := range texts {
		to = append(to, t)
	}
	return to
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// look asks what is known of jobs, in the order of ids. If client is given, it
// is told the outcomes of those that have not ended.
func (s *shard) look(ctx context.Context, client string, ids []string) ([]JobInfo, error) {
	ctx, cancel := patience(ctx)
	defer cancel()
	reply, err := s.run(ctx, lookScript, anys([]any{client}, ids)...)
	if err != nil {
		return nil, err
	}
	answers, err := reply.Slice()
	if err != nil {
		return nil, fmt.Errorf("look: %w", err)
	}
	if len(answers) != len(ids) {
		return nil, fmt.Errorf("look: %d answers for %d jobs", len(answers), len(ids))
	}
	infos := make([]JobInfo, len(ids))
	for i, id := range ids {
		infos[i] = readLook(id, texts(answers[i]))
	}
	return infos, nil
}
