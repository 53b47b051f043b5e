package noaof

// broken is the redis.conf of the server that holds the queue.
func broken() []string {
	return []string{
		"save 3600 1",
		"save 300 100",
		"save 60 10000", // WRONG: until the next snapshot, jobs are in memory only
	}
}
