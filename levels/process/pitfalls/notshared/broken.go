package notshared

import "time"

// broken adds 1 to a number that a file holds. Four processes do that at once, 50 times each.
func broken(number *Number) (err error) {
	old, err := number.Load()
	if err != nil {
		return err
	}
	time.Sleep(time.Millisecond) // the others' turn
	return number.Store(old + 1) // WRONG: what they have added since is overwritten
}
