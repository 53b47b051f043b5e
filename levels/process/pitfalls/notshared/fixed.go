package notshared

import "time"

// fixed lets one process at a time read and write.
func fixed(number *Number, n int) error {
	for range n {
		if err := number.Lock(); err != nil {
			return err
		}
		old, err := number.Load()
		if err != nil {
			return err
		}
		time.Sleep(time.Millisecond)
		if err := number.Store(old + 1); err != nil {
			return err
		}
		if err := number.Unlock(); err != nil {
			return err
		}
	}
	return nil
}
