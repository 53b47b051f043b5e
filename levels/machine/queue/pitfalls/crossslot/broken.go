package crossslot

// broken names the keys of a queue: its waiting ids, and the payloads of its jobs.
func broken(queue string) (ready, payloads string) {
	return queue + ":ready", queue + ":payloads" // WRONG: a cluster may keep these on two nodes
}
