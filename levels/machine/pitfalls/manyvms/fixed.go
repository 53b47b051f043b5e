package manyvms

// fixed picks the host for the next virtual machine: the emptiest one with room.
func fixed(hosts []Host) int {
	emptiest := None
	for i, host := range hosts {
		if host.Machines == host.Room {
			continue
		}
		if emptiest == None || host.Machines < hosts[emptiest].Machines {
			emptiest = i
		}
	}
	return emptiest
}
