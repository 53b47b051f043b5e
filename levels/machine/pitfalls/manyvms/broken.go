package manyvms

// broken picks the host for the next virtual machine: the first one with room.
func broken(hosts []Host) int {
	for i, host := range hosts {
		if host.Machines < host.Room {
			return i // WRONG: until it is full all come here, to one host's processors and plug
		}
	}
	return None
}
