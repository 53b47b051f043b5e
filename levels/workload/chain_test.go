package workload_test

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"testing"
	"testing/quick"

	"github.com/fourlevels/fourlevels/levels/workload"
)

// The numbers come from another implementation of the definition.
func TestChain(t *testing.T) {
	chain := workload.Funcs()["cpu"]
	for _, c := range []struct{ rounds, seed, want uint64 }{
		{0, 7, 7},
		{1, 0, 0x2545f4914f6cdd1d},
		{1, 1, 0xc37d6e4aceb75932},
		{1000, 42, 0x11e0ecffd5db639c},
		{50_000, 0xdeadbeef, 0x32f6945677932720},
	} {
		output, err := chain(context.Background(), workload.ChainInput(c.rounds, c.seed))
		if err != nil || binary.BigEndian.Uint64(output) != c.want {
			t.Errorf("%d rounds from %#x: %#x, %v, want %#x", c.rounds, c.seed, output, err, c.want)
		}
	}
	if _, err := chain(context.Background(), make([]byte, 15)); err == nil {
		t.Error("an input of 15 bytes was accepted")
	}
}

// An ending context ends when it has been asked often enough.
type ending struct {
	context.Context
	asked, enough int
}

func (e *ending) Err() error {
	if e.asked++; e.asked > e.enough {
		return context.Canceled
	}
	return nil
}

func TestChainEndsWithCtx(t *testing.T) {
	ctx := &ending{Context: context.Background(), enough: 3}
	output, err := workload.Funcs()["cpu"](ctx, workload.ChainInput(math.MaxUint64, 1))
	if output != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("a chain without end returned %x, %v", output, err)
	}
	// 100 thousand rounds take some 200 microseconds: it asks much more often.
	ctx = &ending{Context: context.Background(), enough: math.MaxInt}
	if _, err := workload.Funcs()["cpu"](ctx, workload.ChainInput(100_000, 1)); err != nil || ctx.asked < 20 {
		t.Errorf("it asked %d times, %v", ctx.asked, err)
	}
}

func TestUndoIsTheInverseOfRound(t *testing.T) {
	inverse := func(x uint64) bool {
		return workload.Undo(workload.Round(x)) == x && workload.Round(workload.Undo(x)) == x
	}
	if err := quick.Check(inverse, nil); err != nil {
		t.Error(err)
	}
}

func TestSkewIsHeavyTailed(t *testing.T) {
	const median = 1000
	var total uint64
	for seed := range uint64(3) {
		w := find(t, "skew", workload.Env{Seed: seed})
		var lengths []uint64
		sum := uint64(0)
		for i := range w.Distinct {
			rounds, _, err := workload.ChainOf(w.Input(i, median))
			if err != nil {
				t.Fatal(err)
			}
			lengths = append(lengths, rounds)
			sum += rounds
		}
		if slices.IsSorted(lengths) {
			t.Error("the lengths are sorted")
		}
		slices.Sort(lengths)
		if mid := lengths[len(lengths)/2]; mid < 990 || mid > 1010 {
			t.Errorf("median %d, want about %d", mid, median)
		}
		if low, high := lengths[0], lengths[len(lengths)-1]; low < 500 || high != 100*median {
			t.Errorf("lengths from %d to %d, want from half the median to 100 of it", low, high)
		}
		if tail := lengths[len(lengths)-26]; tail < 4*median || tail > 6*median {
			t.Errorf("one in ten is longer than %d, want about 5 medians", tail)
		}
		if seed > 0 && sum != total {
			t.Errorf("seed %d has %d rounds in all, the one before %d", seed, sum, total)
		}
		total = sum
	}
}

func TestSkewAlwaysComputes(t *testing.T) {
	w := find(t, "skew", workload.Env{})
	for i := range w.Distinct {
		if rounds, _, err := workload.ChainOf(w.Input(i, 1)); err != nil || rounds < 1 {
			t.Errorf("task %d of size 1 has %d rounds, %v", i, rounds, err)
		}
	}
}

// One operation is one task of the default size.
func BenchmarkCPU(b *testing.B) {
	w, chain := find(b, "cpu", workload.Env{}), workload.Funcs()["cpu"]
	input := w.Input(0, 0)
	var output []byte
	for b.Loop() {
		var err error
		if output, err = chain(context.Background(), input); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(w.Size), "ns/round")
	if err := w.Check(input, output); err != nil {
		b.Error(err)
	}
}
