package workload

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"time"
)

// A Mixture says what a task of [Mix] does. The zero Mixture does nothing.
type Mixture struct {
	Rounds  int           // of the chain that cpu computes
	Wait    time.Duration // after computing, by a timer; up to MaxLatency
	Payload int           // bytes there, and the same back; less than 0 means none
	Seed    uint64
}

// mixHead is how long an input is without its payload: the chain's, and the wait.
const mixHead = 24

// Mix returns a workload that is slow for up to three reasons at once, each with its own
// knob. It is none of the six that are compared: it makes the points at which a
// prediction is held against a measurement.
//
// Its wait is a timer and no fetch, so it costs next to no CPU, and whatever runs the
// function waits: on async/loop it stops the loop, and under thread/gil it keeps the lock.
// It ends with ctx.
func Mix(m Mixture) Workload {
	m.Payload = max(m.Payload, 0)
	var chains chainCheck
	return Workload{
		Name:  "mix",
		About: "Computing, waiting and moving data, as much of each as asked.",
		Input: func(i, _ int) []byte {
			r := rand.NewPCG(m.Seed, uint64(i%mixDistinct))
			b := chainInput(uint64(m.Rounds), r.Uint64())
			b = binary.BigEndian.AppendUint64(b, uint64(m.Wait))
			for len(b) < mixHead+m.Payload {
				b = binary.BigEndian.AppendUint64(b, r.Uint64())
			}
			return b[:mixHead+m.Payload]
		},
		Check: func(input, output []byte) error {
			if len(input) < mixHead || len(output) != len(input)-mixHead+8 {
				return fmt.Errorf("output of a mix has %d bytes for an input of %d, want 8 and its payload", len(output), len(input))
			}
			if !bytes.Equal(output[8:], input[mixHead:]) {
				return fmt.Errorf("output of a mix has another payload of %d bytes than its input", len(output)-8)
			}
			return chains.check(input[:16], output[:8])
		},
		Distinct: mixDistinct,
		Waits:    m.Wait > 0,
	}
}

const mixDistinct = 16

// mix is the function of [Mix].
func mix(ctx context.Context, input []byte) ([]byte, error) {
	if len(input) < mixHead {
		return nil, fmt.Errorf("input of a mix has %d bytes, want at least %d: rounds, seed, wait", len(input), mixHead)
	}
	output, err := chain(ctx, input[:16])
	if err != nil {
		return nil, err
	}
	if wait := time.Duration(binary.BigEndian.Uint64(input[16:])); wait > 0 {
		timer := time.NewTimer(min(wait, MaxLatency))
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	return append(output, input[mixHead:]...), nil
}
