package lockorder

// fixed locks the account with the lower number first, whichever way the money goes.
func fixed(from, to *Account, cents int) {
	first, second := from, to
	if to.Number < from.Number {
		first, second = to, from
	}
	first.Lock()
	defer first.Unlock()
	second.Lock()
	defer second.Unlock()
	from.Add(-cents)
	to.Add(cents)
}
