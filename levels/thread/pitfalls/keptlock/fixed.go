package keptlock

// fixed unlocks the account whichever way it leaves.
func fixed(a *Account, cents int) error {
	a.Lock()
	defer a.Unlock()
	if cents > a.Cents {
		return ErrTooLittle
	}
	a.Cents -= cents
	return nil
}
