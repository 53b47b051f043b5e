package pitfall

import "time"

// sample is the least time to tell two programs apart by: in a shorter one, a switch to
// somebody else and back weighs too much.
const sample = 20 * time.Millisecond

// Time is how long work takes once: the mean of as many runs as fill a sample of 20 ms,
// and of one if it takes longer. It ends with the first error.
func Time(work func() error) (time.Duration, error) {
	start := time.Now()
	for n := 1; ; n++ {
		if err := work(); err != nil {
			return 0, err
		}
		if took := time.Since(start); took >= sample {
			return took / time.Duration(n), nil
		}
	}
}
