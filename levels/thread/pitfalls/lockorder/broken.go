package lockorder

// broken moves money from one account to another, with both locked.
func broken(from, to *Account, cents int) {
	from.Lock()
	defer from.Unlock()
	to.Lock() // WRONG: who moves money the other way has this one, and waits for the first
	defer to.Unlock()
	from.Add(-cents)
	to.Add(cents)
}
