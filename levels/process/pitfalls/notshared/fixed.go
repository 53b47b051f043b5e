package notshared

import (
	"errors"
	"time"
)

// fixed lets one process at a time read and write, and lets go however that ends.
func fixed(number *Number) (err error) {
	if err := number.Lock(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, number.Unlock()) }()
	old, err := number.Load()
	if err != nil {
		return err
	}
	time.Sleep(time.Millisecond)
	return number.Store(old + 1)
}
