package gilconvoy

import (
	"context"
	"hash/crc32"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/thread/gil"
)

const (
	requests  = 7
	latency   = time.Millisecond // of what a request waits for
	waiting   = 16               // threads, to see what the lock does to those that only wait
	computing = 2                // and to those that only compute, as code in Python does
)

// A file is what is summed, again and again: 128 MiB, some milliseconds of work, in blocks
// of some microseconds each. All blocks are the same.
var file = sync.OnceValues(func() (blocks [][]byte, sum uint32) {
	block := make([]byte, 1<<16)
	for i := range block {
		block[i] = byte(rand.Int())
	}
	blocks = slices.Repeat([][]byte{block}, 1<<11)
	for _, b := range blocks {
		sum = crc32.Update(sum, crc32.IEEETable, b)
	}
	return blocks, sum
})

// An interpreter is some threads under a lock. Who answers a request waits, and gives the
// lock up meanwhile; others compute checksums.
type interpreter struct {
	level  levels.Level
	enough atomic.Bool  // no more checksums
	wrong  atomic.Int64 // checksums
}

// Checksum is a way to compute the CRC-32 of blocks that follow each other.
type Checksum func(ctx context.Context, blocks [][]byte) uint32

func start(sum Checksum) (in *interpreter, err error) {
	in = &interpreter{}
	blocks, right := file()
	in.level, err = gil.New(gil.Config{Threads: waiting, Funcs: levels.Funcs{
		"request": func(ctx context.Context, _ []byte) ([]byte, error) {
			gil.Release(ctx, func() { time.Sleep(latency) })
			return []byte("answer"), nil
		},
		"computing": func(ctx context.Context, _ []byte) ([]byte, error) {
			broken(ctx, blocks[:len(blocks)/16])
			return []byte("answer"), nil
		},
		"checksums": func(ctx context.Context, _ []byte) ([]byte, error) {
			for first := true; first || !in.enough.Load(); first = false {
				if sum(ctx, blocks) != right {
					in.wrong.Add(1)
				}
			}
			return nil, nil
		},
	}})
	return in, err
}

// answer answers requests one after another, and returns the median of their times.
func (in *interpreter) answer(ctx context.Context) (median time.Duration, answered int) {
	var took []time.Duration
	for range requests {
		one, done := in.batch(ctx, 1, "request")
		took = append(took, one)
		answered += done
	}
	slices.Sort(took)
	return took[len(took)/2], answered
}

// beside does something while the other thread computes one checksum after another.
func (in *interpreter) beside(ctx context.Context, do func()) {
	var computing sync.WaitGroup
	computing.Go(func() { in.level.Run(ctx, []levels.Task{{Func: "checksums"}}) })
	do()
	in.enough.Store(true)
	computing.Wait()
}

// together is how many times as much n threads do as one thread, and how many tasks were
// done. The least of a few times says most on a busy machine.
func (in *interpreter) together(ctx context.Context, n int, name string) (times float64, done int) {
	alone, all := time.Hour, time.Hour
	for range 8 {
		one, _ := in.batch(ctx, 1, name)
		alone = min(alone, one)
		one, done = in.batch(ctx, n, name)
		all = min(all, one)
	}
	return float64(n) * float64(alone) / float64(max(1, all)), done
}

// batch is how long n tasks take on as many threads, and how many were done.
func (in *interpreter) batch(ctx context.Context, n int, name string) (took time.Duration, done int) {
	start := time.Now()
	for _, r := range in.level.Run(ctx, slices.Repeat([]levels.Task{{Func: name}}, n)) {
		if string(r.Output) == "answer" {
			done++
		}
	}
	return time.Since(start), done
}
