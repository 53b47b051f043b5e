package popthendie

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
)

// A Queue is a worker's end of a queue that another process keeps.
type Queue struct {
	to   io.Writer
	from *bufio.Reader
}

// Pop takes a job off the queue. It returns false when no more will come.
func (q *Queue) Pop() (job string, ok bool) { return q.ask("pop") }

// Lease marks a job as being done by this worker. If the worker dies before Done, the
// queue gives the job to another. It returns false when no more will come.
func (q *Queue) Lease() (job string, ok bool) { return q.ask("lease") }

// Done takes a leased job off the queue.
func (q *Queue) Done(job string) { q.ask("done " + job) }

// ask returns false also when the queue is gone: a worker ends with its prover.
func (q *Queue) ask(what string) (answer string, ok bool) {
	fmt.Fprintln(q.to, what)
	line, err := q.from.ReadString('\n')
	answer = strings.TrimSpace(line)
	return answer, err == nil && answer != "none"
}

// Worker is the helper process that works so. Its jobs have an effect that can be
// counted; what it tells of their beginning and end is for whoever kills it.
func Worker(work func(queue *Queue, do func(job string))) func(args []string) error {
	return func([]string) error {
		q := &Queue{to: os.Stdout, from: bufio.NewReader(os.Stdin)}
		work(q, func(job string) {
			q.ask("begin " + job)
			q.ask("effect " + job)
		})
		return nil
	}
}
