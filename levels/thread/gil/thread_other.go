//go:build !linux

package gil

// threadID takes all threads for one: here a goroutine that a Func started must
// not call Err of the Func's own ctx, or it hands over a lock that is not its.
func threadID() int { return 0 }
