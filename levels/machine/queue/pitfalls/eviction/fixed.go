package eviction

import "fmt"

// fixed refuses what there is no room for, and keeps what it has.
func fixed(bytes int) []string {
	return []string{
		fmt.Sprint("maxmemory ", bytes),
		"maxmemory-policy noeviction",
	}
}
