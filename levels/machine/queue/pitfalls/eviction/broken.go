package eviction

import "fmt"

// broken are lines for the redis.conf of the server that holds the queue.
func broken(bytes int) []string {
	return []string{
		fmt.Sprint("maxmemory ", bytes),
		"maxmemory-policy allkeys-lru", // WRONG: a queue is one key, and goes as a whole
	}
}
