package notshared

import "time"

// broken adds 1 to a number n times. Four processes do that at once; a file holds the number.
func broken(number *Number, n int) error {
	for range n {
		old, err := number.Load()
		if err != nil {
			return err
		}
		time.Sleep(time.Millisecond)                  // the others' turn
		if err := number.Store(old + 1); err != nil { // WRONG: what they have added since is overwritten
			return err
		}
	}
	return nil
}
