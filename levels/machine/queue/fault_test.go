package queue_test

import (
	"context"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// commands are those that a client and a worker send, as they look on the way.
func (r *rig) commands() map[string]string {
	all := map[string]string{"blmove": "\r\nblmove\r\n", "lrange": "\r\nlrange\r\n", "ltrim": "\r\nltrim\r\n", "blpop": "\r\nblpop\r\n"}
	for name := range queue.Scripts() {
		all[name] = r.script(name)
	}
	delete(all, "giveBack") // has tests of its own
	delete(all, "cancel")
	return all
}

// Whichever command a connection breaks at, before it or after, each job has
// its one result.
func TestBrokenConnection(t *testing.T) {
	each(t, func(r *rig) {
		r.Lease = short
		for name, command := range r.commands() {
			for _, after := range []bool{false, true} {
				k := r.link()
				fault := k.breakAt(command, after, false)
				stop := r.work(queue.Worker{Config: r.through(k), Handler: say("done")})
				client := r.client(r.through(k))
				for hit := false; !hit; {
					if name == "beat" {
						r.untilHit(k, client, fault)
					}
					r.batch(client, 10)
					select {
					case <-fault.hit:
						hit = true
					default:
					}
				}
				r.batch(client, 10)
				stop()
				client.Close()
			}
		}
	})
}

// untilHit runs a job for as long as it takes for the fault to happen.
func (r *rig) untilHit(k *link, client *queue.Client, f *fault) {
	ctx, cancel := context.WithTimeout(r.Context(), 10*time.Second)
	defer cancel()
	stop := r.work(queue.Worker{Config: r.through(k), Handler: func(ctx context.Context, payload []byte) []byte {
		select {
		case <-f.hit:
		case <-ctx.Done():
		}
		return payload
	}})
	defer stop()
	for {
		select {
		case <-f.hit:
			return
		case got := <-r.call(ctx, client, "job"):
			if got.err != nil {
				r.Fatal(got.err)
			}
		}
	}
}

// batch runs n jobs and checks their results.
func (r *rig) batch(client *queue.Client, n int) {
	r.Helper()
	payloads := make([]string, n)
	for i := range payloads {
		payloads[i] = strconv.Itoa(i)
	}
	got := <-r.call(r.Context(), client, payloads...)
	if got.err != nil {
		r.Fatal(got.err)
	}
	for i, a := range got.answers {
		if a != (answer{"done " + payloads[i], nil}) {
			r.Errorf("job %d: %+v", i, a)
		}
	}
}

func TestBrokenCancel(t *testing.T) {
	each(t, func(r *rig) {
		for _, after := range []bool{false, true} {
			k := r.link()
			client := r.client(r.through(k))
			ctx, cancel := context.WithCancelCause(r.Context())
			done := r.call(ctx, client, "job")
			r.eventually("the job waits", func() bool { return r.rdb.LLen(ctx, r.key("ready")).Val() == 1 })
			fault := k.breakAt(r.script("cancel"), after, false)
			cancel(errEnough)
			<-fault.hit
			if got := <-done; got.err != errEnough {
				r.Errorf("got %+v, want %v", got, errEnough)
			}
			if keys := r.keys(); len(keys) > 0 {
				r.Errorf("keys are left: %q", keys)
			}
		}
	})
}

// Redis goes away while jobs run and wait, forgets its scripts, and comes back.
func TestRedisIsAway(t *testing.T) {
	each(t, func(r *rig) {
		workers, callers := r.link(), r.link()
		release := make(chan struct{})
		started := make(chan struct{}, 8)
		r.work(queue.Worker{Config: r.through(workers), Concurrency: 2, Handler: func(_ context.Context, payload []byte) []byte {
			started <- struct{}{}
			<-release
			return payload
		}})
		enqueued := callers.pass(r.script("enqueue"))
		done := r.call(r.Context(), r.client(r.through(callers)), "0", "1", "2", "3")
		<-started
		<-started
		<-enqueued.hit // or the caller could not know that its jobs are there
		for _, k := range []*link{workers, callers} {
			k.setDown(true)
		}
		close(release) // two jobs end while Redis is away, two wait
		for _, k := range []*link{workers, callers} {
			r.eventually("both sides notice", func() bool { return k.refusals() > 1 })
		}
		if err := r.rdb.ScriptFlush(r.Context()).Err(); err != nil {
			r.Fatal(err)
		}
		for _, k := range []*link{workers, callers} {
			k.setDown(false)
		}
		got := <-done
		if want := []answer{{"0", nil}, {"1", nil}, {"2", nil}, {"3", nil}}; got.err != nil || !slices.Equal(got.answers, want) {
			r.Errorf("got %+v, want %+v", got, want)
		}
	})
}

// Close does not wait long for a Redis that is away, and the next client can
// work.
func TestCloseWhileRedisIsAway(t *testing.T) {
	each(t, func(r *rig) {
		k := r.link()
		client := r.client(r.through(k))
		k.setDown(true)
		if err := client.Close(); err == nil {
			r.Error("the reply list could not be removed, and Close does not say so")
		}
	})
}
