package benchnothing

import "testing"

// sink is a variable that somebody might read.
var sink uint64

// fixed is a benchmark of mix.
func fixed(b *testing.B) {
	var all uint64
	for i := range b.N {
		all += mix(uint64(i))
	}
	sink = all
}
