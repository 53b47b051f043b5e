package gilconvoy

import (
	"context"
	"hash/crc32"
)

// broken computes a checksum as code in Python does: with the lock, but polite.
func broken(ctx context.Context, blocks [][]byte) (sum uint32) {
	for _, block := range blocks {
		if ctx.Err() != nil { // the interpreter's check: whoever has waited for 5 ms gets the lock
			break
		}
		sum = crc32.Update(sum, crc32.IEEETable, block) // WRONG: it computes with the lock
	}
	return sum
}
