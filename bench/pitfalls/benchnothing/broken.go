package benchnothing

import "testing"

// broken is a benchmark of mix.
func broken(b *testing.B) {
	for i := range b.N {
		//lint:ignore SA4017 staticcheck sees it, too
		mix(uint64(i)) // WRONG: nobody needs the result, so the compiler leaves the work out
	}
}
