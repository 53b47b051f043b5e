package peers

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
	"github.com/fourlevels/fourlevels/levels/machine/store"
	"github.com/fourlevels/fourlevels/levels/process"
)

var (
	roundsFlag = flag.Int("rounds", 6, "rounds of each contest")
	quickFlag  = flag.Bool("quick", false, "few jobs and one round: it is checked that all works, and measured nothing")
)

func BenchmarkQueueEndToEnd(b *testing.B)  { benchQueue(b, queueEndToEnd) }
func BenchmarkQueueFill(b *testing.B)      { benchQueue(b, queueFill) }
func BenchmarkQueueLatency(b *testing.B)   { benchQueue(b, queueLatency) }
func BenchmarkQueueCost(b *testing.B)      { benchQueue(b, queueCost) }
func BenchmarkQueueMemory(b *testing.B)    { benchQueue(b, queueMemory) }
func BenchmarkQueueShards(b *testing.B)    { benchQueue(b, queueShards) }
func BenchmarkProcessMETG(b *testing.B)    { bench(b, processMETG) }
func BenchmarkProcessLatency(b *testing.B) { bench(b, processLatency) }
func BenchmarkProcessSpawn(b *testing.B)   { bench(b, processSpawn) }
func BenchmarkProcessHeal(b *testing.B)    { bench(b, processHeal) }
func BenchmarkProcessOrphans(b *testing.B) { bench(b, processOrphans) }
func BenchmarkProcessCycles(b *testing.B)  { bench(b, processCycles) }
func BenchmarkPoolMETG(b *testing.B)       { bench(b, poolMETG) }
func BenchmarkFetch(b *testing.B)          { bench(b, fetchFigures) }

// TestQuick runs every figure at the smallest size, with all its checks.
func TestQuick(t *testing.T) {
	for _, group := range []struct {
		name    string
		figures []figure
	}{
		{"QueueEndToEnd", queueEndToEnd}, {"QueueFill", queueFill}, {"QueueLatency", queueLatency},
		{"QueueCost", queueCost}, {"QueueMemory", queueMemory}, {"QueueShards", queueShards},
		{"ProcessMETG", processMETG}, {"ProcessLatency", processLatency}, {"ProcessSpawn", processSpawn},
		{"ProcessHeal", processHeal}, {"ProcessOrphans", processOrphans}, {"ProcessCycles", processCycles},
		{"PoolMETG", poolMETG}, {"Fetch", fetchFigures},
	} {
		for _, f := range group.figures {
			t.Run(group.name+"/"+f.name, func(t *testing.T) {
				if strings.HasPrefix(group.name, "Queue") {
					needsServer(t)
				}
				for _, l := range f.measure(t, quick) {
					if !l.sane() {
						t.Errorf("%s %s was not measured: %v against %v", l.what, l.unit, l.ours, l.theirs)
					}
				}
			})
		}
	}
}

// A scale is how much is measured.
type scale struct {
	rounds    int
	ours      int           // jobs of a turn
	theirs    int           // jobs of a turn of a peer's
	latencies int           // of a turn
	pickups   int           // of a turn of a peer that looks once a second
	callers   int           // at the same time
	calls     int           // of all callers of a turn
	lone      int           // batches that come alone
	idle      time.Duration // of watching the idle
	stored    int           // jobs whose memory is measured

	batch   int           // tasks of a batch for a pool
	batches int           // of tasks of one size
	lones   int           // tasks that come alone
	spawns  int           // pools or programs that are started
	healing time.Duration // of killing workers
	orphans int           // programs that are killed
	cycles  int           // of opening and closing a pool

	fetches int // in flight
}

var (
	quick = scale{rounds: 1, ours: 500, theirs: 200, latencies: 20, pickups: 1, callers: 50, calls: 500, lone: 3, idle: 2 * time.Second, stored: 1_000,
		batch: 1_024, batches: 1, lones: 50, spawns: 5, healing: 500 * time.Millisecond, orphans: 2, cycles: 20,
		fetches: 200}
	full = scale{ours: 100_000, theirs: 6_000, latencies: 1_000, pickups: 1, callers: 1_000, calls: 200_000, lone: 50, idle: 6 * time.Second, stored: 100_000,
		batch: 4_096, batches: 15, lones: 2_000, spawns: 50, healing: 5 * time.Second, orphans: 20, cycles: 1_000,
		fetches: 10_000}
)

func chosen() scale {
	if *quickFlag {
		return quick
	}
	s := full
	s.rounds = max(*roundsFlag, 1)
	return s
}

// server is the Redis of the contests between queues: a private one, for it is emptied
// again and again. It is nil where none is installed.
var server *store.Store

// needsServer skips what measures a queue where there is no server: the embedded store
// stands in for its promises, not for its speed and memory.
func needsServer(tb testing.TB) {
	tb.Helper()
	if server == nil {
		tb.Skip("left out: neither redis-server nor valkey-server is installed")
	}
}

func TestMain(m *testing.M) {
	process.Main(workers()) // this program is its own worker,
	playRole()              // and some more
	flag.Parse()
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 3
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	if store.Server() != "" {
		if server, err = store.Open(context.Background(), store.Config{}); err != nil {
			return 0, err
		}
		defer func() { err = errors.Join(err, server.Close(), goleak.Find()) }()
	}
	code = m.Run()
	results.print(os.Stdout)
	return code, nil
}

// options are those of every client of Redis here.
func options() *redis.Options {
	o, err := queue.Options(server.URL)
	if err != nil {
		panic(err) // it is the URL of a server that has answered
	}
	return o
}

// empty makes the server, if any, as it was in the beginning.
func empty(ctx context.Context) error {
	if server == nil {
		return nil
	}
	rdb := redis.NewClient(options())
	defer rdb.Close()
	return rdb.FlushAll(ctx).Err()
}
