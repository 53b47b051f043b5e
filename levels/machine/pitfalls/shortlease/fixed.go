package shortlease

import "time"

// fixed renews the lease as it goes, and pays only if the job is still its own.
func fixed(queue *Queue) {
	for {
		job, ok := queue.Lease(10 * time.Second)
		if !ok {
			return
		}
		for range job.Steps {
			job.Work()
			queue.Renew(job, 10*time.Second)
		}
		queue.PayOnce(job) // and Done, in one step: refused if somebody has a newer token
	}
}
