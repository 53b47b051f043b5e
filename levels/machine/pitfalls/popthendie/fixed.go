package popthendie

// fixed leaves a job on the queue, as one that is being done, until it is done.
func fixed(queue *Queue, do func(job string)) {
	for {
		job, ok := queue.Lease()
		if !ok {
			return
		}
		do(job)
		queue.Done(job)
	}
}
