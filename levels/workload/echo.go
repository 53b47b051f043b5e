package workload

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
)

// echo returns its input, the very same slice. What it costs is what the level
// costs: for small inputs the hand-over, for large ones the copies, of which a
// level makes none where its workers share memory with the caller.
func echo(_ context.Context, input []byte) ([]byte, error) { return input, nil }

func checkEcho(input, output []byte) error {
	if bytes.Equal(input, output) {
		return nil
	}
	same := 0
	for same < min(len(input), len(output)) && input[same] == output[same] {
		same++
	}
	return fmt.Errorf("output of %d bytes differs from the input of %d bytes at byte %d", len(output), len(input), same)
}

func emptyWork() Workload {
	return Workload{
		Name:  "empty",
		About: "Hand-over alone: the task returns its eight bytes.",
		Input: func(i, _ int) []byte {
			return binary.BigEndian.AppendUint64(nil, uint64(i))
		},
		Check:    checkEcho,
		Distinct: 64,
	}
}

func bytesWork(seed uint64) Workload {
	return Workload{
		Name:  "bytes",
		About: "Moving data: the task returns its payload, which is size bytes long.",
		Input: func(i, size int) []byte {
			var key [32]byte
			binary.BigEndian.PutUint64(key[0:], seed)
			binary.BigEndian.PutUint64(key[8:], uint64(i))
			payload := make([]byte, size)
			rand.NewChaCha8(key).Read(payload) // never fails
			return payload
		},
		Check:    checkEcho,
		Distinct: 16,
		Size:     64 << 10,
	}
}
