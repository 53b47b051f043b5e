package starvedexecutor

// fixed waits for the table outside the pool, where waiting takes no place.
func fixed(pool *Pool, table func() string, page func(table string) string) (report string) {
	var inner string
	pool.Do(func() { inner = table() })
	pool.Do(func() { report = page(inner) })
	return report
}
