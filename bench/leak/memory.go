package leak

import (
	"fmt"
	"runtime/debug"

	"github.com/fourlevels/fourlevels/bench/stat"
)

// A Growth is how much memory the cycles take for good, by a line through samples of what
// the system has given this process. That is more than the heap: stacks, mappings, and what
// the runtime keeps for itself. The zero Growth says that it was not measured.
type Growth struct {
	Samples  int
	From, To int     // the first and the last sample, in KiB
	Slope    float64 // bytes a cycle; the median of the slopes between any two samples
}

const (
	samples = 50

	// steep is the slope that is a leak: a MiB an hour, if something is opened and closed
	// each second.
	steep = float64(1<<20) / 3600

	// enough is how many cycles it takes to see such a slope: the runtime's own ups and downs
	// of a few hundred KiB look as steep over fewer.
	enough = 5000
)

// line is Theil and Sen's: a step or a peak, as when the runtime starts one thread more,
// hardly tilts it, and a steady drift does.
func line(cycles, kib []int) (g Growth) {
	var slopes []float64
	for i := range kib {
		for j := range i {
			slopes = append(slopes, float64(kib[i]-kib[j])*1024/float64(cycles[i]-cycles[j]))
		}
	}
	if len(slopes) == 0 {
		return g
	}
	return Growth{len(kib), kib[0], kib[len(kib)-1], stat.Median(slopes)}
}

// steep reports whether memory grows so fast that it will be missed.
func (g Growth) steep() bool { return g.Slope > steep }

func (g Growth) String() string {
	return fmt.Sprintf("memory KiB %d>%d, %+.0f B a cycle", g.From, g.To, g.Slope)
}

// settled is what this process holds of memory, in KiB, when all that is not in use was given
// back to the system.
func settled() (kib int, measured bool) {
	debug.FreeOSMemory()
	return resident()
}
