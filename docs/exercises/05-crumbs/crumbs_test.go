package crumbs

import (
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/pitfall"
	"github.com/fourlevels/fourlevels/levels/pitfall/grade"
)

func TestMain(m *testing.M) { grade.Main(m) }

// some are numbers that nobody can know before.
func some(n int) []int {
	numbers := make([]int, n)
	for i := range numbers {
		numbers[i] = rand.IntN(2_000_001) - 1_000_000
	}
	return numbers
}

// value is as little work as there can be in a function.
func value(number int) int { return number ^ 5 }

// sequential calls value as Sum must: a compiler that saw through it would save the call.
//
//go:noinline
func sequential(numbers []int, value func(int) int) (sum int) {
	for _, number := range numbers {
		sum += value(number)
	}
	return sum
}

// The sum is right for any amount of numbers, also for none and for a rest.
func TestSums(t *testing.T) {
	for _, n := range []int{0, 1, 3, 4, 5, 1000, 4096, 4097, 65_537} {
		for _, workers := range []int{1, 4} {
			grade.Virtual(t, func(t *testing.T) {
				numbers := some(n)
				if sum, want := Sum(numbers, workers, value), sequential(numbers, value); sum != want {
					grade.NotYet(t, "the sum of %d numbers by %d workers is %d, and should be %d", n, workers, sum, want)
				}
			})
		}
	}
}

// A value takes a second here, in virtual time: at least two of four workers must be at it at
// any time, on average. And never are there more than workers, be these four, two or one.
func TestWorkersWorkAtOnce(t *testing.T) {
	for _, workers := range []int{4, 2, 1} {
		atWork(t, workers)
	}
}

func atWork(t *testing.T, workers int) {
	t.Helper()
	grade.Virtual(t, func(t *testing.T) {
		const n = 40_000
		var now, most atomic.Int64
		slowly := func(number int) int {
			for busy := now.Add(1); ; {
				if old := most.Load(); busy <= old || most.CompareAndSwap(old, busy) {
					break
				}
			}
			time.Sleep(time.Second)
			now.Add(-1)
			return value(number)
		}
		start := time.Now()
		Sum(some(n), workers, slowly)
		took := time.Since(start)
		if m := int(most.Load()); m > workers {
			grade.NotYet(t, "workers is %d, and yet %d values are asked for at once", workers, m)
		}
		if workers == 4 && took > n*time.Second/2 {
			grade.NotYet(t, "where a value takes a second, one worker takes %v for %d of them, and your %d take %v: not even two work at once", n*time.Second, n, workers, took)
		}
	})
}

// crumbs hands over each number by itself.
func crumbs(numbers []int, workers int) (sum int) {
	tasks, sums := make(chan int), make(chan int)
	for range workers {
		go func() {
			mine := 0
			for number := range tasks {
				mine += value(number)
			}
			sums <- mine
		}()
	}
	for _, number := range numbers {
		tasks <- number
	}
	close(tasks)
	for range workers {
		sum += <-sums
	}
	return sum
}

// kept keeps the compiler from leaving sums out.
var kept int

// Against a reference that hands over each number by itself.
func TestFasterThanCrumbs(t *testing.T) {
	numbers := some(100_000)
	grade.Faster(t, pitfall.CPU, 15,
		func() { kept = crumbs(numbers, 4) },
		func() { kept = Sum(numbers, 4, value) })
}

// Against a reference without workers. On two cores it cannot be much faster, for nothing is
// left to save; but it must not be slower than a third.
func TestNotSlowerThanAlone(t *testing.T) {
	numbers := some(1_000_000)
	grade.Faster(t, pitfall.CPU, 1./3,
		func() { kept = sequential(numbers, value) },
		func() { kept = Sum(numbers, 4, value) })
}
