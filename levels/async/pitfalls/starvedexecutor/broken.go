package starvedexecutor

// broken makes a report in the pool: first its table, then the page around it.
func broken(pool *Pool, table func() string, page func(table string) string) (report string) {
	pool.Do(func() {
		var inner string
		pool.Do(func() { inner = table() }) // WRONG: keeps a place while it waits for another
		report = page(inner)
	})
	return report
}
