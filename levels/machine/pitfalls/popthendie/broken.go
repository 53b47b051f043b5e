package popthendie

// broken does the jobs of a queue, one after another, until there are none.
func broken(queue *Queue, do func(job string)) {
	for {
		job, ok := queue.Pop() // WRONG: from here on only this process knows of the job
		if !ok {
			return
		}
		do(job)
	}
}
