package noaof

// fixed has every job written to a log before it is acknowledged.
func fixed() []string {
	return []string{
		"save 3600 1",
		"save 300 100",
		"save 60 10000",
		"appendonly yes",
		"appendfsync always",
	}
}
