package keptlock

// broken withdraws money, if there is enough.
func broken(a *Account, cents int) error {
	a.Lock()
	if cents > a.Cents {
		return ErrTooLittle // WRONG: the lock is kept, and everybody who comes later waits for ever
	}
	a.Cents -= cents
	a.Unlock()
	return nil
}
