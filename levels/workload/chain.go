package workload

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"sync"
)

const (
	multiplier = 0x9e3779b97f4a7c15 // odd, so that there is an inverse
	inverse    = 0xf1de83e19937733d // multiplier * inverse is 1 modulo 2^64
	increment  = 0x2545f4914f6cdd1d // not 0, or a chain from 0 would stay there
)

// round is one link of a chain. Its input is the output of the round before,
// so a processor cannot overlap two rounds, nor a compiler leave any out.
func round(x uint64) uint64 {
	x ^= x >> 32
	return x*multiplier + increment
}

// undo takes back one round: a shift by half the word or more is its own inverse.
func undo(x uint64) uint64 {
	x = (x - increment) * inverse
	return x ^ x>>32
}

// chain computes the number of rounds and from the seed that its input holds.
// It touches no memory but the output, and sees the end of ctx within 4096
// rounds, some 10 microseconds.
func chain(ctx context.Context, input []byte) ([]byte, error) {
	left, x, err := chainOf(input)
	if err != nil {
		return nil, err
	}
	for left > 0 {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		n := min(left, 4096)
		for range n {
			x = round(x)
		}
		left -= n
	}
	return binary.BigEndian.AppendUint64(nil, x), nil
}

func chainInput(rounds, seed uint64) []byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, 16), rounds)
	return binary.BigEndian.AppendUint64(b, seed)
}

func chainOf(input []byte) (rounds, seed uint64, err error) {
	if len(input) != 16 {
		return 0, 0, fmt.Errorf("input of a chain has %d bytes, want 16: its rounds and its seed", len(input))
	}
	return binary.BigEndian.Uint64(input), binary.BigEndian.Uint64(input[8:]), nil
}

// A chainCheck checks chains by walking them backwards, from the output to the
// seed: other code than the chain's own, so that one bug does not hide in both.
type chainCheck struct {
	known sync.Map // from an input, as a string, to its one right output, a uint64
}

func (c *chainCheck) check(input, output []byte) error {
	rounds, seed, err := chainOf(input)
	if err != nil {
		return err
	}
	if len(output) != 8 {
		return fmt.Errorf("output of a chain has %d bytes, want 8", len(output))
	}
	end := binary.BigEndian.Uint64(output)
	if known, ok := c.known.Load(string(input)); ok {
		if end != known {
			return fmt.Errorf("chain of %d rounds from %#x ends in %#x, want %#x", rounds, seed, end, known)
		}
		return nil
	}
	x := end
	for range rounds {
		x = undo(x)
	}
	if x != seed {
		return fmt.Errorf("chain of %d rounds from %#x does not end in %#x", rounds, seed, end)
	}
	c.known.Store(string(input), end)
	return nil
}

func cpuWork(seed uint64) Workload {
	return Workload{
		Name:  "cpu",
		About: "Computing: one chain of size rounds, each of which needs the one before.",
		Input: func(i, size int) []byte {
			return chainInput(uint64(size), rand.NewPCG(seed, uint64(i)).Uint64())
		},
		Check:    new(chainCheck).check,
		Distinct: 64,
		Size:     50_000, // 100 microseconds at 2 ns a round
	}
}

const (
	skewDistinct = 256
	skewCap      = 100 // the longest chain, in medians
)

// skewRounds returns the rounds of a Pareto distribution with exponent 1, cut
// into skewDistinct equal parts, of which rank 0 is the longest. That half of
// them are shorter than the median and one is a hundred times as long is exact,
// not a matter of luck, and integers make it the same on every machine.
func skewRounds(rank, median int) uint64 {
	m := uint64(median)
	return max(1, min(m*skewDistinct/(2*uint64(rank)+1), m*skewCap))
}

// skewWork deals the same lengths for every seed, in an order that the seed
// decides: runs with different seeds do the same amount of work.
func skewWork(seed uint64) Workload {
	ranks := rand.New(rand.NewPCG(seed, skewDistinct)).Perm(skewDistinct)
	return Workload{
		Name:  "skew",
		About: "Imbalance: chains of very different lengths, of which size is the median.",
		Input: func(i, size int) []byte {
			return chainInput(skewRounds(ranks[i], size), rand.NewPCG(seed, uint64(i)).Uint64())
		},
		Check:    new(chainCheck).check,
		Distinct: skewDistinct,
		Size:     16_000, // with a mean of 3.15 medians, tasks take as long as cpu's on average
	}
}
