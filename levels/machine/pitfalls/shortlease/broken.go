package shortlease

import "time"

// broken does jobs that take 15 s, and leases each for 10 s.
func broken(queue *Queue) {
	for {
		job, ok := queue.Lease(10 * time.Second)
		if !ok {
			return
		}
		for range job.Steps {
			job.Work()
		}
		queue.Pay(job) // WRONG: the lease may be over, and the job another's
		queue.Done(job)
	}
}
